/** So much in a time. */
export interface Allowance {
  readonly amount: number
  readonly intervalMs: number
}

/**
 * Lets so much through in a time. The allowance of one interval may be used at once and comes back
 * evenly; a second one, for bursts, is used when the first is empty. What is taken may be more than
 * is there: the debt has to be waited for. Plain fields: hot.
 */
export class TokenBucket {
  readonly #rate: Allowance
  readonly #burst: Allowance | undefined
  #left: number
  #burstLeft: number
  #countedAtMs: number

  constructor(rate: Allowance, burst: Allowance | undefined, nowMs: number) {
    this.#rate = rate
    this.#burst = burst
    this.#left = rate.amount
    this.#burstLeft = burst?.amount ?? 0
    this.#countedAtMs = nowMs
  }

  /** True when nothing is owed and at least one more may be taken. */
  hasOne(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#left + this.#burstLeft >= 1
  }

  /** Takes an amount, by debt if need be; true when nothing is owed afterwards. */
  take(amount: number, nowMs: number): boolean {
    this.#refill(nowMs)
    this.#left -= amount
    if (this.#left < 0 && this.#burstLeft > 0) {
      const helped = Math.min(this.#burstLeft, -this.#left)
      this.#burstLeft -= helped
      this.#left += helped
    }
    return this.#left >= 0
  }

  /** Time until nothing is owed. */
  waitMs(nowMs: number): number {
    return this.#waitFor(0, nowMs)
  }

  /** Time until one more may be taken without debt. */
  waitForOneMs(nowMs: number): number {
    return this.#waitFor(1, nowMs)
  }

  #waitFor(wanted: number, nowMs: number): number {
    this.#refill(nowMs)
    if (this.#left + this.#burstLeft >= wanted) return 0
    return Math.ceil(((wanted - this.#left) / this.#rate.amount) * this.#rate.intervalMs)
  }

  #refill(nowMs: number): void {
    const elapsedMs = nowMs - this.#countedAtMs
    if (elapsedMs <= 0) return
    this.#countedAtMs = nowMs
    const { amount, intervalMs } = this.#rate
    const most = Math.max(1, amount) // A part of one would never become one.
    this.#left = Math.min(most, this.#left + (elapsedMs / intervalMs) * amount)
    const burst = this.#burst
    if (burst === undefined) return
    const back = (elapsedMs / burst.intervalMs) * burst.amount
    this.#burstLeft = Math.min(burst.amount, this.#burstLeft + back)
  }
}
