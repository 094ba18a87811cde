import { createHash } from 'node:crypto'

/**
 * lmdb takes keys of up to about 1,970 bytes, topics and filters have up to 65,535. A longer key is
 * stored as its first `SHORT_KEY_BYTES_MAX` bytes and a hash of all of it; the value then begins
 * with the key: `[key length u32][key][value]`. Stored keys are in order but for long ones that
 * share those first bytes, which a cursor has to sort.
 */
export const SHORT_KEY_BYTES_MAX = 1_900

const HASH_BYTES = 16
const LENGTH_BYTES = 4

/** What lmdb gets for a key longer than `SHORT_KEY_BYTES_MAX`. */
export function storedKey(key: string): string {
  const hash = createHash('sha256').update(key, 'latin1').digest('latin1')
  return key.slice(0, SHORT_KEY_BYTES_MAX) + hash.slice(0, HASH_BYTES)
}

/** The value that is stored under `storedKey(key)`. */
export function storedValue(key: string, value: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(LENGTH_BYTES + key.length + value.length)
  stored.writeUInt32LE(key.length, 0)
  stored.write(key, LENGTH_BYTES, 'latin1')
  stored.set(value, LENGTH_BYTES + key.length)
  return stored
}

/** The key in a stored value. */
export function keyInside(stored: Buffer): string {
  return stored.toString('latin1', LENGTH_BYTES, LENGTH_BYTES + stored.readUInt32LE(0))
}

/** The value in a stored value, a view. */
export function valueInside(stored: Buffer): Buffer {
  return stored.subarray(LENGTH_BYTES + stored.readUInt32LE(0))
}
