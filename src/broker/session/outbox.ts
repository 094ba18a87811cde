import { ByteWriter } from '#kernel/byte-writer.ts'

const NOTHING = Buffer.alloc(0)
const REGION_BYTES_FIRST = 64
const REGION_BYTES_COPIED_MAX = 16_384
/** Payloads from this size on are sent from where they are instead of being copied. */
export const SHARED_PAYLOAD_BYTES_MIN = 4_096

/** Bytes of one slab: a few large regions, or hundreds of small ones. */
const SLAB_BYTES = 65_536
/** Slabs that one tick may fill; what does not fit has memory of its own. */
const SLABS_MAX = 1_024

/**
 * Memory for what one shard writes in one tick.
 *
 * All outboxes of a shard carve their regions from a row of slabs, from the first one on in every
 * tick, so that the memory of the hot path stays in the processor's cache. When a write of a tick
 * did not go out at once, the slabs that the tick used are left to the transports and replaced.
 */
export class WriteSlab {
  /** The slab that regions are taken from now, and where the next one starts. */
  bytes: Buffer
  offset: number
  readonly slabBytes: number
  /** A transport holds some of it since the last `reset`. */
  held: boolean
  readonly #slabs: Buffer[]
  #current: number

  constructor(slabBytes = SLAB_BYTES) {
    this.slabBytes = slabBytes
    this.bytes = Buffer.allocUnsafeSlow(slabBytes)
    this.offset = 0
    this.held = false
    this.#slabs = [this.bytes]
    this.#current = 0
  }

  /** True when a region of `n` bytes still fits behind the last one. */
  fits(n: number): boolean {
    return this.slabBytes - this.offset >= n
  }

  /** Goes on to the next slab unless `n` bytes still fit; false when there is no more. */
  makeRoom(n: number): boolean {
    if (this.fits(n)) return true
    if (n > this.slabBytes || this.#current + 1 >= SLABS_MAX) return false
    this.#current++
    const next = this.#slabs[this.#current] ?? Buffer.allocUnsafeSlow(this.slabBytes)
    this.#slabs[this.#current] = next
    this.bytes = next
    this.offset = 0
    return true
  }

  /** After everything was written: what a transport holds is left to it, the rest starts again. */
  reset(): void {
    if (this.held) this.#slabs.splice(0, this.#current + 1)
    this.held = false
    this.#current = 0
    this.offset = 0
    this.bytes = this.#slabs[0] ?? Buffer.allocUnsafeSlow(this.slabBytes)
    this.#slabs[0] = this.bytes
  }
}

/**
 * What one connection will send at the end of the tick: a ByteWriter over a region of the
 * shard's slab, plus finished chunks in front of it.
 *
 * `ensure` grows the region in place when it is the newest of the slab, moves it while small, and
 * closes it into a chunk when large. When the slab is exhausted the outbox continues in memory of
 * its own. Plain fields: hot.
 */
export class Outbox extends ByteWriter {
  readonly #slab: WriteSlab
  /** Finished chunks in order; the open region follows them. */
  readonly chunks: Buffer[]
  chunkBytes: number
  /** Where the open region starts and ends in `bytes`. */
  #start: number
  #limit: number

  constructor(slab: WriteSlab) {
    super(1)
    this.bytes = NOTHING
    this.#slab = slab
    this.chunks = []
    this.chunkBytes = 0
    this.#start = 0
    this.#limit = 0
  }

  /** Bytes waiting for the end of the tick. */
  get length(): number {
    return this.chunkBytes + this.offset - this.#start
  }

  override ensure(n: number): void {
    if (this.#limit - this.offset >= n) return
    this.#grow(n)
  }

  /** Sends `payload`, which is not empty, from where it is; it must not change until then. */
  appendShared(payload: Buffer): void {
    this.#closeRegion()
    this.chunks.push(payload)
    this.chunkBytes += payload.length
  }

  /** Copies `frame`, a finished packet. */
  appendCopy(frame: Buffer): void {
    const length = frame.length
    this.ensure(length)
    this.bytes.set(frame, this.offset)
    this.offset += length
  }

  /** Takes everything out: the chunks in order. The list is empty afterwards. */
  take(): readonly Buffer[] {
    this.#closeRegion()
    const taken = this.chunks.slice()
    this.clear()
    return taken
  }

  /**
   * The whole content as one buffer when it is a single region; undefined when there are several
   * chunks (use `take`). The common case of a tick, without an array.
   */
  takeSingle(): Buffer | undefined {
    if (this.chunkBytes > 0) return undefined
    const single = this.bytes.subarray(this.#start, this.offset)
    this.clear()
    return single
  }

  /** Forgets everything. */
  clear(): void {
    if (this.chunkBytes > 0) this.chunks.length = 0
    this.chunkBytes = 0
    this.bytes = NOTHING
    this.offset = 0
    this.#start = 0
    this.#limit = 0
  }

  #closeRegion(): void {
    const used = this.offset - this.#start
    if (used > 0) {
      this.chunks.push(this.bytes.subarray(this.#start, this.offset))
      this.chunkBytes += used
    }
    this.bytes = NOTHING
    this.offset = 0
    this.#start = 0
    this.#limit = 0
  }

  #grow(n: number): void {
    const slab = this.#slab
    const used = this.offset - this.#start
    const wanted = Math.max(REGION_BYTES_FIRST, (used + n) * 2)
    const more = wanted - (this.#limit - this.#start)
    // The newest region of the slab can simply be made longer.
    if (this.bytes === slab.bytes && this.#limit === slab.offset && slab.fits(more)) {
      slab.offset += more
      this.#limit += more
      return
    }
    const source = this.bytes
    const sourceStart = this.#start
    const copied = used <= REGION_BYTES_COPIED_MAX ? used : 0
    if (copied === 0) this.#closeRegion()
    const size = copied === 0 ? Math.max(REGION_BYTES_COPIED_MAX, n * 2) : wanted
    if (slab.makeRoom(size)) {
      this.bytes = slab.bytes
      this.#start = slab.offset
      slab.offset += size
    } else {
      this.bytes = Buffer.allocUnsafeSlow(size)
      this.#start = 0
    }
    this.#limit = this.#start + size
    if (copied > 0) source.copy(this.bytes, this.#start, sourceStart, sourceStart + copied)
    this.offset = this.#start + copied
  }
}
