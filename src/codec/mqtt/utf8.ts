/** The natives behind `Buffer.toString`, without its argument handling; not in the types. */
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as {
  latin1Slice: (this: Uint8Array, start: number, end: number) => string
  utf8Slice: (this: Uint8Array, start: number, end: number) => string
}

/** Up to here a loop beats the native call. */
const LENGTH_LOOP_MAX = 24

/**
 * True when bytes `start`..`end` are well-formed UTF-8 without U+0000: no surrogates, no overlong
 * forms, nothing above U+10FFFF [MQTT-1.5.4-1] [MQTT-1.5.4-2]. Hot path: allocates nothing.
 */
export function isMqttUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    const byte = bytes[at]! // In range, here and below: `at < end`.
    if ((byte - 1) >>> 0 < 0x7f) {
      at++
      continue
    }
    if (byte === 0) return false
    const length = sequenceLength(bytes, at, end)
    if (length === 0) return false
    at += length
  }
  return true
}

/** As `isMqttUtf8`, with U+0000 allowed: for payloads that claim to be UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end) {
    if (bytes[at]! < 0x80) {
      at++
      continue
    }
    const length = sequenceLength(bytes, at, end)
    if (length === 0) return false
    at += length
  }
  return true
}

/**
 * Length of the sequence of two to four bytes that starts at `at`, 0 when it is ill-formed
 * (table 3-7 of the Unicode standard). The byte at `at` is 0x80 or above.
 */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!
  if (lead < 0xc2 || lead > 0xf4) return 0 // Continuation, overlong, beyond U+10FFFF.
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  if (at + length > end) return 0
  const second = bytes[at + 1]!
  // The second byte decides about overlong forms, surrogates and the end of the code space.
  if (second < secondMin(lead) || second > secondMax(lead)) return 0
  if (length > 2 && (bytes[at + 2]! & 0xc0) !== 0x80) return 0
  if (length > 3 && (bytes[at + 3]! & 0xc0) !== 0x80) return 0
  return length
}

function secondMin(lead: number): number {
  return lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
}

function secondMax(lead: number): number {
  return lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
}

/**
 * Text of bytes that are known to be UTF-8; fast for ASCII. U+FEFF stays where it is, also in
 * front [MQTT-1.5.4-3].
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if (bytes[at]! >= 0x80) return utf8Slice.call(bytes, start, end)
  }
  return latin1Slice.call(bytes, start, end)
}

/** Bytes of `text` in UTF-8; a lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Length(text: string): number {
  const { length } = text
  if (length > LENGTH_LOOP_MAX) return Buffer.byteLength(text)
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) >= 0x80) return Buffer.byteLength(text)
  }
  return length
}
