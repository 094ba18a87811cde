import { type Allowance, TokenBucket } from '#kernel/token-bucket.ts'

/**
 * Lets so many through in a time, and keeps the rest waiting in order.
 *
 * The allowance of one interval may be used at once; it comes back evenly over the interval.
 */
export class RateGate<Item> {
  /** Undefined = no limit. */
  readonly #bucket: TokenBucket | undefined
  readonly #waitingMax: number
  readonly #nowMs: () => number
  readonly #waiting: Item[] = []

  /** @param waitingMax items that may wait; more are refused */
  constructor(
    rate: Allowance,
    burst: Allowance | undefined,
    waitingMax: number,
    nowMs: () => number,
  ) {
    this.#bucket = rate.amount === Infinity ? undefined : new TokenBucket(rate, burst, nowMs())
    this.#waitingMax = waitingMax
    this.#nowMs = nowMs
  }

  /** True when one may pass now. */
  pass(): boolean {
    return this.#waiting.length === 0 && this.#take()
  }

  /** Keeps an item until `release`; false when too many wait. */
  hold(item: Item): boolean {
    if (this.#waiting.length >= this.#waitingMax) return false
    this.#waiting.push(item)
    return true
  }

  /** The items that may pass by now, oldest first. */
  release(): readonly Item[] {
    let count = 0
    while (count < this.#waiting.length && this.#take()) count += 1
    return this.#waiting.splice(0, count)
  }

  /** All that wait. */
  drain(): readonly Item[] {
    return this.#waiting.splice(0)
  }

  /** Time until `release` can have something; undefined when nothing waits. */
  waitMs(): number | undefined {
    if (this.#waiting.length === 0) return undefined
    return Math.max(1, this.#bucket?.waitForOneMs(this.#nowMs()) ?? 0)
  }

  #take(): boolean {
    const nowMs = this.#nowMs()
    if (this.#bucket === undefined) return true
    if (!this.#bucket.hasOne(nowMs)) return false
    this.#bucket.take(1, nowMs)
    return true
  }
}
