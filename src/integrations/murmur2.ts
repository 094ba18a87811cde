const SEED = 0x9747b28c
const MIX = 0x5bd1e995

/**
 * MurmurHash2 with the seed that the Java client of Kafka has, as an unsigned number of 31 bits:
 * messages with a key come to the partition that other producers take for it.
 */
export function murmur2(bytes: Buffer): number {
  let hash = SEED ^ bytes.length
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), MIX)
    word = Math.imul(word ^ (word >>> 24), MIX)
    hash = Math.imul(hash, MIX) ^ word
  }
  const rest = bytes.length - at
  if (rest > 0) hash = Math.imul(hash ^ bytes.readUIntLE(at, rest), MIX)
  hash = Math.imul(hash ^ (hash >>> 13), MIX)
  return (hash ^ (hash >>> 15)) & 0x7f_ff_ff_ff
}
