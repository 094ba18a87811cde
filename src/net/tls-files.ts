import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  createSecureContext,
  DEFAULT_CIPHERS,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls'

/** Files and choices of one TLS server. */
export interface TlsOptions extends TlsFiles {
  readonly certfile: string
  readonly keyfile: string
}

/** Files and choices of one side of TLS; a client need not show a certificate. */
export interface TlsFiles {
  readonly certfile: string | undefined
  readonly keyfile: string | undefined
  readonly password: string | undefined
  /** Authorities that certificates of the other side are checked against. */
  readonly cacertfile: string | undefined
  /** Lists of certificates that the authorities have revoked; each authority needs one. */
  readonly crlfile?: string | undefined
  /** A chain may end at any certificate of `cacertfile`, not only at one that signed itself. */
  readonly allowPartialChain?: boolean
  readonly dhfile: string | undefined
  readonly versions: readonly TlsVersion[]
  /** OpenSSL or IANA names; empty = defaults. */
  readonly ciphers: readonly string[]
  readonly honorCipherOrder: boolean
  /** Offers the cipher suites for pre-shared keys beside the defaults. */
  readonly isPskOffered?: boolean
}

export type TlsVersion = 'tlsv1.3' | 'tlsv1.2' | 'tlsv1.1' | 'tlsv1'

/** A certificate, key or option that does not work: which file, and what to do. */
export class TlsConfigError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'TlsConfigError'
  }
}

const SESSION_HASH_CHARS = 22

/** From the oldest to the newest. */
const VERSIONS: ReadonlyMap<TlsVersion, SecureVersion> = new Map([
  ['tlsv1', 'TLSv1'],
  ['tlsv1.1', 'TLSv1.1'],
  ['tlsv1.2', 'TLSv1.2'],
  ['tlsv1.3', 'TLSv1.3'],
])

/**
 * Loads the files of a side of TLS and tries whether they work together.
 * @throws TlsConfigError
 */
export function loadTlsFiles(options: TlsFiles): SecureContextOptions {
  const offered = [...VERSIONS].filter(([name]) => options.versions.includes(name))
  const minVersion = offered[0]?.[1] ?? 'TLSv1.2'
  const maxVersion = offered.at(-1)?.[1] ?? 'TLSv1.3'
  const ciphers = cipherList(options)
  const { certfile, keyfile, cacertfile, crlfile, dhfile, password } = options
  const ca = cacertfile === undefined ? undefined : readPem(cacertfile, 'cacertfile')
  const crl = crlfile === undefined ? undefined : readPem(crlfile, 'crlfile')
  const secure: SecureContextOptions = {
    ...(certfile !== undefined && { cert: readPem(certfile, 'certfile') }),
    ...(keyfile !== undefined && { key: readPem(keyfile, 'keyfile') }),
    ...(ca !== undefined && { ca }),
    ...(crl !== undefined && { crl }),
    ...(options.allowPartialChain === true && { allowPartialTrustChain: true }),
    ...(dhfile !== undefined && { dhparam: readPem(dhfile, 'dhfile') }),
    ...(password !== undefined && { passphrase: password }),
    ...(ciphers !== '' && { ciphers }),
    minVersion,
    maxVersion,
    honorCipherOrder: options.honorCipherOrder,
    sessionIdContext: sessionContext(ca, crl),
  }
  try {
    createSecureContext(secure)
  } catch (error) {
    throw new TlsConfigError(explain(error as Error & { code?: string }, options), error)
  }
  return secure
}

/**
 * A session that is resumed is not verified again: sessions of other authorities, and from before
 * a certificate was revoked, must not fit. At most 32 characters.
 */
function sessionContext(ca: Buffer | undefined, crl: Buffer | undefined): string {
  const hash = createHash('sha256')
  for (const part of [ca, crl]) hash.update(part ?? '').update(part === undefined ? '0' : '1')
  return `tideway-${hash.digest('base64url').slice(0, SESSION_HASH_CHARS)}`
}

/** Written ones count as they are: they are to name suites for pre-shared keys themselves. */
function cipherList({
  ciphers,
  isPskOffered = false,
}: Pick<TlsOptions, 'ciphers' | 'isPskOffered'>): string {
  if (ciphers.length > 0 || !isPskOffered) return ciphers.map(toOpenSslCipher).join(':')
  return [...DEFAULT_CIPHERS.split(':').filter((one) => one !== '!PSK'), ...PSK_CIPHERS].join(':')
}

/** Suites for pre-shared keys that are as safe as the default ones. */
const PSK_CIPHERS: readonly string[] = [
  'ECDHE-PSK-CHACHA20-POLY1305',
  'DHE-PSK-AES256-GCM-SHA384',
  'DHE-PSK-AES128-GCM-SHA256',
  'PSK-AES256-GCM-SHA384',
  'PSK-AES128-GCM-SHA256',
  'PSK-AES256-CBC-SHA',
  'PSK-AES128-CBC-SHA',
]

function readPem(path: string, key: string): Buffer {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'error'
    const remedy =
      code === 'ENOENT'
        ? 'The file does not exist: correct the path.'
        : 'Give the user of this process the right to read it.'
    throw new TlsConfigError(`${key} ${path} cannot be read (${code}). ${remedy}`, error)
  }
  if (bytes.includes('-----BEGIN ')) return bytes
  throw new TlsConfigError(`${key} ${path} is not a PEM file. Convert it to PEM first.`)
}

function explain(error: Error & { code?: string }, options: TlsFiles): string {
  const { certfile, keyfile, cacertfile, dhfile } = options
  const code = error.code ?? ''
  if (code.includes('KEY_VALUES_MISMATCH')) {
    return `keyfile ${keyfile} does not belong to certfile ${certfile}. Use the key of that one.`
  }
  if (/BAD_DECRYPT|BAD_PASSWORD|INTERRUPTED_OR_CANCELLED|EMPTY_PASSPHRASE/.test(code)) {
    return `keyfile ${keyfile} cannot be decrypted. Set \`password\` to the password of the key.`
  }
  if (/NO_CIPHER_MATCH|INVALID_CIPHER/i.test(code)) {
    return `none of the \`ciphers\` is known (${options.ciphers.join(', ')}). Correct the names.`
  }
  const files = [certfile, keyfile, cacertfile, options.crlfile, dhfile].filter(
    (path) => path !== undefined,
  )
  return `the TLS files cannot be used (${error.message}). Check ${files.join(', ')}.`
}

/** OpenSSL's name of a cipher suite given by either name. TLS 1.3 has one name for both. */
export function toOpenSslCipher(name: string): string {
  const parts = /^TLS_(.+)_WITH_(.+)$/.exec(name)
  if (parts === null) return name
  const [, exchange = '', rest = ''] = parts
  const cipher = rest
    .replace(/AES_(\d+)/, 'AES$1')
    .replace('_CBC_', '_')
    .replace(/(CHACHA20_POLY1305)_SHA256/, '$1')
    .replaceAll('_', '-')
  return exchange === 'RSA' ? cipher : `${exchange.replaceAll('_', '-')}-${cipher}`
}
