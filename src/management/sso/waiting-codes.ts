import { createHash, randomBytes } from 'node:crypto'

const CODE_BYTES = 32
/** Codes that wait; the oldest ends when there is one more. */
const CODES_MAX = 10_000
/** Of one owner: there is no room for more, so that nobody takes that of others. */
const OWNED_MAX = 20

interface Waiting<Value> {
  readonly value: Value
  readonly expiresAtMs: number
  readonly owner: string
}

/** Values under codes that nobody can guess, each to be taken once and within its time. */
export class WaitingCodes<Value> {
  readonly #nowMs: () => number
  /** By hash of the code, in the order of their making. */
  readonly #waiting = new Map<string, Waiting<Value>>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Whether one more of this owner has room. */
  hasRoomFor(owner: string): boolean {
    const nowMs = this.#nowMs()
    let owned = 0
    for (const [hash, waiting] of this.#waiting) {
      if (waiting.expiresAtMs <= nowMs) this.#waiting.delete(hash)
      else if (waiting.owner === owner) owned++
    }
    return owned < OWNED_MAX
  }

  /** Keeps a value for its owner; the code is random unless one is given. */
  put(owner: string, value: Value, lifetimeMs: number, code = makeCode()): string {
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size >= CODES_MAX && oldest !== undefined) this.#waiting.delete(oldest)
    const expiresAtMs = this.#nowMs() + lifetimeMs
    this.#waiting.set(hashOf(code), { value, expiresAtMs, owner })
    return code
  }

  /** Takes a value out; undefined when the code is not known, or its time is over. */
  take(code: string): Value | undefined {
    const hash = hashOf(code)
    const found = this.#waiting.get(hash)
    this.#waiting.delete(hash)
    return found === undefined || found.expiresAtMs <= this.#nowMs() ? undefined : found.value
  }
}

/** 256 random bits as text that stands in URLs and cookies. */
export function makeCode(): string {
  return randomBytes(CODE_BYTES).toString('base64url')
}

/** Looked up by hash, so that the time it takes tells nothing. */
export function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('base64')
}
