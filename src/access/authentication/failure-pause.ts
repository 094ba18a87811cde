import type { AuthenticateResult, ConnectRequest, Refused } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'

/** How long whoever fails again and again has to wait. */
export interface FailurePauseSettings {
  /** Failures of one user from one address before the first pause. */
  readonly freeAttempts: number
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

interface Failures {
  count: number
  lastMs: number
  untilMs: number
}

/** Pairs of address and user that are remembered; the oldest is forgotten first. */
const PAIRS_MAX = 20_000

const PAUSED: Refused = Object.freeze({
  allowed: false,
  reason: ReasonCode.BAD_USER_NAME_OR_PASSWORD,
  reasonString: 'The user name or the password is wrong.',
})

/**
 * Keeps clients that fail again and again away from authenticators for a while. A user is known by
 * name and address, so that nobody can lock a user out from another address, nor lock out others
 * behind the same one.
 */
export class FailurePause {
  readonly #settings: FailurePauseSettings
  readonly #monotonicMs: () => number
  /** The one that failed last stands last. */
  readonly #pairs = new Map<string, Failures>()
  /** Attempts that were refused without being checked. */
  refused = 0

  constructor(settings: FailurePauseSettings, monotonicMs: () => number) {
    this.#settings = settings
    this.#monotonicMs = monotonicMs
  }

  /** Pairs that are remembered. */
  get size(): number {
    return this.#pairs.size
  }

  /** The refusal of a client that has to wait; it is that of a wrong password. */
  refusal(request: ConnectRequest): Refused | undefined {
    if (this.#pairs.size === 0) return undefined
    const failures = this.#pairs.get(keyOf(request))
    if (failures === undefined || this.#monotonicMs() >= failures.untilMs) return undefined
    this.refused++
    return PAUSED
  }

  /** Learns how an attempt that was checked came out. */
  note(request: ConnectRequest, result: AuthenticateResult): void {
    if (result.allowed === true) this.#pairs.delete(keyOf(request))
    else if (result.allowed === false && isFailure(result)) this.#failed(keyOf(request))
  }

  #failed(key: string): void {
    const { freeAttempts, firstPauseMs, longestPauseMs } = this.#settings
    const nowMs = this.#monotonicMs()
    const before = this.#pairs.get(key)
    const isFresh = before !== undefined && nowMs - before.lastMs <= longestPauseMs
    const count = isFresh ? before.count + 1 : 1
    const doublings = count - freeAttempts
    const pauseMs = doublings < 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** doublings)
    this.#pairs.delete(key)
    this.#pairs.set(key, { count, lastMs: nowMs, untilMs: nowMs + pauseMs })
    if (this.#pairs.size <= PAIRS_MAX) return
    for (const oldest of this.#pairs.keys()) {
      this.#pairs.delete(oldest)
      break
    }
  }
}

/** A busy or unavailable server is no failure of the client. */
function isFailure({ reason }: Refused): boolean {
  return reason === ReasonCode.BAD_USER_NAME_OR_PASSWORD || reason === ReasonCode.NOT_AUTHORIZED
}

function keyOf({ wire, username, clientId }: ConnectRequest): string {
  return `${wire.peerHost} ${username ?? `\0${clientId}`}`
}
