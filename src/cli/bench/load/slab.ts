import { ByteWriter } from '#kernel/byte-writer.ts'

const SLAB_BYTES = 1 << 20
const KEPT_VIEW_BYTES_MAX = 8192

/**
 * Memory for everything that a thread writes: one range at a time.
 *
 * A range that the kernel took at once is used again for the next one, so that the memory stays in
 * the processor's cache; one that a transport still holds is left to it. Plain fields: hot.
 */
export class Slab extends ByteWriter {
  /** Where the open range starts; it ends at `offset`. */
  start: number
  /** Views from the first byte on, by length: made once for each slab. */
  #views: (Buffer | undefined)[]

  constructor() {
    super(SLAB_BYTES)
    this.start = 0
    this.#views = []
  }

  override ensure(n: number): void {
    if (this.bytes.length - this.offset < n) this.#replace(n)
  }

  /** The open range. */
  view(): Buffer {
    const { start, offset } = this
    if (start !== 0 || offset > KEPT_VIEW_BYTES_MAX) return this.bytes.subarray(start, offset)
    const kept = this.#views[offset]
    if (kept !== undefined) return kept
    const view = this.bytes.subarray(0, offset)
    this.#views[offset] = view
    return view
  }

  /** Ends the range: `isFree` when nobody uses its bytes any more. */
  close(isFree: boolean): void {
    if (isFree) this.offset = this.start
    else this.start = this.offset
  }

  #replace(n: number): void {
    const length = this.offset - this.start
    const next = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, (length + n) * 2))
    this.bytes.copy(next, 0, this.start, this.offset)
    this.bytes = next
    this.start = 0
    this.offset = length
    this.#views = []
  }
}
