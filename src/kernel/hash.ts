const SEED = 0x2545f491
const WORD_FACTOR = 0x9e3779b1
const MIX_A = 0x85ebca6b
const MIX_B = 0xc2b2ae35

/**
 * Hash of the bytes `start`..`end`: 0 .. 2^31 - 1, spread over all bits.
 *
 * The same on every machine and in every release, because shards of different processes divide
 * work by it. Not for secrets, and anybody can make collisions: tables that use it bound how far
 * they search. Hot path: four bytes per step, allocates nothing.
 */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED
  let at = start
  for (; at + 4 <= end; at += 4) {
    // In range, here and below: `at` stays below `end`.
    const low = bytes[at]! | (bytes[at + 1]! << 8)
    hash = step(hash, low | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
  }
  let rest = 0
  for (let shift = 0; at < end; at++, shift += 8) rest |= bytes[at]! << shift
  return finish(step(hash, rest), end - start)
}

/** `hashBytes` of the text in UTF-8, without encoding it while it is ASCII. */
export function hashString(text: string): number {
  const end = text.length
  let hash = SEED
  let at = 0
  for (; at + 4 <= end; at += 4) {
    const a = text.charCodeAt(at)
    const b = text.charCodeAt(at + 1)
    const c = text.charCodeAt(at + 2)
    const d = text.charCodeAt(at + 3)
    if ((a | b | c | d) >= 0x80) return hashEncoded(text)
    hash = step(hash, a | (b << 8) | (c << 16) | (d << 24))
  }
  let rest = 0
  for (let shift = 0; at < end; at++, shift += 8) {
    const code = text.charCodeAt(at)
    if (code >= 0x80) return hashEncoded(text)
    rest |= code << shift
  }
  return finish(step(hash, rest), end)
}

function hashEncoded(text: string): number {
  const bytes = Buffer.from(text)
  return hashBytes(bytes, 0, bytes.length)
}

function step(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, WORD_FACTOR)
  return mixed ^ (mixed >>> 15)
}

/** Avalanche: every bit of the input reaches every bit of the result. */
function finish(hash: number, length: number): number {
  let mixed = hash ^ length
  mixed = Math.imul(mixed ^ (mixed >>> 16), MIX_A)
  mixed = Math.imul(mixed ^ (mixed >>> 13), MIX_B)
  return (mixed ^ (mixed >>> 16)) >>> 1 // One bit less, so that it always is a small integer.
}
