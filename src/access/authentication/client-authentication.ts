import type { AccessControl, AuthenticateResult, ConnectRequest } from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { isLoopbackAddress } from '#net/ip-address.ts'
import type { AuthenticatorChain } from './chain.ts'
import type { FailurePause } from './failure-pause.ts'
import type { ResultCache } from './result-cache.ts'

/** Who is asked who they are, and where. */
export interface ClientAuthenticationSettings {
  /** `allow_anonymous`: everybody, as long as there is no authenticator. */
  readonly allowAnonymous: boolean
  /** Ids of listeners whose `enable_authn` is false: their clients are not asked who they are. */
  readonly openListeners: readonly string[]
  /** Ids of listeners that refuse clients without a user name (`quick_deny_anonymous`). */
  readonly namedOnlyListeners: readonly string[]
}

/** The chains of a shard. One without authenticators is not there. */
export interface Chains {
  readonly global: AuthenticatorChain | undefined
  /** By the id of the listener; takes the place of the global one. */
  readonly listeners: ReadonlyMap<string, AuthenticatorChain>
}

/** What is remembered of attempts; nothing that is left out. */
export interface AttemptMemory {
  readonly pause?: FailurePause
  readonly cache?: ResultCache
}

const ACCEPTED: AuthenticateResult = Object.freeze({ allowed: true, isSuperuser: false })
const REFUSED: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.NOT_AUTHORIZED,
  reasonString:
    'Only clients on the host of the broker are accepted: no authenticator is configured. ' +
    'To accept others without one, set allow_anonymous = true.',
})
const NAMELESS: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.NOT_AUTHORIZED,
  reasonString: 'This listener accepts no clients without a user name (quick_deny_anonymous).',
})
const NO_METHODS: AuthenticateResult = Object.freeze({
  allowed: false,
  reason: ReasonCode.BAD_AUTHENTICATION_METHOD,
  reasonString: 'The authentication method is not known.',
})

/**
 * Decides who may come in: the chain of the listener, else the global one. Without either, clients
 * on this host are accepted, others only if the owner says so.
 */
export class ClientAuthentication implements Pick<AccessControl, 'authenticate'> {
  readonly #allowAnonymous: boolean
  readonly #openListeners: ReadonlySet<string>
  readonly #namedOnlyListeners: ReadonlySet<string>
  readonly #chains: Chains
  readonly #memory: AttemptMemory

  constructor(settings: ClientAuthenticationSettings, chains: Chains, memory: AttemptMemory = {}) {
    this.#allowAnonymous = settings.allowAnonymous
    this.#openListeners = new Set(settings.openListeners)
    this.#namedOnlyListeners = new Set(settings.namedOnlyListeners)
    this.#chains = chains
    this.#memory = memory
  }

  authenticate(request: ConnectRequest, done: (result: AuthenticateResult) => void): void {
    const { username, method, wire } = request
    // A method is asked for by name, and its exchange may bring the user name.
    const isNameless = username === undefined && method === undefined
    if (isNameless && this.#namedOnlyListeners.has(wire.listener)) return done(NAMELESS)
    const isOpen = this.#openListeners.has(wire.listener)
    const chain = isOpen ? undefined : this.#chainOf(wire.listener)
    if (chain !== undefined) return this.#ask(chain, request, done)
    // [MQTT-4.12.0-1]: a method that nobody knows cannot be used.
    if (method !== undefined) return done(NO_METHODS)
    // A pre-shared key has proven who the client is.
    if (isOpen || this.#allowAnonymous || wire.pskIdentity !== undefined) return done(ACCEPTED)
    done(isLoopbackAddress(wire.peerHost) ? ACCEPTED : REFUSED)
  }

  #ask(
    chain: AuthenticatorChain,
    request: ConnectRequest,
    done: (result: AuthenticateResult) => void,
  ): void {
    const { pause, cache } = this.#memory
    const refusal = pause?.refusal(request)
    if (refusal !== undefined) return done(refusal)
    const key = cache?.keyOf(request)
    const known = key === undefined ? undefined : cache?.get(key)
    if (known !== undefined) return done(known)
    chain.authenticate(request, (result) => {
      pause?.note(request, result)
      if (key !== undefined) cache?.put(key, result)
      done(pause === undefined ? result : noting(pause, request, result))
    })
  }

  #chainOf(listener: string): AuthenticatorChain | undefined {
    return this.#chains.listeners.get(listener) ?? this.#chains.global
  }
}

/** Has the outcome of an exchange noted as well. */
function noting(
  pause: FailurePause,
  request: ConnectRequest,
  result: AuthenticateResult,
): AuthenticateResult {
  if (result.allowed !== 'continue') return result
  return {
    ...result,
    next: (data, done) => {
      result.next(data, (step) => {
        pause.note(request, step)
        done(noting(pause, request, step))
      })
    },
  }
}
