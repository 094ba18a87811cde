/** Largest Variable Byte Integer (MQTT 5 §1.5.5). */
export const VARINT_MAX = 268_435_455

/**
 * Reads a Variable Byte Integer between `at` and `end`. Hot path: allocates nothing.
 *
 * Only the shortest form is accepted [MQTT-1.5.5-1], so `varintLength` of the value is how many
 * bytes it took.
 * @returns 0..268_435_455, or -1 when the bytes end first, go on after the fourth, or are padded
 */
export function readVarint(bytes: Uint8Array, at: number, end: number): number {
  let value = 0
  for (let shift = 0; shift < 28; shift += 7) {
    if (at >= end) return -1
    const byte = bytes[at++]! // In range: checked above.
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return byte === 0 && shift > 0 ? -1 : value
  }
  return -1
}

/** Bytes that `value` (0..268_435_455) takes as a Variable Byte Integer: 1..4. */
export function varintLength(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  return value < 0x20_0000 ? 3 : 4
}
