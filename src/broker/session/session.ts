import { LazyMap, LazySet } from '#kernel/lazy-map.ts'
import type { Timer } from '#kernel/timer-wheel.ts'
import type { Will } from '#codec/mqtt/connect.ts'
import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { WireInfo } from '../ports.ts'
import { DEFAULT_ZONE } from '../limits.ts'
import type { GroupMember, Subscriber, Subscription } from '../router/routes.ts'
import type { Zone } from '../zones.ts'
import type { SessionContext } from './context.ts'
import type { Outgoing } from './outgoing.ts'
import type { Outlet } from './outlet.ts'
import type { Traffic } from './traffic.ts'
import type { PendingAck } from './pending-ack.ts'
import { SessionQueue } from './session-queue.ts'

/** One subscription as its session holds it. */
export interface HeldSubscription {
  /** Filter as the client wrote it (after rewriting), `$share/…` and `$exclusive/` included. */
  readonly filter: string
  /** Distinguishes its record from those of the session's other subscriptions. */
  readonly number: number
  readonly subscription: Subscription
  /** Group name and member entry of a shared subscription. */
  readonly shared: { readonly group: string; readonly member: GroupMember } | undefined
  /** Topic held exclusively; undefined for others. */
  readonly exclusiveTopic: string | undefined
}

/** A will as its session keeps it after CONNECT. */
export interface HeldWill {
  readonly will: Will
  readonly username: string | undefined
  /** Mountpoint of the listener it came through, already filled in. */
  readonly mountpoint: string
  readonly delayMs: number
}

/** The network connection a session had last, for whoever asks about the client. */
export interface LastConnection {
  readonly wire: { readonly info: WireInfo }
  readonly version: ProtocolVersion
  readonly cleanStart: boolean
  readonly bridge: boolean
  readonly mountpoint: string
  readonly keepAliveMs: number
  readonly connectedAtMs: number
  readonly inflightMax: number
  readonly traffic: Traffic
}

/** Where a session stands while it moves to another shard; see shard/takeover.ts. */
export interface SessionMove {
  readonly role: 'source' | 'target'
  /** The other shard. */
  readonly peer: number
  /** Shards whose publishes now go to the target directly. */
  readonly marked: Set<number>
  /** Target: the source has forwarded everything. */
  forwarded: boolean
  /**
   * Target: what came directly while older messages are still being forwarded. It is taken in
   * behind them and stored only then, so that a crash cannot leave it in front of them.
   */
  readonly early: Outgoing[]
  /** Acknowledgements that wait for that. */
  readonly waiters: PendingAck[]
}

/** For all sessions for which nothing waits. */
const NO_FEEDS: (() => void)[] = []

let nextOrdinal = 1

/**
 * The state that outlives a network connection (MQTT 5 §4.1) [MQTT-4.1.0-1]: subscriptions,
 * messages on their way in and out, the will. Lives in one shard at a time. Plain fields: hot.
 */
export class Session implements Subscriber {
  readonly clientId: string
  /** Prefix of all its keys in the store; empty for a transient session. */
  storeKey: string
  connection: Outlet | undefined
  username: string | undefined
  /** Whose settings hold for it: that of its connection, or the last one it had. */
  zone: Zone
  /** How long it outlives its connection, in ms; 0 = transient, Infinity = for ever. */
  expiryMs: number
  readonly createdAtMs: number
  /** Grows with every session of this thread: the order of lists. */
  readonly ordinal: number
  /** Undefined while it has one, and after a restart. */
  lastConnection: LastConnection | undefined
  /** 0 while connected. */
  disconnectedAtMs: number
  readonly subscriptions: Map<string, HeldSubscription>
  /** Sent or held messages by packet identifier, in the order they were sent. */
  readonly inflight: LazyMap<number, Outgoing>
  /** Messages of the window to be sent again on this connection as its window allows. */
  resend: Outgoing[]
  /** Messages of the window that wait for a commit before they are sent. */
  held: number
  queue: SessionQueue
  /** Deliveries of retained messages that go on when its queue is shorter, or it is offline. */
  waitingFeeds: (() => void)[]
  /** QoS 2 packet identifiers received and not yet released, with the time of arrival in ms. */
  readonly awaitingRel: LazyMap<number, number>
  /** Those of them whose message was stored by several shards: sessions have notes of it. */
  readonly origins: LazySet<number>
  /** Those of them that an earlier run received and may not have brought everywhere. */
  readonly unfinished: LazySet<number>
  nextPacketId: number
  nextSubscriptionNumber: number
  will: HeldWill | undefined
  /** A will that was published and that siblings have not stored yet. */
  leavingWill: HeldWill | undefined
  /** Fires when its expiry is over; undefined while it needs none. */
  expiryTimer: Timer | undefined
  /** Not yet loaded from the store: its queue is not counted. */
  unloaded: boolean
  /** Set while it moves from or to another shard. */
  move: SessionMove | undefined
  /** It is to end as soon as its move to this shard is complete. */
  endWhenMoved: boolean
  /** Ended: whoever still holds it must not deliver to it. */
  ended: boolean

  constructor(context: SessionContext, clientId: string, storeKey: string, createdAtMs: number) {
    this.clientId = clientId
    this.storeKey = storeKey
    this.connection = undefined
    this.username = undefined
    this.zone = context.zones.of(DEFAULT_ZONE)
    this.expiryMs = 0
    this.createdAtMs = createdAtMs
    this.ordinal = nextOrdinal++
    this.lastConnection = undefined
    this.disconnectedAtMs = 0
    this.subscriptions = new Map()
    this.inflight = new LazyMap()
    this.resend = []
    this.held = 0
    this.queue = new SessionQueue(context, storeKey, this)
    this.waitingFeeds = NO_FEEDS
    this.awaitingRel = new LazyMap()
    this.origins = new LazySet()
    this.unfinished = new LazySet()
    this.nextPacketId = 1
    this.nextSubscriptionNumber = 0
    this.will = undefined
    this.leavingWill = undefined
    this.expiryTimer = undefined
    this.unloaded = false
    this.move = undefined
    this.endWhenMoved = false
    this.ended = false
  }

  /** True when it outlives its connection and is kept in the store. */
  get persistent(): boolean {
    return this.storeKey !== ''
  }

  /** A delivery of retained messages waits until its queue is shorter, or it is offline. */
  holdFeed(resume: () => void): void {
    if (this.waitingFeeds.length === 0) this.waitingFeeds = [resume]
    else this.waitingFeeds.push(resume)
  }

  /** What was held goes on. */
  resumeFeeds(): void {
    const feeds = this.waitingFeeds
    this.waitingFeeds = NO_FEEDS
    for (const resume of feeds) resume()
  }

  /**
   * A packet identifier not in use, ascending [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1]. The
   * caller has checked that the
   * in-flight window, which is smaller than the number of identifiers, has room.
   */
  takePacketId(): number {
    let id = this.nextPacketId
    while (this.inflight.has(id)) id = id === 65_535 ? 1 : id + 1
    this.nextPacketId = id === 65_535 ? 1 : id + 1
    return id
  }
}
