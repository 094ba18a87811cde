/** Bytes that stay as they are: for good, or until they are released. */
export interface HeldBytes {
  /** Nobody needs the bytes any more: their memory may be used again. At most once. */
  release(): void
}

/** Of bytes that nobody overwrites. */
export const HELD_FOR_GOOD: HeldBytes = Object.freeze({ release() {} })

/**
 * Part of a block that is worth holding all of it: a peer that does not read keeps at most so many
 * times the memory of what waits for it.
 */
const HELD_SHARE_MIN = 1 / 8

/** Limits of a pool. */
export interface BlockPoolLimits {
  readonly blockBytes: number
  /** Blocks in use at the same time; who asks for more gets none. */
  readonly usedMax: number
  /** Blocks kept for the next who asks. */
  readonly spareMax: number
}

/** A piece of memory that received bytes lie in, and stays as it is while they are held. */
export class Block implements HeldBytes {
  readonly bytes: Buffer
  /** Somebody has taken it to write into it. */
  isUsed: boolean
  /** Somebody still needs what is in it. */
  isHeld: boolean
  readonly #pool: BlockPool

  constructor(pool: BlockPool, blockBytes: number) {
    this.#pool = pool
    this.bytes = Buffer.allocUnsafeSlow(blockBytes)
    this.isUsed = true
    this.isHeld = false
  }

  /** Holds the block, if `bytes` of it are worth that; otherwise they are to be copied. */
  holdReceived(bytes: number): HeldBytes | undefined {
    if (bytes < this.bytes.length * HELD_SHARE_MIN) return undefined
    this.isHeld = true
    return this
  }

  release(): void {
    if (!this.isHeld) return
    this.isHeld = false
    if (!this.isUsed) this.#pool.putAway(this)
  }
}

/**
 * Blocks that are used again and again, so that a stream of large messages makes no garbage.
 *
 * A block that is given back while it is held serves again once it is released; one that is never
 * released goes the way of all memory.
 */
export class BlockPool {
  readonly #limits: BlockPoolLimits
  readonly #spare: Block[] = []
  #usedCount = 0

  constructor(limits: BlockPoolLimits) {
    this.#limits = limits
  }

  /** Size of each block. */
  get blockBytes(): number {
    return this.#limits.blockBytes
  }

  /** A block whose content means nothing; undefined when too many are in use. */
  take(): Block | undefined {
    if (this.#usedCount >= this.#limits.usedMax) return undefined
    this.#usedCount++
    const block = this.#spare.pop()
    if (block === undefined) return new Block(this, this.#limits.blockBytes)
    block.isUsed = true
    return block
  }

  /** Ends the use of a block. */
  giveBack(block: Block): void {
    this.#usedCount--
    block.isUsed = false
    if (!block.isHeld) this.putAway(block)
  }

  /** Keeps a block that is neither used nor held. Called by the block itself, too. */
  putAway(block: Block): void {
    if (this.#spare.length < this.#limits.spareMax) this.#spare.push(block)
  }
}
