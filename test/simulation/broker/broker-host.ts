import { METRICS_BYTES, Metrics } from '#broker/metrics.ts'
import { Access, Table } from '#broker/ports.ts'
import type { AccessControl, KvStore, Log, Random, StoreFailure } from '#broker/ports.ts'
import { Shard } from '#broker/shard/shard.ts'
import { TableTotals } from '#broker/table-totals.ts'
import { InFlight, MemoryDisk } from '#storage/memory/memory-store.ts'
import type { MemoryStore } from '#storage/memory/memory-store.ts'
import type { Prng } from '../engine/prng.ts'
import type { Schedule } from '../engine/schedule.ts'
import { InvariantBroken } from '../engine/trace.ts'
import type { Trace } from '../engine/trace.ts'
import { SimConnection } from '../network/sim-connection.ts'
import type { ServerSide } from '../network/sim-connection.ts'
import { Sabotage } from '../scenario.ts'
import type { Scenario } from '../scenario.ts'
import { BadStore } from './bad-store.ts'
import { batchBytes, SimFabric } from './sim-fabric.ts'
import type { FabricBatch } from './sim-fabric.ts'

const EPOCH_MS = 1_700_000_000_000
const ADVANCE_MS = 100
const TICK_MEAN_MS = 0.3
/** A process that is asked to stop is killed after this time. */
const STOP_MS_MAX = 10_000
const SABOTAGE_CHANCE = 0.02
/** Duration of a commit once faults are over. */
const CALM_COMMIT_MS = 0.5

/** What the simulation wants to know of the process. */
export interface HostEvents {
  /** A connection of a client appears or the process dies: the list is theirs. */
  readonly connections: Set<SimConnection>
  crashed(): void
  /** The shards have started and take connections. */
  booted(shards: number): void
}

const OPEN_ACCESS: AccessControl = {
  authenticate: (_request, done) => done({ allowed: true, isSuperuser: false }),
  recallPublish: () => Access.PENDING,
  authorizePublish: () => Access.ALLOW,
  authorizeSubscribe: () => Access.ALLOW,
  admit: () => undefined,
  left: () => {},
  siblingSent: () => {},
}

interface Thread {
  readonly store: MemoryStore
  readonly metrics: Metrics
  shard: Shard | undefined
  wantsTick: boolean
  commitAwaited: boolean
  busyUntilMs: number
  /** By sender: batches on their way. */
  readonly inbox: FabricBatch[][]
  readonly lastArrivalMs: number[]
}

/**
 * The process of the broker: its shards, each with its own thread, store and clock, over one disk.
 * It can be started, stopped and killed at any point; what belongs to an earlier life of the
 * process never happens in a later one.
 */
export class BrokerHost implements ServerSide {
  readonly disk: MemoryDisk
  readonly scenario: Scenario
  readonly #prng: Prng
  readonly #schedule: Schedule
  readonly #trace: Trace
  readonly #events: HostEvents
  #threads: Thread[]
  #life: number
  /** It takes connections. */
  listening: boolean
  /** Added to the wall clock. */
  wallOffsetMs: number
  /** Failures of commits, per shard until this time. */
  sickUntilMs: number[]
  sickKind: StoreFailure['kind']
  slowUntilMs: number
  /** No more faults of its own. */
  calm: boolean
  #stopping: boolean

  constructor(
    scenario: Scenario,
    prng: Prng,
    schedule: Schedule,
    trace: Trace,
    events: HostEvents,
  ) {
    this.disk = new MemoryDisk()
    this.scenario = scenario
    this.#prng = prng
    this.#schedule = schedule
    this.#trace = trace
    this.#events = events
    this.#threads = []
    this.#life = 0
    this.listening = false
    this.wallOffsetMs = 0
    this.sickUntilMs = []
    this.sickKind = 'io'
    this.slowUntilMs = 0
    this.calm = false
    this.#stopping = false
  }

  get up(): boolean {
    return this.#threads.length > 0
  }

  get shardCount(): number {
    return this.#threads.length
  }

  /** The shards, once they have been made. */
  get shards(): Shard[] {
    return this.#threads.flatMap(({ shard }) => (shard === undefined ? [] : [shard]))
  }

  get stores(): KvStore[] {
    return this.#threads.map(({ store }) => store)
  }

  /** What the broker calls the session of a client. */
  sessionKey(clientId: string): string | undefined {
    for (const { broker } of this.shards) {
      const session = broker.core.sessions.get(clientId)
      if (session?.connection !== undefined) return session.storeKey
    }
    return undefined
  }

  metric(index: number): number {
    return this.#threads.reduce((sum, { metrics }) => sum + metrics.get(index), 0)
  }

  nowWallMs(): number {
    return Math.floor(EPOCH_MS + this.#schedule.nowMs + this.wallOffsetMs)
  }

  /** Starts the process over what is on the disk. */
  boot(shardCount: number): void {
    this.#life++
    this.#stopping = false
    const life = this.#life
    this.#trace.add('broker', `starts with ${shardCount} shard(s), life ${life}`)
    this.#threads = Array.from({ length: shardCount }, () => this.#thread(shardCount))
    this.sickUntilMs = this.#threads.map(() => 0)
    if (this.scenario.sabotage === Sabotage.FORGETS_INCOMING) this.#forgetIncoming()
    const totals = (): ArrayBufferLike => new SharedArrayBuffer(TableTotals.memoryBytes(shardCount))
    const sharedTotals = { retained: totals(), delayed: totals() }
    for (const [index, thread] of this.#threads.entries()) {
      this.#guard(() => {
        thread.shard = this.#shard(index, thread, shardCount, sharedTotals)
      })
    }
    let started = 0
    for (let index = 0; index < shardCount; index++) {
      this.run(index, () => {
        this.#threads[index]?.shard?.start(() => {
          if (++started === shardCount && this.#life === life) this.#opened(shardCount)
        })
      })
      this.#advanceLater(index, life)
    }
  }

  /** Kills the process: only what was committed stays, commits under way perhaps. */
  crash(): void {
    if (!this.up) return
    this.#trace.add('broker', 'crashes')
    this.#die()
    this.#events.crashed()
    for (const connection of Array.from(this.#events.connections)) {
      connection.serverDied(this.#prng.chance(0.8))
    }
  }

  /** Asks all shards to stop, then ends the process. */
  stop(stopped: () => void): void {
    if (!this.up || this.#stopping) return
    this.#trace.add('broker', 'is stopped')
    this.#stopping = true
    this.listening = false
    const life = this.#life
    let left = this.shardCount
    const end = (): void => {
      if (this.#life !== life || !this.up) return
      this.#trace.add('broker', 'has stopped')
      this.#die()
      this.#events.crashed()
      for (const connection of Array.from(this.#events.connections)) connection.serverDied(true)
      stopped()
    }
    this.#schedule.after(STOP_MS_MAX, end)
    for (let index = 0; index < this.shardCount; index++) {
      this.run(index, () => {
        this.#threads[index]?.shard?.stop(() => {
          if (--left === 0) this.#schedule.after(this.#prng.exponential(20), end)
        })
      })
    }
  }

  /** A thread does nothing for a while. */
  stall(durationMs: number): void {
    if (!this.up) return
    const index = this.#prng.below(this.shardCount)
    this.#trace.add('broker', `shard ${index} stalls for ${durationMs.toFixed(0)} ms`)
    this.#threads[index]!.busyUntilMs = this.#schedule.nowMs + durationMs // In range.
  }

  /** Lets a client's connection in. */
  accept(connection: SimConnection): void {
    const { shard } = connection
    this.run(shard, () => {
      const target = this.#threads[shard]?.shard
      if (!this.listening || target === undefined) connection.refused()
      else connection.accepted(target.accept(connection, { id: 'tcp:default', mountpoint: '' }))
    })
    if (!this.up) connection.refused()
  }

  run(shard: number, action: () => void): void {
    const thread = this.#threads[shard]
    if (thread === undefined) return
    const life = this.#life
    if (thread.busyUntilMs > this.#schedule.nowMs) {
      this.#schedule.at(thread.busyUntilMs, () => {
        if (this.#life === life) this.run(shard, action)
      })
      return
    }
    this.#guard(action)
    this.#awaitCommit(shard, thread)
  }

  #opened(shardCount: number): void {
    if (this.#stopping) return
    this.listening = true
    this.#trace.add('broker', 'listens')
    this.#events.booted(shardCount)
  }

  #die(): void {
    for (const { store } of this.#threads) {
      store.stop(this.#prng.chance(0.5) ? InFlight.KEPT : InFlight.LOST)
    }
    this.disk.crash()
    this.#threads = []
    this.#life++
    this.listening = false
  }

  #thread(shardCount: number): Thread {
    return {
      store: this.disk.open({ clock: this.#clock() }),
      metrics: new Metrics(new ArrayBuffer(METRICS_BYTES)),
      shard: undefined,
      wantsTick: false,
      commitAwaited: false,
      busyUntilMs: 0,
      inbox: Array.from({ length: shardCount }, () => []),
      lastArrivalMs: Array.from({ length: shardCount }, () => 0),
    }
  }

  #shard(
    index: number,
    thread: Thread,
    shardCount: number,
    sharedTotals: { retained: ArrayBufferLike; delayed: ArrayBufferLike },
  ): Shard {
    const { sabotage } = this.scenario
    const isBad = BadStore.does(sabotage)
    const fabric: SimFabric = new SimFabric(
      index,
      shardCount,
      this.scenario.linkPressure,
      (to, batch) => this.#carry(fabric, to, batch),
    )
    const shard = new Shard(
      {
        clock: this.#clock(),
        random: this.#random(),
        log: this.#log(index),
        store: isBad ? new BadStore(thread.store, sabotage, this.#prng.fork()) : thread.store,
        access: OPEN_ACCESS,
        fabric,
        metrics: thread.metrics,
        requestTick: () => this.#tickLater(index, thread),
        run: this.#life,
        sharedTotals,
      },
      this.scenario.settings,
    )
    shard.broker.core.hooks.disconnected = ({ wire }, reason) => {
      if (wire instanceof SimConnection) wire.closedBecause = reason
    }
    if (sabotage === Sabotage.NO_WILLS) shard.broker.wills.connectionBroke = () => {}
    if (sabotage === Sabotage.NO_DIRECTORY) {
      const { directory } = shard.broker.claims
      const claim = directory.claim.bind(directory)
      directory.claim = (from, token, clientId, discard) => {
        directory.sessionEnded(directory.ownerOf(clientId) ?? from, clientId)
        claim(from, token, clientId, discard)
      }
    }
    return shard
  }

  #tickLater(index: number, thread: Thread): void {
    if (thread.wantsTick) return
    thread.wantsTick = true
    const life = this.#life
    this.#schedule.after(this.#prng.exponential(TICK_MEAN_MS), () => {
      if (this.#life !== life) return
      this.run(index, () => {
        thread.wantsTick = false
        thread.shard?.endOfTick()
      })
    })
  }

  #advanceLater(index: number, life: number): void {
    this.#schedule.after(ADVANCE_MS + this.#prng.exponential(5), () => {
      if (this.#life !== life) return
      this.run(index, () => this.#threads[index]?.shard?.advance())
      this.#advanceLater(index, life)
    })
  }

  #awaitCommit(index: number, thread: Thread): void {
    if (thread.commitAwaited || !thread.store.commitUnderWay) return
    thread.commitAwaited = true
    const life = this.#life
    const slow = this.slowUntilMs > this.#schedule.nowMs
    const meanMs = this.calm ? CALM_COMMIT_MS : this.scenario.commitMs * (slow ? 100 : 1)
    this.#schedule.after(this.#prng.exponential(meanMs), () => {
      if (this.#life !== life) return
      this.run(index, () => {
        thread.commitAwaited = false
        this.#completeCommit(index, thread)
      })
    })
  }

  #completeCommit(index: number, thread: Thread): void {
    const { commitFailureChance } = this.scenario.faults
    const sick = (this.sickUntilMs[index] ?? 0) > this.#schedule.nowMs
    const fails = sick || (!this.calm && this.#prng.chance(commitFailureChance))
    if (fails) {
      const kind = sick ? this.sickKind : this.#prng.pick(['io', 'full'] as const)
      this.#trace.add('broker', `a commit of shard ${index} fails: ${kind}`)
      thread.store.failNext(kind, kind === 'io' && this.#prng.chance(0.3))
    }
    thread.store.completeCommit()
  }

  #carry(fabric: SimFabric, to: number, batch: FabricBatch): void {
    const thread = this.#threads[to]
    if (thread === undefined) return
    const from = fabric.shard
    const life = this.#life
    const slow = this.#prng.chance(0.02) ? 50 : 0.3
    const { nowMs } = this.#schedule
    const atMs = Math.max(thread.lastArrivalMs[from] ?? 0, nowMs + this.#prng.exponential(slow))
    thread.lastArrivalMs[from] = atMs
    const inbox = thread.inbox[from]! // In range: one for each shard.
    inbox.push(batch)
    this.#schedule.at(atMs, () => {
      if (this.#life !== life) return
      this.run(to, () => {
        const next = inbox.shift()
        if (next === undefined) return
        fabric.inFlight[to]! -= batchBytes(next) // In range: one for each shard.
        thread.shard?.receiveBatch(from, this.#harmed(fabric, to, next))
      })
    })
  }

  /** The batch as it arrives where the fabric is sabotaged: messages suffer, control does not. */
  #harmed(fabric: SimFabric, to: number, batch: FabricBatch): FabricBatch {
    const { sabotage } = this.scenario
    const late = fabric.late[to]! // In range: one for each shard.
    const arrived = late.length > 0 ? [...batch, ...late.splice(0)] : batch
    if (this.calm || sabotage === Sabotage.NONE || !this.#prng.chance(SABOTAGE_CHANCE)) {
      return arrived
    }
    const messages = batch.filter((item) => Buffer.isBuffer(item))
    if (sabotage === Sabotage.FABRIC_DOUBLES) return [...messages, ...arrived]
    const isLost = sabotage === Sabotage.FABRIC_DROPS
    const isLate = sabotage === Sabotage.FABRIC_REORDERS
    if (!isLost && !isLate) return arrived
    if (isLate) late.push(...messages)
    return arrived.filter((item) => !Buffer.isBuffer(item))
  }

  #forgetIncoming(): void {
    const store = this.disk.open({ automatic: true })
    const keys: string[] = []
    store.scan(Table.INCOMING, '', '\xff', (key) => keys.push(key) > 0)
    for (const key of keys) store.remove(Table.INCOMING, key)
    store.commit()
  }

  /** What the core throws is a broken invariant. */
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (error instanceof InvariantBroken) throw error
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      throw new InvariantBroken('the core never throws', detail, [])
    }
  }

  #clock(): { nowMs(): number; monotonicMs(): number } {
    return {
      nowMs: () => this.nowWallMs(),
      monotonicMs: () => this.#schedule.nowMs,
    }
  }

  #random(): Random {
    const prng = this.#prng.fork()
    return {
      next: () => prng.next(),
      hexId: (bytes) =>
        Array.from({ length: bytes }, () => prng.below(256).toString(16).padStart(2, '0')).join(''),
    }
  }

  /** The core says `error` only about damage that the simulated disk never does. */
  #log(index: number): Log {
    const keep =
      (level: string) =>
      (message: string, fields: Record<string, unknown> = {}): void => {
        this.#trace.add('broker', `shard ${index} ${level} ${message} ${JSON.stringify(fields)}`)
        const bad = fields['reason'] === 'protocol_error' || fields['reason'] === 'malformed_packet'
        if (level !== 'error' && !bad) return
        const client = fields['clientid']
        const detail = `${message} ${JSON.stringify(fields)}`
        const clients = typeof client === 'string' ? [client] : []
        throw new InvariantBroken('the log has no errors', detail, clients)
      }
    return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
  }
}
