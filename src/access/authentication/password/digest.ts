/** Passwords as one pass of a digest: fast enough for the thread of a shard. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import type { StoredPassword } from '#plugin/define-authenticator.ts'

/** An algorithm of one pass. */
export type SimpleAlgorithm = Extract<PasswordHashAlgorithm, { readonly salt_position: unknown }>

const SALT_BYTES = 16
const DIGESTS = { md5: 'md5', sha: 'sha1', sha256: 'sha256', sha512: 'sha512' } as const

/** Whether an algorithm is one of one pass. */
export function isSimple(algorithm: PasswordHashAlgorithm): algorithm is SimpleAlgorithm {
  return 'salt_position' in algorithm
}

/** A new password as it is stored. */
export function digestPassword(algorithm: SimpleAlgorithm, password: Uint8Array): StoredPassword {
  const isSalted = algorithm.salt_position !== 'disable'
  const salt = isSalted ? randomBytes(SALT_BYTES).toString('hex') : ''
  const bytes = digest(algorithm, password, salt)
  const hash = algorithm.name === 'plain' ? bytes.toString('utf8') : bytes.toString('hex')
  return { hash, salt }
}

/** Compares in a time that does not depend on how much of them is the same. */
export function digestMatches(
  algorithm: SimpleAlgorithm,
  password: Uint8Array,
  stored: StoredPassword,
): boolean {
  const given = digest(algorithm, password, stored.salt)
  if (algorithm.name === 'plain') return sameText(given, Buffer.from(stored.hash, 'utf8'))
  return sameText(Buffer.from(given.toString('hex')), Buffer.from(stored.hash.toLowerCase()))
}

function digest({ name, salt_position: at }: SimpleAlgorithm, password: Uint8Array, salt: string) {
  const saltBytes = Buffer.from(at === 'disable' ? '' : salt, 'utf8')
  const parts = at === 'suffix' ? [password, saltBytes] : [saltBytes, password]
  if (name === 'plain') return Buffer.concat(parts)
  const hash = createHash(DIGESTS[name])
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Constant-time comparison of bytes of any lengths. */
export function sameText(a: Uint8Array, b: Uint8Array): boolean {
  // Of digests, which have the same length whatever the lengths of the texts are.
  const [left, right] = [a, b].map((bytes) => createHash('sha256').update(bytes).digest())
  return left !== undefined && right !== undefined && timingSafeEqual(left, right)
}
