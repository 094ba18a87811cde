/** Failures of one address that are free. */
const FREE_FAILURES = 5
/** Wait after the first that is not; it doubles with each further one. */
const FIRST_WAIT_MS = 1000
const WAIT_MS_MAX = 600_000
/** Failures are forgotten after so long without another one. */
const FORGET_MS = 900_000
/** Addresses and user names remembered; the oldest is forgotten first. */
const KEYS_MAX = 10_000

interface Failures {
  count: number
  lastMs: number
}

/**
 * Slows down whoever guesses passwords: after some failures an address, or a user name from
 * whatever address, has to wait, twice as long each time.
 */
export class LoginBackoff {
  readonly #nowMs: () => number
  readonly #failures = new Map<string, Failures>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Milliseconds this key still has to wait; 0 = none. */
  waitMs(key: string): number {
    const failures = this.#failures.get(key)
    if (failures === undefined || failures.count < FREE_FAILURES) return 0
    const doubled = FIRST_WAIT_MS * 2 ** Math.min(30, failures.count - FREE_FAILURES)
    return Math.max(0, failures.lastMs + Math.min(WAIT_MS_MAX, doubled) - this.#nowMs())
  }

  failed(key: string): void {
    const nowMs = this.#nowMs()
    const failures = this.#failures.get(key) ?? { count: 0, lastMs: nowMs }
    if (nowMs - failures.lastMs > FORGET_MS) failures.count = 0
    failures.count++
    failures.lastMs = nowMs
    this.#failures.delete(key) // Put last: the map is in the order of the latest failures.
    this.#failures.set(key, failures)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > KEYS_MAX && oldest !== undefined) this.#failures.delete(oldest)
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }
}
