import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { TimerWheel } from '#kernel/timer-wheel.ts'
import type { BrokerSettings, ListenerSettings } from '../limits.ts'
import type { ControlMessage, Identity, Wire } from '../ports.ts'
import { ShardOperator } from '../operator/shard-operator.ts'
import { RetainedSweep } from '../retained/retained-sweep.ts'
import { Router } from '../router/router.ts'
import { Connection } from '../session/connection.ts'
import { endSession } from '../session/lifecycle.ts'
import type { CloseCause } from '../session/outlet.ts'
import { PacketHandler } from '../session/packet-handler.ts'
import { RateGuard } from '../session/rate-guard.ts'
import { isOver } from '../session/session-record.ts'
import type { StoredSession } from '../session/session-record.ts'
import type { Session } from '../session/session.ts'
import type { SysMessage } from '../sys/sys-topics.ts'
import { AutoSubscriber } from '../topics/auto-subscribe.ts'
import { TopicRewriter } from '../topics/rewrite.ts'
import { deepestTopic } from '../zones.ts'
import { assembleBroker } from './assemble.ts'
import { BodySweep } from './body-sweep.ts'
import type { Broker } from './broker.ts'
import { ShardCore } from './core.ts'
import type { ShardPorts } from './core.ts'
import { DelayedSender } from './delayed-sender.ts'
import { deriveGauges } from './derived-gauges.ts'
import { Inbox } from './inbox.ts'
import { removeLeftover } from './leftovers.ts'
import { MemoryGuard } from './memory-guard.ts'
import { Retry } from './retry.ts'
import { loadSessions } from './session-loader.ts'

/** Topics whose routes are remembered. */
const TOPIC_CACHE_ENTRIES_MAX = 131_072
/** Cached topics looked at per `advance` for being out of date. */
const TOPIC_SWEEP_PLACES = 512
/** Timers fired per `advance`; the rest follows in the next one. */
const TIMER_FIRES_MAX = 20_000

/**
 * One shard of the broker: owns connections and sessions, knows its siblings only through the
 * fabric. The host feeds it with connections, bytes, siblings' batches and time; everything it
 * decides comes out through its ports. One shard is a whole broker.
 */
export class Shard {
  readonly broker: Broker
  readonly operator: ShardOperator
  readonly #core: ShardCore
  readonly #handler: PacketHandler
  readonly #inbox: Inbox
  readonly #delayedSender: DelayedSender
  readonly #retainedSweep: RetainedSweep
  readonly #bodySweep: BodySweep
  readonly #memoryGuard: MemoryGuard
  readonly #retry: Retry
  /** Monotonic ms at which the feed of retained messages wants to run; Infinity = not. */
  #feedAtMs: number
  #sweepAtMs: number
  /** Shards, this one included, whose interest is not known yet: nothing is sent before. */
  #unstarted: number
  /** Restored sessions that expired meanwhile or have a will to send. */
  #bereaved: Session[]
  /** Older sessions of client ids that have a newer one. */
  #leftovers: StoredSession[]
  #started: () => void

  constructor(ports: ShardPorts, settings: BrokerSettings) {
    const router = new Router(ports.fabric.shard, {
      topicLevelsMax: deepestTopic(settings),
      topicCacheEntriesMax: TOPIC_CACHE_ENTRIES_MAX,
    })
    const core = new ShardCore(ports, settings, router, new TimerWheel(ports.clock.monotonicMs()))
    this.#core = core
    this.#feedAtMs = Number.POSITIVE_INFINITY
    this.#sweepAtMs = 0
    this.#unstarted = ports.fabric.shardCount
    this.#bereaved = []
    this.#leftovers = []
    this.#started = () => {}
    this.broker = assembleBroker(core, () => {
      this.#feedAtMs = 0
      core.startTick()
    })
    this.operator = new ShardOperator(this.broker)
    this.#handler = new PacketHandler(this.broker)
    this.#inbox = new Inbox(this.broker, () => this.#oneStarted())
    this.#delayedSender = new DelayedSender(this.broker)
    this.#bodySweep = new BodySweep(core)
    this.#memoryGuard = new MemoryGuard(core)
    this.#retry = new Retry(this.broker)
    this.#retainedSweep = new RetainedSweep({
      store: core.store,
      clock: ports.clock,
      totals: this.broker.totals.retained,
      retained: this.broker.retained,
      settings: () => core.settings.retainer,
    })
  }

  /**
   * Loads what the store has for this shard: sessions with their subscriptions (not their queues)
   * and delayed messages. `done` is called once this shard and its siblings know each other's
   * interest; the host opens listeners when all shards are done.
   */
  start(done: () => void): void {
    const { retained, delayed, links } = this.broker
    retained.load()
    delayed.load()
    const { bereaved, leftovers } = loadSessions(this.broker)
    this.#bereaved = bereaved
    this.#leftovers = leftovers
    this.#started = done
    links.broadcast({ kind: 'started' })
    this.#oneStarted()
  }

  /** A new network connection. */
  accept(wire: Wire, listener: ListenerSettings): Connection {
    const core = this.#core
    const connection = new Connection(core, this.#handler, wire, listener)
    core.connections.add(connection)
    const { rates } = listener
    if (rates !== undefined) {
      connection.rate = new RateGuard(connection, core.timers, rates, core.monotonicMs)
    }
    connection.lastReceivedMs = core.monotonicMs
    const dueMs = core.monotonicMs + connection.zone.mqtt.idleTimeoutMs
    core.timers.scheduleAt(connection.timer, dueMs)
    return connection
  }

  /** A batch of a sibling, in the order it was sent. */
  receiveBatch(fromShard: number, items: readonly (Buffer | ControlMessage)[]): void {
    this.#inbox.receive(fromShard, items)
  }

  /** Ends the tick: batches to siblings, group commit, gathered writes. */
  endOfTick(): void {
    if (this.#feedAtMs === 0) this.#runFeed()
    this.#core.hooks.tickEnds?.()
    this.broker.links.endTick()
    this.#core.endTick()
  }

  /** Lets time pass. The host calls it every 100 ms. */
  advance(): void {
    if (this.#unstarted > 0) return
    const core = this.#core
    const monotonicMs = core.ports.clock.monotonicMs()
    core.startTick()
    core.timers.advance(monotonicMs, TIMER_FIRES_MAX)
    this.#delayedSender.run()
    this.broker.links.release()
    this.broker.links.probe()
    core.runLater()
    this.#retry.run()
    this.#bodySweep.run()
    this.#memoryGuard.run()
    this.broker.retained.advance()
    core.router.sweepTopics(TOPIC_SWEEP_PLACES)
    deriveGauges(core)
    if (core.shard === 0 && monotonicMs >= this.#sweepAtMs) {
      this.#sweepAtMs = monotonicMs + this.#retainedSweep.run()
    }
    if (monotonicMs >= this.#feedAtMs) this.#runFeed()
  }

  /**
   * Obeys other settings from the next tick on. What was agreed with clients that are connected
   * stays; `$SYS` and its events keep those of the start.
   * @throws Error when rewrite rules, automatic subscriptions or attributes are not valid; nothing
   *   changes
   */
  configure(settings: BrokerSettings): void {
    const rewriter = new TopicRewriter(settings.rewrite)
    const autoSubscriber = new AutoSubscriber(settings.autoSubscribe)
    const { broker } = this
    const core = this.#core
    core.zones.configure(settings)
    core.settings = settings
    core.router.setTopicLevelsMax(core.zones.topicLevelsMax)
    broker.routing.picker.settings = settings
    broker.rewriter = rewriter
    broker.rewriting = settings.rewrite.length > 0
    broker.autoSubscriber = autoSubscriber
  }

  /** Publishes a message of the broker itself, such as the node's numbers under `$SYS`. */
  publishSys(message: SysMessage): void {
    this.broker.announce(message)
  }

  /** Closes the connections of the clients that `matches` holds for; how many that were. */
  closeClients(matches: (client: Identity) => boolean, cause: CloseCause): number {
    const core = this.#core
    core.startTick()
    let count = 0
    for (const connection of core.connections) {
      if (connection.identity === undefined || !matches(connection.identity)) continue
      connection.close(cause)
      count++
    }
    return count
  }

  /** Tells every client that the server goes, and calls back once everything is stored. */
  stop(done: () => void): void {
    const core = this.#core
    core.startTick()
    for (const connection of core.connections) {
      connection.close({
        reason: ReasonCode.SERVER_SHUTTING_DOWN,
        code: 'server_shutting_down',
        text: 'The server is shutting down.',
      })
    }
    core.store.barrier(() => done())
  }

  /** A shard is ready. When all are, what fell due while the broker was down reaches everyone. */
  #oneStarted(): void {
    if (--this.#unstarted > 0) return
    const { core, wills, links } = this.broker
    const bereaved = this.#bereaved
    this.#bereaved = []
    for (const stored of this.#leftovers.splice(0)) removeLeftover(this.broker, stored)
    for (const session of bereaved) {
      if (isOver(session, core.nowMs)) endSession(this.broker, session)
      else wills.connectionBroke(session)
    }
    links.whenAllSafe(() => this.#started())
  }

  #runFeed(): void {
    const wait = this.broker.feed.run()
    if (wait === 0) {
      // More in the next iteration of the event loop.
      this.#feedAtMs = 0
      this.#core.startTick()
    } else this.#feedAtMs = this.#core.ports.clock.monotonicMs() + wait
  }
}
