import type { Clock, StoreFailure } from '#broker/ports.ts'

/** Delays before a failed commit is tried again; each is twice the one before. */
export interface RetryDelays {
  readonly firstMs: number
  readonly longestMs: number
}

/** 100 ms, 200 ms ... 5 s. */
export const RETRY_DELAYS: RetryDelays = { firstMs: 100, longestMs: 5_000 }

/** When a failed commit is tried again. */
export class RetryPlan {
  /** Of the last commit; undefined when it succeeded. */
  failure: StoreFailure | undefined
  readonly #clock: Clock
  readonly #delays: RetryDelays
  #delayMs: number
  #dueMs: number

  constructor(clock: Clock, delays: RetryDelays) {
    this.failure = undefined
    this.#clock = clock
    this.#delays = delays
    this.#delayMs = delays.firstMs
    this.#dueMs = 0
  }

  /** True when a commit may start: nothing failed, or long enough ago. */
  isDue(): boolean {
    return this.failure === undefined || this.#clock.monotonicMs() >= this.#dueMs
  }

  makeDue(): void {
    this.#dueMs = -Infinity
  }

  succeeded(): void {
    this.failure = undefined
    this.#delayMs = this.#delays.firstMs
  }

  /** Notes a failure; returns after how many milliseconds the next try is due. */
  failed(failure: StoreFailure): number {
    const delayMs = this.#delayMs
    this.failure = failure
    this.#dueMs = this.#clock.monotonicMs() + delayMs
    this.#delayMs = Math.min(this.#delays.longestMs, delayMs * 2)
    return delayMs
  }
}
