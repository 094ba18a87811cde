import { createHash, timingSafeEqual } from 'node:crypto'

/** Schemes of RFC 2307 and what followed it, with the digest of each. */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5'],
  ['smd5', 'md5'],
  ['sha', 'sha1'],
  ['ssha', 'sha1'],
  ['sha256', 'sha256'],
  ['ssha256', 'sha256'],
  ['sha384', 'sha384'],
  ['ssha384', 'sha384'],
  ['sha512', 'sha512'],
  ['ssha512', 'sha512'],
])
const STORED = /^\{([A-Za-z0-9-]+)\}(.*)$/s

/**
 * Whether a password is the one that an entry holds as `{SSHA}…` or in clear.
 * @throws an Error that names a scheme that is not known
 */
export function matchesLdapPassword(stored: string, password: Uint8Array): boolean {
  const [, scheme, text = ''] = STORED.exec(stored) ?? []
  if (scheme === undefined) return sameBytes(Buffer.from(stored, 'utf8'), password)
  const digest = DIGESTS.get(scheme.toLowerCase())
  if (digest === undefined) {
    throw new Error(`the directory keeps a password as {${scheme}}; use method.type = bind`)
  }
  const bytes = Buffer.from(text, 'base64')
  const length = createHash(digest).digest().length
  if (bytes.length < length) return false
  const salt = bytes.subarray(length)
  const hash = createHash(digest).update(password).update(salt).digest()
  return sameBytes(hash, bytes.subarray(0, length))
}

/** In constant time, whatever the lengths are. */
function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  return timingSafeEqual(digestOf(one), digestOf(other))
}
