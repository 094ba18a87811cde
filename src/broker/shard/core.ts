import { BlockPool, type HeldBytes } from '#kernel/block-pool.ts'
import type { Message } from '../message.ts'
import type {
  AccessControl,
  BytesSource,
  Clock,
  Fabric,
  KvStore,
  Log,
  Random,
  StoreFailure,
} from '../ports.ts'
import type { BrokerSettings } from '../limits.ts'
import { Hooks, type Receiver } from '../hooks.ts'
import { Metric } from '../metrics.ts'
import type { Metrics } from '../metrics.ts'
import { LogThrottle } from '#kernel/log-throttle.ts'
import type { TimerWheel } from '#kernel/timer-wheel.ts'
import type { SlowWatch } from '../operator/slow-watch.ts'
import type { TopicWatch } from '../operator/topic-watch.ts'
import type { Router } from '../router/router.ts'
import type { Subscriber } from '../router/routes.ts'
import type { Connection } from '../session/connection.ts'
import type { Flushable, SessionContext } from '../session/context.ts'
import { Bodies } from '../session/bodies.ts'
import { numberedKey, runKey, runPrefix } from '../session/keys.ts'
import { WriteSlab } from '../session/outbox.ts'
import { OutgoingState } from '../session/outgoing.ts'
import type { Outgoing } from '../session/outgoing.ts'
import { pump, sendOutgoing } from '../session/deliver.ts'
import { AckHold } from '../session/ack-hold.ts'
import type { PendingAck } from '../session/pending-ack.ts'
import type { Session, SessionMove } from '../session/session.ts'
import { Zones } from '../zones.ts'

/** What the host gives a shard. */
export interface ShardPorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly store: KvStore
  readonly access: AccessControl
  readonly fabric: Fabric
  readonly metrics: Metrics
  /** Asks the host to call `endOfTick` once this iteration of the event loop has read all input. */
  requestTick(): void
  /** Number of this run of the process over its data directory; never used twice. */
  readonly run: number
  /** Memory that all shards share for the totals of tables; needed with several shards. */
  readonly sharedTotals?: {
    readonly retained: ArrayBufferLike
    readonly delayed: ArrayBufferLike
  }
}

/** Blocks for packets that come in several reads; together 8 MiB at most. */
const PACKET_BLOCKS = { blockBytes: 32_768, usedMax: 256, spareMax: 256 }

/** What clients can cause as often as they like is logged once in this time. */
const REPEATED_LOG_MS = 1_000

/** A message that waits for a commit before it may be sent. */
interface HeldSend {
  readonly session: Session
  readonly outgoing: Outgoing
}

/**
 * The state of one shard that its parts share, and the end of its tick. Who does what with it is
 * in the other files of this folder; this class only keeps the books of a tick: what must be
 * written, committed and acknowledged at its end. Plain fields: hot.
 */
export class ShardCore implements SessionContext {
  readonly shard: number
  readonly shardCount: number
  settings: BrokerSettings
  readonly zones: Zones
  readonly ports: ShardPorts
  readonly store: KvStore
  readonly log: Log
  readonly metrics: Metrics
  readonly hooks: Hooks
  /** Undefined while no topic is watched: then it costs one comparison. */
  topicWatch: TopicWatch | undefined
  /** Undefined while slow subscribers are not looked for. */
  slowWatch: SlowWatch | undefined
  readonly fabric: Fabric
  readonly access: AccessControl
  readonly router: Router
  readonly timers: TimerWheel
  readonly bodies: Bodies
  readonly slab: WriteSlab
  readonly sessions: Map<string, Session>
  readonly connections: Set<Connection>
  /** Set while the message now being routed has written what its acknowledgement waits for. */
  routeNeedsCommit: boolean
  /** Bit s: the message now being routed went to shard s. */
  routeRemote: number
  /** Sessions, shards and groups that got the message now being routed. */
  routeReceivers: number
  /** The message now being routed waits in front of a session that is moving here. */
  routeEarly: boolean
  /** The message now being routed is of QoS 1 and of a client, who waits for the answer. */
  routeAnswered: boolean
  /** What its answer waits for in parts above the core. */
  routeHold: AckHold | undefined
  /** The body of the message now being routed goes to several sessions. */
  routeShared: boolean
  /** Number of this tick, and of the last one whose writes are known to be durable. */
  tick: number
  durableTick: number
  /** Gives up a body that another shard counts. */
  releaseForeignBody: (key: string) => void
  /** Whose bytes are being received, while they are valid. */
  receivingFrom: BytesSource | undefined
  readonly packetBlocks: BlockPool
  /** Received bytes that are sent at the end of the tick from where they were read. */
  #lent: HeldBytes[]
  #stale: boolean
  #nowMs: number
  #monotonicMs: number
  /** Moves to this shard in front of which messages wait. */
  readonly #earlyMoves: Set<SessionMove>
  #dirty: Flushable[]
  #commitWaiters: PendingAck[]
  #held: HeldSend[]
  /** Those whose commit failed, in their order. */
  #unsent: HeldSend[]
  #later: Array<() => void>
  #pumpLater: Set<Session>
  #nextStoreKey: number
  readonly #keyPrefix: string
  readonly #repeatedLog = new LogThrottle(REPEATED_LOG_MS)

  constructor(ports: ShardPorts, settings: BrokerSettings, router: Router, timers: TimerWheel) {
    this.shard = ports.fabric.shard
    this.shardCount = ports.fabric.shardCount
    this.settings = settings
    this.zones = new Zones(settings)
    this.ports = ports
    this.store = ports.store
    this.log = ports.log
    this.metrics = ports.metrics
    this.hooks = new Hooks()
    this.topicWatch = undefined
    this.slowWatch = undefined
    this.fabric = ports.fabric
    this.access = ports.access
    this.router = router
    this.timers = timers
    this.#keyPrefix = runPrefix(ports.run, this.shard)
    this.bodies = new Bodies(ports.store, this.#keyPrefix)
    this.slab = new WriteSlab()
    this.sessions = new Map()
    this.connections = new Set()
    this.routeNeedsCommit = false
    this.routeRemote = 0
    this.routeReceivers = 0
    this.routeEarly = false
    this.routeAnswered = false
    this.routeHold = undefined
    this.routeShared = false
    this.tick = 1
    this.durableTick = 0
    this.releaseForeignBody = () => {}
    this.receivingFrom = undefined
    this.packetBlocks = new BlockPool(PACKET_BLOCKS)
    this.#lent = []
    this.#stale = true
    this.#nowMs = 0
    this.#monotonicMs = 0
    this.#earlyMoves = new Set()
    this.#dirty = []
    this.#commitWaiters = []
    this.#held = []
    this.#unsent = []
    this.#later = []
    this.#pumpLater = new Set()
    this.#nextStoreKey = 0
  }

  /** Wall clock in ms, read once per tick; the first look asks the host for an end of tick. */
  get nowMs(): number {
    if (this.#stale) this.startTick()
    return this.#nowMs
  }

  /** Monotonic clock in ms, read once per tick: for what must not jump with the wall clock. */
  get monotonicMs(): number {
    if (this.#stale) this.startTick()
    return this.#monotonicMs
  }

  /** Makes sure that this tick will have an end. */
  startTick(): void {
    if (!this.#stale) return
    this.#stale = false
    this.#nowMs = this.ports.clock.nowMs()
    this.#monotonicMs = this.ports.clock.monotonicMs()
    this.ports.requestTick()
  }

  /** Warns of what clients can cause as often as they like: each event once a second. */
  warnRepeated(event: string, fields: Readonly<Record<string, unknown>>): void {
    const suppressed = this.#repeatedLog.pass(event, this.monotonicMs)
    if (suppressed === undefined) return
    this.log.warn(event, { ...fields, ...(suppressed > 0 && { suppressed }) })
  }

  /** A key for a new session's records that was never used and never will be. */
  newStoreKey(): string {
    return numberedKey(this.#keyPrefix, this.#nextStoreKey++)
  }

  /** True when the key of a session or body was made in this run of the process. */
  isOfThisRun(key: string): boolean {
    return key.startsWith(runKey(this.ports.run))
  }

  lend(message: Message): boolean {
    if (message.lent) return true
    const held = this.receivingFrom?.holdReceived(message.payloadLength)
    if (held === undefined) return false
    message.lent = true
    if (this.#lent.at(-1) !== held) this.#lent.push(held)
    return true
  }

  noteDurableWrite(): void {
    this.routeNeedsCommit = true
    this.startTick()
  }

  releaseBody(key: string): void {
    if (this.bodies.owns(key)) this.bodies.release(key)
    else this.releaseForeignBody(key)
  }

  holdUntilCommit(session: Subscriber, outgoing: Outgoing): void {
    // Subscribers of a shard are its sessions.
    this.#held.push({ session: session as Session, outgoing })
    this.startTick()
  }

  pumpLater(session: Subscriber): void {
    this.#pumpLater.add(session as Session) // As above.
    this.startTick()
  }

  markDirty(flushable: Flushable): void {
    this.#dirty.push(flushable)
    if (this.#stale) this.startTick()
  }

  /** A message was not given to its own publisher. */
  countNoLocal(receiver: Receiver, message: Message): void {
    this.hooks.deliveryDropped?.(receiver, message, 'no_local')
    this.metrics.increment(Metric.DELIVERY_DROPPED)
    this.metrics.increment(Metric.DELIVERY_DROPPED_NO_LOCAL)
  }

  /** A message came to a session whose former shard still forwards older ones. */
  noteEarly(move: SessionMove): void {
    this.routeEarly = true
    this.#earlyMoves.add(move)
  }

  /** True while messages wait in front of sessions that are moving here. */
  get hasEarly(): boolean {
    return this.#earlyMoves.size > 0
  }

  /**
   * Work begins that the acknowledgement of the message now being routed is to wait for; undefined
   * when there is none of QoS 1 to come. The caller ends it.
   */
  beginHeld(): AckHold | undefined {
    if (!this.routeAnswered) return undefined
    this.routeHold ??= new AckHold()
    this.routeHold.begin()
    return this.routeHold
  }

  /** What the acknowledgement of the message that was routed has to wait for, if anything. */
  get openHold(): AckHold | undefined {
    return this.routeHold?.isOver === false ? this.routeHold : undefined
  }

  /** Lets an acknowledgement wait until what waits in front of moving sessions is stored. */
  awaitEarly(ack: PendingAck): void {
    for (const move of this.#earlyMoves) {
      ack.waiting++
      move.waiters.push(ack)
    }
  }

  /** What waited in front of a session has been taken in: its commit is what is left. */
  earlyTaken(move: SessionMove): void {
    this.#earlyMoves.delete(move)
    for (const ack of move.waiters.splice(0)) {
      this.awaitCommit(ack)
      settle(ack, undefined)
    }
  }

  /** Adds the next commit to what the acknowledgement waits for. */
  awaitCommit(ack: PendingAck): void {
    ack.waiting++
    this.#commitWaiters.push(ack)
    this.startTick()
  }

  /**
   * Ends the tick: sends what goes to siblings, starts the group commit, writes all output.
   * Messages held for the commit and acknowledgements follow when it is durable.
   */
  endTick(): void {
    this.#stale = true
    this.fabric.flush()
    this.#commit()
    this.flushDirty()
    if (this.#pumpLater.size > 0) this.#pumpWaiting()
  }

  /** Calls back once what was written so far is durable: the store keeps trying until it is. */
  whenCommitted(done: () => void): void {
    this.startTick()
    this.store.barrier((failure) => {
      if (failure === undefined) done()
      else this.atNextAdvance(() => this.whenCommitted(done))
    })
  }

  /** Has something tried again in about 100 ms. */
  atNextAdvance(action: () => void): void {
    this.#later.push(action)
  }

  /** Does what was left for this time. Host time: once per advance. */
  runLater(): void {
    if (this.#later.length > 0) for (const action of this.#later.splice(0)) action()
  }

  /** Writes the output gathered so far. */
  flushDirty(): void {
    const dirty = this.#dirty
    if (dirty.length === 0) return
    this.#dirty = []
    for (const flushable of dirty) flushable.flush()
    if (this.#lent.length > 0) this.#releaseLent()
    this.slab.reset()
  }

  /** What a transport still holds is left to it, as with the slab. */
  #releaseLent(): void {
    const lent = this.#lent
    this.#lent = []
    if (!this.slab.held) for (const held of lent) held.release()
  }

  #commit(): void {
    const waiters = this.#commitWaiters
    const held = this.#held
    if (waiters.length > 0 || held.length > 0) {
      this.#commitWaiters = []
      this.#held = []
      const { tick } = this
      this.store.barrier((failure) => {
        if (failure === undefined) this.durableTick = tick
        this.#committed(waiters, held, failure)
      })
    }
    this.tick++
    this.store.commit()
  }

  #committed(waiters: PendingAck[], held: HeldSend[], failure: StoreFailure | undefined): void {
    this.startTick()
    for (const ack of waiters) settle(ack, failure)
    if (failure === undefined) {
      // What a failed commit left unsent is durable with this one, and goes first.
      this.#sendHeld(this.#unsent.splice(0))
      this.#sendHeld(held)
    } else if (held.length > 0) {
      // The store tries again. The next commit that ends well sends them, whoever waits for it.
      if (this.#unsent.length === 0) this.atNextAdvance(() => this.#awaitUnsent())
      this.#unsent = this.#unsent.concat(held)
    }
  }

  /** Asks for a commit while messages wait for one, should nobody else do so. */
  #awaitUnsent(): void {
    if (this.#unsent.length === 0) return
    this.startTick()
    this.store.barrier((failure) => {
      if (failure === undefined) this.#sendHeld(this.#unsent.splice(0))
      else this.atNextAdvance(() => this.#awaitUnsent())
    })
  }

  #sendHeld(held: readonly HeldSend[]): void {
    for (const { session, outgoing } of held) {
      session.held--
      const outlet = session.connection
      const current = session.inflight.get(outgoing.packetId) === outgoing
      if (!current || outgoing.state !== OutgoingState.HELD) continue
      outgoing.state = OutgoingState.SENT
      if (outlet === undefined) continue
      sendOutgoing(this, session, outlet, outgoing)
      // One that cannot be sent leaves the window: another one may go.
      if (session.inflight.get(outgoing.packetId) !== outgoing) this.pumpLater(session)
    }
  }

  #pumpWaiting(): void {
    const waiting = this.#pumpLater
    this.#pumpLater = new Set()
    for (const session of waiting) pump(this, session)
  }
}

/** One thing an acknowledgement waited for has happened, or failed. */
export function settle(ack: PendingAck, failure: StoreFailure | undefined): void {
  if (failure !== undefined) ack.failure = failure
  ack.waiting--
  if (ack.waiting === 0) ack.target.drainAcks()
}
