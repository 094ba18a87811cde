import { ByteWriter } from '#kernel/byte-writer.ts'

const WIRE_VARINT = 0
const WIRE_FIXED64 = 1
const WIRE_BYTES = 2
const VARINT_BYTES_MAX = 10
const FIXED64_BYTES = 8
const TAG_BYTES_MAX = 5
const WORD = 2 ** 32
const NANOS_PER_MS = 1e6

/** Writes messages of Protocol Buffers, as far as OTLP needs that. */
export class ProtoWriter {
  readonly #out: ByteWriter

  constructor(initialBytes: number) {
    this.#out = new ByteWriter(initialBytes)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#out.offset
  }

  /** Copies what was written. */
  toBuffer(): Buffer {
    return Buffer.from(this.#out.bytes.subarray(0, this.#out.offset))
  }

  /** Forgets what was written; its memory is used again. */
  clear(): void {
    this.#out.offset = 0
  }

  /** A whole number that is not negative, or an enum. */
  uint(field: number, value: number): void {
    this.#tag(field, WIRE_VARINT)
    this.#varint(value)
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0)
  }

  /** `int64`; numbers beyond 2^53 lose their last digits. */
  int(field: number, value: number): void {
    if (value >= 0) {
      this.uint(field, value)
      return
    }
    this.#tag(field, WIRE_VARINT)
    let rest = BigInt.asUintN(64, BigInt(value))
    this.#out.ensure(VARINT_BYTES_MAX)
    while (rest > 127n) {
      this.#byte(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.#byte(Number(rest))
  }

  /** `fixed64` with a moment: ms since 1970 are written as ns. */
  timeMs(field: number, ms: number): void {
    const nanos = Math.round(ms * NANOS_PER_MS)
    this.#tag(field, WIRE_FIXED64)
    this.#out.ensure(FIXED64_BYTES)
    const { bytes, offset } = this.#out
    bytes.writeUInt32LE(nanos % WORD, offset)
    bytes.writeUInt32LE(Math.floor(nanos / WORD), offset + 4)
    this.#out.offset += FIXED64_BYTES
  }

  double(field: number, value: number): void {
    this.#tag(field, WIRE_FIXED64)
    this.#out.ensure(FIXED64_BYTES)
    this.#out.bytes.writeDoubleLE(value, this.#out.offset)
    this.#out.offset += FIXED64_BYTES
  }

  /** `sfixed64`. */
  fixedInt(field: number, value: number): void {
    this.#tag(field, WIRE_FIXED64)
    this.#out.ensure(FIXED64_BYTES)
    this.#out.bytes.writeBigInt64LE(BigInt(Math.round(value)), this.#out.offset)
    this.#out.offset += FIXED64_BYTES
  }

  string(field: number, text: string): void {
    this.#raw(field, text, 'utf8')
  }

  /** Bytes that are given as hexadecimal digits. */
  hex(field: number, digits: string): void {
    this.#raw(field, digits, 'hex')
  }

  bytes(field: number, content: Uint8Array): void {
    this.#tag(field, WIRE_BYTES)
    this.#varint(content.length)
    this.raw(content)
  }

  /** Fields that were written elsewhere. */
  raw(content: Uint8Array): void {
    this.#out.ensure(content.length)
    this.#out.bytes.set(content, this.#out.offset)
    this.#out.offset += content.length
  }

  /** A message inside this one. */
  message(field: number, write: (inside: ProtoWriter) => void): void {
    this.#tag(field, WIRE_BYTES)
    const out = this.#out
    out.ensure(1)
    const start = ++out.offset // Room for a short length.
    write(this)
    const length = out.offset - start
    if (length < 128) {
      out.bytes[start - 1] = length
      return
    }
    const extra = varintBytes(length) - 1
    out.ensure(extra)
    out.bytes.copyWithin(start + extra, start, out.offset)
    const end = out.offset + extra
    out.offset = start - 1
    this.#varint(length)
    out.offset = end
  }

  #raw(field: number, text: string, encoding: 'utf8' | 'hex'): void {
    this.#tag(field, WIRE_BYTES)
    const length = Buffer.byteLength(text, encoding)
    this.#varint(length)
    this.#out.ensure(length)
    this.#out.bytes.write(text, this.#out.offset, length, encoding)
    this.#out.offset += length
  }

  #tag(field: number, wire: number): void {
    this.#out.ensure(TAG_BYTES_MAX)
    this.#varint(field * 8 + wire)
  }

  #varint(value: number): void {
    this.#out.ensure(VARINT_BYTES_MAX)
    let rest = value
    while (rest > 127) {
      this.#byte((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.#byte(rest)
  }

  /** Into room that was made. */
  #byte(value: number): void {
    this.#out.bytes[this.#out.offset++] = value
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++
  return bytes
}
