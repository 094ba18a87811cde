interface Line {
  untilMs: number
  suppressed: number
}

/**
 * Lets one log line of each event through in a time, and counts the others: what clients can cause
 * as often as they like must not fill the log. Events are names in the source: there are few.
 */
export class LogThrottle {
  readonly #windowMs: number
  readonly #lines = new Map<string, Line>()

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  /** How many lines were left out since the last one that passed; undefined: leave it out. */
  pass(event: string, nowMs: number): number | undefined {
    const line = this.#lines.get(event)
    if (line !== undefined && nowMs < line.untilMs) {
      line.suppressed++
      return undefined
    }
    this.#lines.set(event, { untilMs: nowMs + this.#windowMs, suppressed: 0 })
    return line?.suppressed ?? 0
  }
}
