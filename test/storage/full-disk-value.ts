const BYTES_MAX = 9_000

/** The value that belongs to a key: of any size up to 9000 bytes, and told from others. */
export function valueOf(key: string): Buffer {
  let hash = 7
  for (let at = 0; at < key.length; at++) hash = (hash * 31 + key.charCodeAt(at)) % 1_000_003
  return Buffer.alloc(hash % BYTES_MAX, key)
}
