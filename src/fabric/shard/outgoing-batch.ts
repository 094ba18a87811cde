import type { ControlMessage } from '#broker/ports.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'

/** One entry of a batch: binary items written one after another, or a control message. */
export type BatchItem = Uint8Array | ControlMessage

/** What one flush sends to one shard. */
export interface Batch {
  readonly items: readonly BatchItem[]
  /** Memory that moves to the receiver instead of being copied. */
  readonly moved: ArrayBuffer[]
  /** Bytes of the binary items. */
  readonly byteCount: number
}

const WRITER_BYTES = 16_384
/** Largest memory that is reserved before it is needed. */
const WRITER_BYTES_MAX = 262_144
/** Blobs up to this size are copied, so that the writer keeps its memory; larger ones move. */
const COPIED_BYTES_MAX = 8192

/** Gathers what goes to one shard, in order. Plain fields: every message to a sibling passes. */
export class OutgoingBatch {
  readonly writer: ByteWriter = new ByteWriter(WRITER_BYTES)
  #items: BatchItem[] = []
  #moved: ArrayBuffer[] = []
  #byteCount = 0

  get isEmpty(): boolean {
    return this.writer.offset === 0 && this.#items.length === 0
  }

  /** Puts a control message behind everything written so far. */
  add(message: ControlMessage): void {
    this.#closeBlob()
    this.#items.push(message)
  }

  /** Takes everything out. */
  take(): Batch {
    this.#closeBlob()
    const batch = { items: this.#items, moved: this.#moved, byteCount: this.#byteCount }
    this.#items = []
    this.#moved = []
    this.#byteCount = 0
    return batch
  }

  #closeBlob(): void {
    const { writer } = this
    const length = writer.offset
    if (length === 0) return
    this.#byteCount += length
    writer.offset = 0
    if (length <= COPIED_BYTES_MAX) {
      const copy = new Uint8Array(length)
      copy.set(writer.bytes.subarray(0, length))
      this.#items.push(copy)
      return
    }
    const { bytes } = writer
    this.#items.push(bytes.subarray(0, length))
    // A writer's memory is its own and not shared: allocated by ByteWriter itself.
    this.#moved.push(bytes.buffer as ArrayBuffer)
    // The next batch will be about as large: no growing by copies.
    const wanted = Math.min(WRITER_BYTES_MAX, Math.max(WRITER_BYTES, length + length / 4))
    writer.bytes = Buffer.allocUnsafeSlow(Math.ceil(wanted))
  }
}

/** The items as the receiver sees them: bytes as buffers over the same memory. */
export function toBuffers(items: readonly BatchItem[]): readonly (Buffer | ControlMessage)[] {
  return items.map((item) => {
    if (!(item instanceof Uint8Array)) return item
    return Buffer.from(item.buffer, item.byteOffset, item.byteLength)
  })
}
