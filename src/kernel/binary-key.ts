import { assert } from './assert.ts'

/**
 * Keys of the store as binary strings: every char is one byte (U+0000..U+00FF), and the order of
 * JavaScript strings is the order of the bytes. Parts are joined with `+`: numbers have a fixed
 * length, text that is followed by something ends with a zero byte (`textPart`). Joined this way
 * keys sort as their parts do, one after the other.
 */

const U16_MAX = 0xffff
const U32_MAX = 0xffff_ffff
const U48_MAX = 0xffff_ffff_ffff
const TWO_32 = 0x1_0000_0000

/** Above every key whose first byte is not 0xFF: the end of a scan over a whole table. */
export const KEY_END = '\xff'

/** Text as the bytes of its UTF-8. For the last part of a key; ASCII text is its own key. */
export function textKey(text: string): string {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) >= 0x80) return Buffer.from(text, 'utf8').toString('latin1')
  }
  return text
}

/** The text of the key's bytes from `start` to `end`. */
export function keyText(key: string, start = 0, end = key.length): string {
  const bytes = key.slice(start, end)
  for (let at = 0; at < bytes.length; at++) {
    if (bytes.charCodeAt(at) >= 0x80) return Buffer.from(bytes, 'latin1').toString('utf8')
  }
  return bytes
}

/** Text for a key that goes on: its UTF-8 and a zero byte. The text holds no U+0000. */
export function textPart(text: string): string {
  assert(!text.includes('\0'), 'text in a key holds no U+0000')
  return textKey(text) + '\0'
}

/** Where the text written by `textPart` at `start` ends: the place of its zero byte. */
export function textPartEnd(key: string, start: number): number {
  const end = key.indexOf('\0', start)
  assert(end !== -1, 'the text in a key ends with a zero byte')
  return end
}

/** The bytes of a key, in a buffer of their own. */
export function keyBytes(key: string): Buffer {
  return Buffer.from(key, 'latin1')
}

/** An integer of 0..255 in one byte. */
export function u8Key(value: number): string {
  assert(isUnsigned(value, 0xff), 'a u8 in a key is an integer of 0..255')
  return String.fromCharCode(value)
}

/** An integer of 0..65535 in two bytes. */
export function u16Key(value: number): string {
  assert(isUnsigned(value, U16_MAX), 'a u16 in a key is an integer of 0..65535')
  return String.fromCharCode(value >>> 8, value & 0xff)
}

/** An integer of 0..2^32-1 in four bytes. */
export function u32Key(value: number): string {
  assert(isUnsigned(value, U32_MAX), 'a u32 in a key is an integer of 0..2^32-1')
  return String.fromCharCode(
    value >>> 24,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  )
}

/** An integer of 0..2^48-1 in six bytes: enough for milliseconds since the epoch. */
export function u48Key(value: number): string {
  assert(isUnsigned(value, U48_MAX), 'a u48 in a key is an integer of 0..2^48-1')
  return u16Key(Math.floor(value / TWO_32)) + u32Key(value % TWO_32)
}

/** Reads what `u8Key` wrote at `offset`. */
export function readU8(key: string, offset: number): number {
  assert(offset + 1 <= key.length, 'a u8 lies inside its key')
  return key.charCodeAt(offset)
}

/** Reads what `u16Key` wrote at `offset`. */
export function readU16(key: string, offset: number): number {
  assert(offset + 2 <= key.length, 'a u16 lies inside its key')
  return (key.charCodeAt(offset) << 8) | key.charCodeAt(offset + 1)
}

/** Reads what `u32Key` wrote at `offset`. */
export function readU32(key: string, offset: number): number {
  assert(offset + 4 <= key.length, 'a u32 lies inside its key')
  return readU16(key, offset) * 0x1_0000 + readU16(key, offset + 2)
}

/** Reads what `u48Key` wrote at `offset`. */
export function readU48(key: string, offset: number): number {
  assert(offset + 6 <= key.length, 'a u48 lies inside its key')
  return readU16(key, offset) * TWO_32 + readU32(key, offset + 2)
}

/**
 * The smallest key above all keys that begin with `prefix`: scan [prefix, prefixEnd(prefix)).
 * `KEY_END` for the empty prefix. A prefix of 0xFF bytes only has no end and is refused.
 */
export function prefixEnd(prefix: string): string {
  if (prefix === '') return KEY_END
  let last = prefix.length - 1
  while (last >= 0 && prefix.charCodeAt(last) === 0xff) last--
  assert(last >= 0, 'a prefix of a key holds a byte below 0xFF')
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}

function isUnsigned(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}
