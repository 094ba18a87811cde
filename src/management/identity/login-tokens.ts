import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32
/** Logins kept; the oldest ends when there is one more. */
const LOGINS_MAX = 10_000

interface Login {
  readonly username: string
  expiresAtMs: number
  /** It ends then at the latest, however much it is used. */
  readonly lastsUntilMs: number
}

/**
 * Logins by their tokens. A token is random and known to its owner only: kept is its hash. It
 * ends when it was not used for so long, at the end of its lifetime if it has one, and with the
 * process.
 */
export class LoginTokens {
  readonly #idleMsMax: number
  readonly #nowMs: () => number
  /** By hash of the token, in the order of their making. */
  readonly #logins = new Map<string, Login>()

  constructor(idleMsMax: number, nowMs: () => number) {
    this.#idleMsMax = idleMsMax
    this.#nowMs = nowMs
  }

  /**
   * A token for a user who has just shown the password.
   * @param lifetimeMs after which it ends also when it is used all the time
   */
  begin(username: string, lifetimeMs = Number.POSITIVE_INFINITY): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const [oldest] = this.#logins.keys()
    if (this.#logins.size >= LOGINS_MAX && oldest !== undefined) this.#logins.delete(oldest)
    const nowMs = this.#nowMs()
    const lastsUntilMs = nowMs + lifetimeMs
    const expiresAtMs = Math.min(nowMs + this.#idleMsMax, lastsUntilMs)
    this.#logins.set(hashOf(token), { username, expiresAtMs, lastsUntilMs })
    return token
  }

  /**
   * Whose token it is. Looked up by hash, so time tells nothing.
   * @param isUse puts its end off
   */
  find(
    token: string,
    isUse: boolean,
  ): { readonly username: string; readonly isExpired: boolean } | undefined {
    const login = this.#logins.get(hashOf(token))
    if (login === undefined) return undefined
    const nowMs = this.#nowMs()
    const isExpired = login.expiresAtMs <= nowMs
    if (isUse && !isExpired) {
      login.expiresAtMs = Math.min(nowMs + this.#idleMsMax, login.lastsUntilMs)
    }
    return { username: login.username, isExpired }
  }

  end(token: string): void {
    this.#logins.delete(hashOf(token))
  }

  /** Ends all logins of a user but one. */
  endAllOf(username: string, exceptToken?: string): void {
    const kept = exceptToken === undefined ? undefined : hashOf(exceptToken)
    for (const [hash, login] of this.#logins) {
      if (login.username === username && hash !== kept) this.#logins.delete(hash)
    }
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
