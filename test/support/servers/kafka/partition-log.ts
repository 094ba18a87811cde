/** Record batches of one partition: message format 2, as the documents of Kafka describe it. */
import { gunzipSync } from 'node:zlib'

const HEAD_BYTES = 61
const CRC_FROM = 21
const COMPRESSION = 0b111

/** A record as it was produced. */
export interface StoredRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  /** 0: none, 1: gzip, 2: snappy. */
  readonly compression: number
}

interface Batch {
  readonly base: number
  readonly next: number
  readonly bytes: Buffer
}

/** The log of one partition. */
export class PartitionLog {
  readonly #batches: Batch[] = []

  get end(): number {
    return this.#batches.at(-1)?.next ?? 0
  }

  /** Number of batches that were produced. */
  get batches(): number {
    return this.#batches.length
  }

  /**
   * Stores a record set.
   * @returns offset of its first record; undefined when a batch is damaged
   */
  append(records: Buffer): number | undefined {
    const base = this.end
    for (let at = 0; at < records.length;) {
      const batch = Buffer.from(records.subarray(at))
      const length = batch.readInt32BE(8) + 12
      const bytes = batch.subarray(0, length)
      const isWhole = length >= HEAD_BYTES && bytes.length === length && bytes[16] === 2
      if (!isWhole || bytes.readUInt32BE(17) !== crc32c(bytes.subarray(CRC_FROM))) return undefined
      const first = this.end
      bytes.writeBigInt64BE(BigInt(first), 0) // The checksum does not cover it.
      this.#batches.push({ base: first, next: first + bytes.readInt32BE(23) + 1, bytes })
      at += length
    }
    return base
  }

  /** Whole batches from an offset on: one at least, and more as far as they fit. */
  read(offset: number, bytesMax: number): Buffer {
    const found: Buffer[] = []
    let bytes = 0
    for (const batch of this.#batches) {
      if (batch.next <= offset) continue
      if (found.length > 0 && bytes + batch.bytes.length > bytesMax) break
      found.push(batch.bytes)
      bytes += batch.bytes.length
    }
    return Buffer.concat(found)
  }

  /** All records. */
  records(): readonly StoredRecord[] {
    return this.#batches.flatMap(({ bytes }) => recordsOf(bytes))
  }
}

function recordsOf(batch: Buffer): readonly StoredRecord[] {
  const base = Number(batch.readBigInt64BE(0))
  const firstMs = Number(batch.readBigInt64BE(27))
  const compression = batch.readInt16BE(CRC_FROM) & COMPRESSION
  const packed = batch.subarray(HEAD_BYTES)
  const plain = compression === 1 ? gunzipSync(packed) : compression === 2 ? unsnap(packed) : packed
  const reader = new RecordReader(plain)
  return Array.from({ length: batch.readInt32BE(57) }, () => {
    reader.varint() // Length of the record.
    reader.byte() // Attributes.
    const timestampMs = firstMs + reader.varint()
    const offset = base + reader.varint()
    const [key, value] = [reader.text(), reader.text()]
    const pairs = Array.from({ length: reader.varint() }, () => [reader.text(), reader.text()])
    return { offset, timestampMs, key, value, headers: Object.fromEntries(pairs), compression }
  })
}

class RecordReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  /** Zigzag, as in Protocol Buffers. */
  varint(): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n))
    }
  }

  text(): string | null {
    const length = this.varint()
    if (length < 0) return null
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }
}

/** The raw format of Snappy. */
export function unsnap(bytes: Buffer): Buffer {
  let at = 0
  let shift = 0
  let size = 0
  for (let more = true; more; shift += 7) {
    const byte = bytes[at++] ?? 0
    size += (byte & 0x7f) * 2 ** shift
    more = byte >= 0x80
  }
  const out = Buffer.alloc(size)
  let end = 0
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0
    const kind = tag & 3
    if (kind === 0) {
      const extra = Math.max(0, (tag >> 2) - 59)
      const length = 1 + (extra === 0 ? tag >> 2 : bytes.readUIntLE(at, extra))
      at += extra
      end += bytes.copy(out, end, at, at + length)
      at += length
      continue
    }
    const width = kind === 1 ? 1 : kind === 2 ? 2 : 4
    const low = bytes.readUIntLE(at, width)
    at += width
    const back = kind === 1 ? ((tag >> 5) << 8) + low : low
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    for (let count = 0; count < length; count++) out[end] = out[end++ - back] ?? 0
  }
  return out
}

const TABLE = Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82_f6_3b_78 : value >>> 1
  return value >>> 0
})

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Buffer): number {
  let crc = 0xff_ff_ff_ff
  for (const byte of bytes) crc = ((TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)) >>> 0
  return (crc ^ 0xff_ff_ff_ff) >>> 0
}
