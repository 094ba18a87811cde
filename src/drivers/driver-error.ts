/**
 * Why another system could not do what it was asked.
 *
 * `retryable`: may work later; nothing is wrong with the request. `credentials`: it does not accept
 * the user, password or certificate that it was given. `fatal`: this request fails whenever it is
 * tried.
 */
export type FaultKind = 'retryable' | 'fatal' | 'credentials'

/**
 * A failure of another system, as people may read it: what, where, what to do. The message holds
 * no secret. The error of the client library is not kept: it may hold some.
 */
export class DriverError extends Error {
  readonly kind: FaultKind
  /** The connection cannot be used any more, or there never was one. */
  readonly isConnectionLost: boolean

  constructor(kind: FaultKind, message: string, isConnectionLost = false) {
    super(message)
    this.name = 'DriverError'
    this.kind = kind
    this.isConnectionLost = isConnectionLost
  }
}

/** Shorter texts stand everywhere by chance: taking them out would spoil the message. */
const SECRET_LENGTH_MIN = 3
const MESSAGE_LENGTH_MAX = 400

/** `text`, shortened, in which the secrets are replaced by stars. */
export function withoutSecrets(text: string, secrets: readonly unknown[]): string {
  let clean = text
  for (const secret of secrets) {
    if (typeof secret !== 'string' || secret.length < SECRET_LENGTH_MIN) continue
    clean = clean.replaceAll(secret, '***')
  }
  return clean.length <= MESSAGE_LENGTH_MAX ? clean : `${clean.slice(0, MESSAGE_LENGTH_MAX)}…`
}

/** What errors of client libraries may carry. */
export interface LibraryError {
  readonly code: string
  readonly name: string
  readonly message: string
}

/** The parts of an error of a library that tell something, whatever was thrown. */
export function readLibraryError(error: unknown): LibraryError {
  if (typeof error !== 'object' || error === null) {
    return { code: '', name: '', message: String(error) }
  }
  const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : '',
    name: typeof name === 'string' ? name : '',
    message: typeof message === 'string' ? message : '',
  }
}

const NETWORK_ERRORS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nothing listens there. Check that it runs, and the address and port'],
  ['ECONNRESET', 'it closed the connection. Check its log'],
  ['EPIPE', 'it closed the connection. Check its log'],
  ['ETIMEDOUT', 'it does not answer. Check that it can be reached from here'],
  ['EHOSTUNREACH', 'there is no way to that host. Check the address and the network'],
  ['ENETUNREACH', 'there is no way to that network. Check the address and the network'],
  ['ENOTFOUND', 'the host name is not known. Check the name and the name servers'],
  ['EAI_AGAIN', 'no name server answers. Check the name servers'],
])

const CERTIFICATE_ERROR =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH)/

const CERTIFICATE_TEXT = /certificate|altnames/i

/** What a failure of network or TLS means; undefined when it is something else. */
export function explainNetworkError(error: unknown): DriverError | undefined {
  const { code, message } = readLibraryError(error)
  const known = NETWORK_ERRORS.get(code)
  if (known !== undefined) return new DriverError('retryable', `${known} (${code})`, true)
  if (CERTIFICATE_ERROR.test(code) || CERTIFICATE_TEXT.test(message)) {
    const remedy = 'Check ssl.cacertfile and ssl.server_name_indication'
    const text = `its certificate is refused (${message || code}). ${remedy}`
    return new DriverError('credentials', text, true)
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    const remedy = 'Check that TLS is spoken on that port, and ssl.versions'
    return new DriverError('retryable', `no TLS connection is made (${code}). ${remedy}`, true)
  }
  return undefined
}
