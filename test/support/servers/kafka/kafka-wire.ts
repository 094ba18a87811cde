/** Types of the protocol of Kafka, in the encoding before the "flexible versions" (KIP-482). */

/** Reads a request. */
export class KafkaReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#skip(8))
  }

  /** NULLABLE_STRING; a STRING is never null. */
  string(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.#bytes.toString('utf8', this.#skip(length), this.#at)
  }

  /** NULLABLE_BYTES, and records. */
  bytes(): Buffer | null {
    const length = this.int32()
    return length < 0 ? null : this.#bytes.subarray(this.#skip(length), this.#at)
  }

  array<T>(read: (reader: this) => T): T[] {
    return Array.from({ length: Math.max(0, this.int32()) }, () => read(this))
  }

  /** An array that may be null, which asks for all. */
  arrayOrAll<T>(read: (reader: this) => T): T[] | undefined {
    const count = this.int32()
    return count < 0 ? undefined : Array.from({ length: count }, () => read(this))
  }

  #skip(count: number): number {
    const at = this.#at
    this.#at += count
    return at
  }
}

/** Writes an answer. */
export class KafkaWriter {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    this.#parts.push(Buffer.from([value & 0xff]))
    return this
  }

  int16(value: number): this {
    const part = Buffer.alloc(2)
    part.writeInt16BE(value)
    this.#parts.push(part)
    return this
  }

  int32(value: number): this {
    const part = Buffer.alloc(4)
    part.writeInt32BE(value)
    this.#parts.push(part)
    return this
  }

  int64(value: bigint): this {
    const part = Buffer.alloc(8)
    part.writeBigInt64BE(value)
    this.#parts.push(part)
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const text = Buffer.from(value)
    this.int16(text.length).#parts.push(text)
    return this
  }

  bytes(value: Buffer): this {
    this.int32(value.length).#parts.push(value)
    return this
  }

  array<T>(items: readonly T[], write: (item: T, writer: this) => void): this {
    this.int32(items.length)
    for (const item of items) write(item, this)
    return this
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }
}
