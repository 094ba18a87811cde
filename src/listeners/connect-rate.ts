import type { ConnectRate } from './listener-options.ts'

/**
 * Lets so many through in a time, and keeps the rest waiting in order.
 *
 * The allowance of one interval may be used at once; it comes back evenly over the interval.
 */
export class RateGate<Item> {
  readonly #rate: ConnectRate
  readonly #waitingMax: number
  readonly #nowMs: () => number
  readonly #waiting: Item[] = []
  #allowance: number
  #countedAtMs: number

  /** @param waitingMax items that may wait; more are refused */
  constructor(rate: ConnectRate, waitingMax: number, nowMs: () => number) {
    this.#rate = rate
    this.#waitingMax = waitingMax
    this.#nowMs = nowMs
    this.#allowance = rate.amount
    this.#countedAtMs = nowMs()
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  /** True when one may pass now. */
  pass(): boolean {
    if (this.#waiting.length > 0) return false
    return this.#take()
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
    const missing = Math.max(0, 1 - this.#allowance)
    return Math.ceil((missing / this.#rate.amount) * this.#rate.intervalMs)
  }

  #take(): boolean {
    const { amount, intervalMs } = this.#rate
    if (amount === Infinity) return true
    const nowMs = this.#nowMs()
    const refilled = this.#allowance + ((nowMs - this.#countedAtMs) / intervalMs) * amount
    this.#allowance = Math.min(Math.max(1, amount), refilled)
    this.#countedAtMs = nowMs
    if (this.#allowance < 1) return false
    this.#allowance -= 1
    return true
  }
}
