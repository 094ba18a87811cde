/** Keys and signatures of SCRAM (RFC 5802 §3). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** A digest of SCRAM by its name in Node.js; `sha1` is known for the vectors of RFC 5802. */
export type ScramDigest = 'sha1' | 'sha256' | 'sha512'

/** What a server keeps of a user: enough to check proofs, not enough to make them. */
export interface ScramKeys {
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** Keys of a salted password. */
export function scramKeys(digest: ScramDigest, saltedPassword: Uint8Array): ScramKeys {
  const clientKey = hmac(digest, saltedPassword, 'Client Key')
  return {
    storedKey: hash(digest, clientKey),
    serverKey: hmac(digest, saltedPassword, 'Server Key'),
  }
}

/** Whether a proof was made by someone who knows the password. In constant time. */
export function proofIsRight(
  digest: ScramDigest,
  { storedKey }: ScramKeys,
  authMessage: string,
  proof: Uint8Array,
): boolean {
  const signature = hmac(digest, storedKey, authMessage)
  if (proof.length !== signature.length) return false
  const clientKey = signature.map((byte, at) => byte ^ (proof[at] ?? 0))
  return timingSafeEqual(hash(digest, clientKey), storedKey)
}

/** What proves to the client that the server knows it. */
export function serverSignature(
  digest: ScramDigest,
  { serverKey }: ScramKeys,
  authMessage: string,
): Buffer {
  return hmac(digest, serverKey, authMessage)
}

function hmac(digest: ScramDigest, key: Uint8Array, text: string): Buffer {
  return createHmac(digest, key).update(text).digest()
}

function hash(digest: ScramDigest, bytes: Uint8Array): Buffer {
  return createHash(digest).update(bytes).digest()
}
