import type { Block, BlockPool } from '#kernel/block-pool.ts'

const HEADER_BYTES_MAX = 5
const FIRST_BYTES = 256
/** A read of so many bytes shows that its client lives, although its packet is not whole yet. */
export const PROGRESS_BYTES = 1_024
/** Packets from this size on are put together in a block, if they fit and there is one. */
const BLOCK_PACKET_BYTES_MIN = 4_096

/**
 * Puts a packet together that arrives in several reads.
 *
 * Memory grows with what has arrived, not with what the header promises, so that a peer cannot
 * make the broker reserve megabytes with five bytes. The finished packet has a buffer of its own,
 * which its message may keep without another copy, or lies in a block, which may not be kept.
 */
export class FrameAssembler {
  /** The block that the packet lies in. */
  block: Block | undefined
  readonly #blocks: BlockPool
  #bytes: Buffer | undefined
  #length: number
  /** Bytes of the whole packet; 0 while the header is incomplete. */
  #total: number

  constructor(blocks: BlockPool) {
    this.block = undefined
    this.#blocks = blocks
    this.#bytes = undefined
    this.#length = 0
    this.#total = 0
  }

  /** True while a packet is incomplete. */
  get busy(): boolean {
    return this.#bytes !== undefined
  }

  /** Starts with the incomplete packet at `offset`, whose header has been found acceptable. */
  start(bytes: Buffer, offset: number): void {
    const available = bytes.length - offset
    const total = totalBytes(bytes, offset, bytes.length)
    const capacity = total === 0 ? FIRST_BYTES : Math.min(total, available * 2 + FIRST_BYTES)
    const fitsBlock = total >= BLOCK_PACKET_BYTES_MIN && total <= this.#blocks.blockBytes
    this.block = fitsBlock ? this.#blocks.take() : undefined
    this.#bytes = this.block?.bytes ?? Buffer.allocUnsafeSlow(capacity)
    bytes.copy(this.#bytes, 0, offset)
    this.#length = available
    this.#total = total
  }

  /**
   * Takes what it needs from the start of `bytes` and returns how much that was. A header that
   * announces more than `packetBytesMax` is taken as complete as soon as it can be read, so that
   * the frame reader refuses it at once.
   */
  fill(bytes: Buffer, packetBytesMax: number): number {
    let taken = 0
    while (this.#total === 0 && taken < bytes.length) {
      this.#append(bytes, taken, taken + 1)
      taken++
      this.#total = totalBytes(this.#current(), 0, this.#length)
      if (this.#total === 0 && this.#length >= HEADER_BYTES_MAX) this.#total = this.#length
      if (this.#total > packetBytesMax) this.#total = this.#length
    }
    if (this.#total === 0) return taken
    const missing = this.#total - this.#length
    const end = Math.min(bytes.length, taken + missing)
    if (end > taken) this.#append(bytes, taken, end)
    return end
  }

  /**
   * The packet once it is whole; the assembler is free again then. If it had a block, that is the
   * caller's now.
   */
  takeWhole(): Buffer | undefined {
    if (this.#total === 0 || this.#length < this.#total) return undefined
    const whole = this.#current().subarray(0, this.#length)
    this.block = undefined
    this.clear()
    return whole
  }

  clear(): void {
    if (this.block !== undefined) this.#blocks.giveBack(this.block)
    this.block = undefined
    this.#bytes = undefined
    this.#length = 0
    this.#total = 0
  }

  #current(): Buffer {
    return (this.#bytes ??= Buffer.allocUnsafeSlow(FIRST_BYTES))
  }

  #append(source: Buffer, start: number, end: number): void {
    const needed = this.#length + end - start
    let target = this.#current()
    if (needed > target.length) {
      const wanted = Math.max(needed, target.length * 2)
      const capacity = this.#total === 0 ? wanted : Math.min(this.#total, wanted)
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, capacity))
      target.copy(grown, 0, 0, this.#length)
      this.#bytes = target = grown
    }
    source.copy(target, this.#length, start, end)
    this.#length = needed
  }
}

/** Bytes of the packet that starts at `start`; 0 when its header is not complete. */
function totalBytes(bytes: Buffer, start: number, end: number): number {
  let remaining = 0
  for (let index = 0; index < 4; index++) {
    const at = start + 1 + index
    if (at >= end) return 0
    const byte = bytes[at]! // In range: checked above.
    remaining += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return 2 + index + remaining
  }
  return end - start
}
