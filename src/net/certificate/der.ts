/** Writers for the few ASN.1 types (X.690 DER) that a certificate is made of. */

const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  SEQUENCE: 0x30,
  SET: 0x31,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
} as const

/** One element: tag, length, contents. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

/** A SEQUENCE of finished elements. */
export function sequence(...items: readonly Buffer[]): Buffer {
  return element(Tag.SEQUENCE, ...items)
}

/** A SET of finished elements. */
export function set(...items: readonly Buffer[]): Buffer {
  return element(Tag.SET, ...items)
}

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const trimmed = start < 0 ? Buffer.from([0]) : bytes.subarray(start)
  const sign = (trimmed[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0)
  return element(Tag.INTEGER, sign, trimmed)
}

/** A BOOLEAN. */
export function boolean(value: boolean): Buffer {
  return element(Tag.BOOLEAN, Buffer.from([value ? 0xff : 0]))
}

/** An OCTET STRING. */
export function octetString(contents: Buffer): Buffer {
  return element(Tag.OCTET_STRING, contents)
}

/** A string of bits; `unusedBits` at its end do not count. */
export function bitString(contents: Buffer, unusedBits = 0): Buffer {
  return element(Tag.BIT_STRING, Buffer.from([unusedBits]), contents)
}

/** A UTF8String. */
export function utf8String(text: string): Buffer {
  return element(Tag.UTF8_STRING, Buffer.from(text))
}

/** An object identifier from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap(base128)
  return element(Tag.OBJECT_IDENTIFIER, Buffer.from(bytes))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let high = value >>> 7; high > 0; high >>>= 7) digits.unshift((high & 0x7f) | 0x80)
  return digits
}

/** A time of validity: UTCTime until 2049, GeneralizedTime after it (RFC 5280 §4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+/, '').replaceAll(/[-:T]/g, '')
  return date.getUTCFullYear() < 2050
    ? element(Tag.UTC_TIME, Buffer.from(digits.slice(2)))
    : element(Tag.GENERALIZED_TIME, Buffer.from(digits))
}
