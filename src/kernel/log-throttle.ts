/**
 * Lets one log line of a kind through in a time, and counts the others: what clients can cause as
 * often as they like must not fill the log.
 */
export class LogThrottle {
  readonly #windowMs: number
  #untilMs = Number.NEGATIVE_INFINITY
  #suppressed = 0

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** How many lines were left out since the last one that passed; undefined: leave it out. */
  pass(nowMs: number): number | undefined {
    if (nowMs < this.#untilMs) {
      this.#suppressed++
      return undefined
    }
    const suppressed = this.#suppressed
    this.#suppressed = 0
    this.#untilMs = nowMs + this.#windowMs
    return suppressed
  }
}
