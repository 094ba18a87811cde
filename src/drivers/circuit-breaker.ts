/**
 * - `closed`: requests go through; failures in a row are counted.
 * - `open`: requests are refused at once, so that nobody waits for a system that does not answer.
 * - `half-open`: one probe is under way; requests are still refused.
 */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** Keeps requests away from a system that has failed several times in a row. */
export class CircuitBreaker {
  readonly #failuresMax: number
  #state: BreakerState = 'closed'
  #failures = 0
  #opened = 0

  /** @param failuresMax failures in a row that open it, ≥ 1 */
  constructor(failuresMax: number) {
    this.#failuresMax = failuresMax
  }

  get state(): BreakerState {
    return this.#state
  }

  /** How often it has opened. */
  get opened(): number {
    return this.#opened
  }

  /** True while requests may go through. */
  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** A probe begins. */
  probe(): void {
    if (this.#state === 'open') this.#state = 'half-open'
  }

  /** Something has worked: a request, or the probe. */
  succeed(): void {
    this.#state = 'closed'
    this.#failures = 0
  }

  /** There is hope: requests may go through, and the next failure opens it again. */
  relent(): void {
    if (this.#state !== 'closed') this.#failures = this.#failuresMax - 1
    this.#state = 'closed'
  }

  /**
   * Something has failed.
   * @param isTotal nothing works: it opens at once
   */
  fail(isTotal = false): void {
    this.#failures = isTotal ? Math.max(this.#failures + 1, this.#failuresMax) : this.#failures + 1
    if (this.#state === 'half-open') this.#state = 'open'
    if (this.#state !== 'closed' || this.#failures < this.#failuresMax) return
    this.#state = 'open'
    this.#opened++
  }
}
