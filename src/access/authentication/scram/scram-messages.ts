/** Messages of SCRAM (RFC 5802 §7). Whatever does not follow the grammar is undefined. */

/** The first message of a client. */
export interface ClientFirst {
  /** `n,,` or `y,,`, perhaps with a name to act for. */
  readonly header: string
  /** Everything behind the header. */
  readonly bare: string
  readonly username: string
  readonly nonce: string
}

/** The last message of a client. */
export interface ClientFinal {
  /** Everything in front of the proof. */
  readonly withoutProof: string
  /** The header of the first message, in Base64. */
  readonly channelBinding: string
  readonly nonce: string
  readonly proof: Buffer
}

/** Bytes of a message; what is longer is not looked at. */
const MESSAGE_BYTES_MAX = 4096

// A nonce has any printable characters but a comma.
const FIRST =
  /^((?:n|y),(?:a=([^,]*))?,)(n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=.*)?)$/su
const FINAL =
  /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,]*)*),p=([A-Za-z0-9+/=]+)$/u

/**
 * Reads `n,,n=user,r=nonce`. A client that asks for channel binding (`p=`) cannot be served, and
 * none may act for somebody else.
 */
export function parseClientFirst(bytes: Uint8Array): ClientFirst | undefined {
  const match = FIRST.exec(textOf(bytes))
  if (match === null) return undefined
  const [, header = '', actsFor, bare = '', written = '', nonce = ''] = match
  const username = nameOf(written)
  if (username === undefined) return undefined
  if (actsFor !== undefined && nameOf(actsFor) !== username) return undefined
  return { header, bare, username, nonce }
}

/** Reads `c=biws,r=nonce,p=proof`. */
export function parseClientFinal(bytes: Uint8Array): ClientFinal | undefined {
  const match = FINAL.exec(textOf(bytes))
  if (match === null) return undefined
  const [, withoutProof = '', channelBinding = '', nonce = '', proof = ''] = match
  return { withoutProof, channelBinding, nonce, proof: Buffer.from(proof, 'base64') }
}

/** The answer to the first message. */
export function serverFirst(nonce: string, salt: Uint8Array, iterations: number): string {
  return `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`
}

function textOf(bytes: Uint8Array): string {
  return bytes.length > MESSAGE_BYTES_MAX ? '' : Buffer.from(bytes).toString('utf8')
}

/** A comma is written `=2C` and an equals sign `=3D`; no other use of that sign is allowed. */
function nameOf(written: string): string | undefined {
  if (/=(?!2C|3D)/u.test(written)) return undefined
  return written.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
