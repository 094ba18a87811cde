import type { HeldBytes } from '#kernel/block-pool.ts'

const SCRAP = 0xee

/**
 * Received bytes as a transport lends them to the broker: overwritten as soon as it may use their
 * memory again, so that a broker that uses them longer sends rubbish.
 */
export class LentBytes implements HeldBytes {
  readonly bytes: Buffer
  isHeld: boolean

  constructor(bytes: Buffer) {
    this.bytes = Buffer.from(bytes)
    this.isHeld = false
  }

  hold(): this {
    this.isHeld = true
    return this
  }

  /** The call that brought them has returned. */
  end(): void {
    if (!this.isHeld) this.release()
  }

  release(): void {
    this.isHeld = false
    this.bytes.fill(SCRAP)
  }
}
