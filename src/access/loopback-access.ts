import {
  Access,
  type AccessControl,
  type AuthenticateResult,
  type ConnectRequest,
} from '#broker/ports.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { isLoopbackAddress } from '#net/ip-address.ts'

/** Who may connect while no authenticator exists. */
export interface LoopbackAccessSettings {
  /** `allow_anonymous`: everybody. */
  readonly allowAnonymous: boolean
  /** Ids of listeners whose `enable_authn` is false: their clients are not asked who they are. */
  readonly openListeners: readonly string[]
  /** Ids of listeners that refuse clients without a user name (`quick_deny_anonymous`). */
  readonly namedOnlyListeners: readonly string[]
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

/**
 * Access control of a node without authenticators: clients on this host are accepted, others only
 * if the owner says so. Whoever is in may do everything.
 */
export class LoopbackAccess implements AccessControl {
  readonly #allowAnonymous: boolean
  readonly #openListeners: ReadonlySet<string>
  readonly #namedOnlyListeners: ReadonlySet<string>

  constructor(settings: LoopbackAccessSettings) {
    this.#allowAnonymous = settings.allowAnonymous
    this.#openListeners = new Set(settings.openListeners)
    this.#namedOnlyListeners = new Set(settings.namedOnlyListeners)
  }

  authenticate(request: ConnectRequest, done: (result: AuthenticateResult) => void): void {
    done(this.#decide(request))
  }

  authorizePublish(): Access {
    return Access.ALLOW
  }

  authorizeSubscribe(): Access {
    return Access.ALLOW
  }

  #decide({ username, wire }: ConnectRequest): AuthenticateResult {
    if (username === undefined && this.#namedOnlyListeners.has(wire.listener)) return NAMELESS
    if (this.#allowAnonymous || this.#openListeners.has(wire.listener)) return ACCEPTED
    return isLoopbackAddress(wire.peerHost) ? ACCEPTED : REFUSED
  }
}
