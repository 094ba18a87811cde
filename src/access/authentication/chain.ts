import type { AuthenticateResult, ConnectRequest, Continued, Log } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { Authenticator, AuthenticatorResult } from '#plugin/define-authenticator.ts'
import { UNAVAILABLE } from '#plugin/define-authenticator.ts'

/** An authenticator in its place. */
export interface ChainLink {
  /** `mechanism:backend`. */
  readonly id: string
  readonly authenticator: Authenticator
  /** Methods of enhanced authentication it takes; empty: it takes clients without a method. */
  readonly methods: readonly string[]
  readonly meter: LinkMeter
}

/** Numbers of one authenticator; see metrics.ts. */
export interface LinkMeter {
  /** One client was asked about; it took so long. */
  count(result: AuthenticatorResult['allowed'], durationMs: number): void
}

export interface ChainOptions {
  readonly log: Log
  readonly monotonicMs: () => number
  /** Longest time that one step may take. */
  readonly timeoutMs: number
  /** Clients that may wait for a decision at a time. */
  readonly waitingMax: number
}

/** Failures of one authenticator are logged once in this time. */
const LOG_WINDOW_MS = 10_000

type Done = (result: AuthenticateResult) => void

const NOBODY_KNOWS: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.NOT_AUTHORIZED,
  reasonString: 'No authenticator accepts this client.',
})
const NOBODY_ANSWERS: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.SERVER_UNAVAILABLE,
  reasonString: 'The client cannot be authenticated at the moment.',
})
const METHOD_UNKNOWN: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.BAD_AUTHENTICATION_METHOD,
  reasonString: 'The authentication method is not known.',
})
const TOO_MANY: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.SERVER_BUSY,
  reasonString: 'Too many clients are being authenticated.',
})

/**
 * Authenticators that are asked one after the other until one decides. Nobody's decision is a
 * refusal. Decides at once as far as its authenticators do.
 */
export class AuthenticatorChain {
  readonly links: readonly ChainLink[]
  readonly #options: ChainOptions
  /** When a failure of an authenticator was last told, by its id. */
  readonly #loggedAtMs = new Map<string, number>()
  readonly #whenIdle: (() => void)[] = []
  #waiting = 0

  constructor(links: readonly ChainLink[], options: ChainOptions) {
    this.links = links
    this.#options = options
  }

  /** Clients that wait for a decision. */
  get waiting(): number {
    return this.#waiting
  }

  /** Calls `done` exactly once, perhaps before it returns. */
  authenticate(request: ConnectRequest, done: Done): void {
    const { method } = request
    const links = this.links.filter(({ methods }) => {
      return method === undefined ? methods.length === 0 : methods.includes(method)
    })
    if (method !== undefined && links.length === 0) return done(METHOD_UNKNOWN)
    this.#askFrom(links, 0, request, false, done)
  }

  /** Resolves when nobody waits for a decision. Of a chain that is asked no more. */
  idle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #askFrom(
    links: readonly ChainLink[],
    index: number,
    request: ConnectRequest,
    isUnavailable: boolean,
    done: Done,
  ): void {
    const link = links[index]
    if (link === undefined) return done(isUnavailable ? NOBODY_ANSWERS : NOBODY_KNOWS)
    const ask = (signal: AbortSignal) => link.authenticator.authenticate(request, signal)
    this.#step(link, ask, (result) => {
      if (result.allowed !== 'ignore') return this.#decided(link, result, done)
      this.#askFrom(links, index + 1, request, isUnavailable || result.isUnavailable, done)
    })
  }

  /** Later steps of an exchange have the same limits as the first. */
  #decided(link: ChainLink, result: AuthenticateResult, done: Done): void {
    if (result.allowed !== 'continue') return done(result)
    const { next } = result
    done({
      ...result,
      next: (data, answered) => {
        const ask = (): Promise<AuthenticatorResult> => stepOf(next, data)
        this.#step(link, ask, (step) => {
          if (step.allowed === 'ignore') answered(NOBODY_ANSWERS)
          else this.#decided(link, step, answered)
        })
      },
    })
  }

  #step(
    link: ChainLink,
    ask: (signal: AbortSignal) => AuthenticatorResult | Promise<AuthenticatorResult>,
    then: (result: AuthenticatorResult | typeof TOO_MANY) => void,
  ): void {
    const { monotonicMs, waitingMax } = this.#options
    if (this.#waiting >= waitingMax) return then(TOO_MANY)
    const startMs = monotonicMs()
    const answered = (result: AuthenticatorResult): void => {
      link.meter.count(result.allowed, monotonicMs() - startMs)
      then(result)
    }
    const aborter = new AbortController()
    let result: AuthenticatorResult | Promise<AuthenticatorResult>
    try {
      result = ask(aborter.signal)
    } catch (error) {
      return answered(this.#failed(link, error))
    }
    if (!(result instanceof Promise)) return answered(result)
    this.#waiting++
    void this.#await(link, result, aborter).then((settled) => {
      this.#waiting--
      answered(settled)
      // The answer may have led to the next authenticator.
      if (this.#waiting === 0) for (const tell of this.#whenIdle.splice(0)) tell()
    })
  }

  /** Never rejects. */
  async #await(
    link: ChainLink,
    result: Promise<AuthenticatorResult>,
    aborter: AbortController,
  ): Promise<AuthenticatorResult> {
    const { timeoutMs } = this.#options
    const { promise: tooLate, resolve } = Promise.withResolvers<AuthenticatorResult>()
    const timer = setTimeout(() => {
      aborter.abort()
      resolve(this.#failed(link, new Error(`no answer within ${timeoutMs} ms`)))
    }, timeoutMs)
    try {
      return await Promise.race([result, tooLate])
    } catch (error) {
      return this.#failed(link, error)
    } finally {
      clearTimeout(timer)
    }
  }

  #failed({ id }: ChainLink, error: unknown): AuthenticatorResult {
    const { log, monotonicMs } = this.#options
    const nowMs = monotonicMs()
    if (nowMs - (this.#loggedAtMs.get(id) ?? -Infinity) < LOG_WINDOW_MS) return UNAVAILABLE
    this.#loggedAtMs.set(id, nowMs)
    const reason = error instanceof Error ? error.message : String(error)
    log.warn('authenticator_failed', { authenticator: id, reason })
    return UNAVAILABLE
  }
}

function stepOf(next: Continued['next'], data: Uint8Array): Promise<AuthenticatorResult> {
  return new Promise((resolve) => next(data, resolve))
}
