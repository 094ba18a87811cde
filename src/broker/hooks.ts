import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import type { UserProperty } from '#codec/mqtt/properties.ts'
import type { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { Message } from './message.ts'
import type { Identity, WireInfo } from './ports.ts'
import type { QoS } from './qos.ts'
import type { MessageTap } from './router/routes.ts'

/** Whom a message is for; a session without connection has no wire. */
export interface Receiver {
  readonly clientId: string
  readonly username: string | undefined
  readonly wire?: WireInfo
}

/** A client's network connection as events show it. */
export interface HookedConnection {
  readonly clientId: string
  /** Undefined until access has let it in. */
  readonly identity: Identity | undefined
  readonly wire: { readonly info: WireInfo }
  /** Of the protocol. */
  readonly version: number
  readonly mountpoint: string
  readonly bridge: boolean
  readonly cleanStart: boolean
  readonly inflightMax: number
  readonly keepAliveMs: number
  /** Session expiry in ms; Infinity = for ever. */
  readonly expiryMs: number
  readonly connectedAtMs: number
  /** When bytes came last, by the clock of the thread. */
  readonly lastReceivedMs: number
}

/** Options of a subscription as events show them. */
export interface HookedSubscription {
  /** As the client wrote it, `$share/…` included. */
  readonly filter: string
  readonly qos: QoS
  readonly subscriptionId: number
  readonly userProperties: readonly UserProperty[]
}

/** Why a message was not delivered to one of its receivers. */
export type DeliveryDropReason = 'queue_full' | 'no_local' | 'expired' | 'qos0_msg' | 'too_large'

/** What becomes of a message: it goes on, as it is or as another one, or it does not. */
export type PublishVerdict = Message | 'drop' | 'disconnect'

type Decide = (message: Message, publisher: HookedConnection | undefined) => PublishVerdict

/** Who decides about messages, in this order. */
const DECIDERS = ['pipeline', 'tracing'] as const

/**
 * What happens in a shard, for those who watch. A hook is undefined while nobody watches, so that
 * it then costs one comparison. Hooks see and change nothing; they must not throw, and must not
 * publish before `tickEnds`, but for `published`. Messages are borrowed: `own()` before keeping.
 * Plain fields: hot.
 */
export class Hooks {
  /**
   * A message is about to enter the broker: decides about it, and may give another one in its
   * place, which is not borrowed then. The one hook that changes something; see `decide`.
   */
  publishing: Decide | undefined
  /** A message entered the broker here, was routed, and has taps. May publish further messages. */
  published:
    | ((
        message: Message,
        taps: readonly MessageTap[],
        publisher: HookedConnection | undefined,
      ) => void)
    | undefined
  /** A message entered the broker here and was routed to so many receivers. */
  routed:
    | ((message: Message, receivers: number, publisher: HookedConnection | undefined) => void)
    | undefined
  /** Written to a client for the first time. */
  delivered: ((receiver: Receiver, message: Message, qos: QoS, retain: boolean) => void) | undefined
  /** The client has acknowledged a QoS 1 or 2 message. */
  acked: ((receiver: Receiver, message: Message, qos: QoS) => void) | undefined
  /** Nobody got it. */
  dropped: ((message: Message, publisher: HookedConnection | undefined) => void) | undefined
  deliveryDropped:
    | ((receiver: Receiver, message: Message, reason: DeliveryDropReason) => void)
    | undefined
  connected: ((connection: HookedConnection, packet: ConnectPacket) => void) | undefined
  /** `reason` is the snake_case code of the close. */
  disconnected: ((connection: HookedConnection, reason: string) => void) | undefined
  /** CONNACK is sent, or would be; the packet is undefined when it could not be read. */
  connack:
    | ((
        connection: HookedConnection,
        packet: ConnectPacket | undefined,
        reason: ReasonCode,
      ) => void)
    | undefined
  authenticated:
    | ((
        connection: HookedConnection,
        username: string | undefined,
        reason: ReasonCode,
        isSuperuser: boolean,
      ) => void)
    | undefined
  authorized:
    | ((
        who: Identity,
        action: 'publish' | 'subscribe',
        topic: string,
        isAllowed: boolean,
        decidedBy: string | undefined,
      ) => void)
    | undefined
  subscribed: ((connection: HookedConnection, subscription: HookedSubscription) => void) | undefined
  unsubscribed:
    | ((
        connection: HookedConnection,
        filter: string,
        userProperties: readonly UserProperty[],
      ) => void)
    | undefined
  /** A sibling's part above the core tells something by `links.broadcast`. */
  told: ((what: unknown) => void) | undefined
  /** Before everything of this tick is sent and committed. */
  tickEnds: (() => void) | undefined
  /** Who watches what, where several may. */
  readonly #watchers = new Map<string, SharedHooks>()
  readonly #deciders = new Map<(typeof DECIDERS)[number], Decide>()

  constructor() {
    this.publishing = undefined
    this.published = undefined
    this.routed = undefined
    this.delivered = undefined
    this.acked = undefined
    this.dropped = undefined
    this.deliveryDropped = undefined
    this.connected = undefined
    this.disconnected = undefined
    this.connack = undefined
    this.authenticated = undefined
    this.authorized = undefined
    this.subscribed = undefined
    this.unsubscribed = undefined
    this.told = undefined
    this.tickEnds = undefined
  }

  /** Has one of several decide about messages, after those before it; undefined: no more. */
  decide(who: (typeof DECIDERS)[number], decide: Decide | undefined): void {
    if (decide === undefined) this.#deciders.delete(who)
    else this.#deciders.set(who, decide)
    const [first, second] = DECIDERS.flatMap((name) => this.#deciders.get(name) ?? [])
    if (first === undefined || second === undefined) {
      this.publishing = first
      return
    }
    this.publishing = (message, publisher) => {
      const verdict = first(message, publisher)
      return typeof verdict === 'string' ? verdict : second(verdict, publisher)
    }
  }

  /** Has one of several watchers watch exactly these hooks; without any it watches no more. */
  watch(watcher: string, hooks: SharedHooks): void {
    if (Object.values(hooks).some((hook) => hook !== undefined)) this.#watchers.set(watcher, hooks)
    else this.#watchers.delete(watcher)
    const all = [...this.#watchers.values()]
    const shared: Record<string, Hook | undefined> = {}
    for (const name of SHARED_HOOKS) {
      // Whatever its arguments, a hook is called with those of its name.
      const calls = all.flatMap((one) => (one[name] as Hook | undefined) ?? [])
      shared[name] = calls.length > 1 ? inTurn(calls) : calls[0]
    }
    Object.assign(this, shared)
  }
}

type Hook = (...args: readonly unknown[]) => void

/** Hooks that several may watch. */
const SHARED_HOOKS = [
  'routed',
  'delivered',
  'acked',
  'dropped',
  'deliveryDropped',
  'connected',
  'disconnected',
  'connack',
  'authenticated',
  'authorized',
  'subscribed',
  'unsubscribed',
] as const
type SharedHook = (typeof SHARED_HOOKS)[number]
export type SharedHooks = { readonly [Name in SharedHook]?: Hooks[Name] }

function inTurn(calls: readonly Hook[]): Hook {
  return (...args) => {
    for (const call of calls) call(...args)
  }
}
