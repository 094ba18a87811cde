import type { Clock, Log, StoreFailure, Table } from '#broker/ports.ts'
import { assert } from '#kernel/assert.ts'
import type { DurableEngine, Shortage } from '../durable-engine.ts'
import { Durability } from '../durability.ts'
import { GroupCommitStore } from '../group-commit-store.ts'
import { TABLES, type Batch } from '../pending/batch.ts'
import type { EntryCursor } from '../pending/merged-scan.ts'
import { RETRY_DELAYS, type RetryDelays } from '../retry-plan.ts'
import { OrderedMap } from './ordered-map.ts'

/** What may happen to a commit that is under way when everything stops. */
export const InFlight = { LOST: 'lost', KEPT: 'kept' } as const
export type InFlight = (typeof InFlight)[keyof typeof InFlight]

/** How a store in memory behaves; every field has a default. */
export interface MemoryStoreOptions {
  readonly durability?: Durability
  /** Complete every commit inside `commit()`; otherwise the owner calls `completeCommit()`. */
  readonly automatic?: boolean
  readonly pendingBytesMax?: number
  /** Without one a failed commit is due again at the next `commit()`. */
  readonly clock?: Clock
  readonly log?: Log
}

type Settings = Required<MemoryStoreOptions> & { readonly retryDelays: RetryDelays }

const PENDING_BYTES_MAX = 256 * 1024 * 1024

const STOPPED_CLOCK: Clock = { nowMs: () => 0, monotonicMs: () => 0 }

const NO_DELAYS: RetryDelays = { firstMs: 0, longestMs: 0 }

const NO_LOG: Log = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Durable content in memory that the stores of several shards share, as threads share one lmdb
 * environment: what one of them committed the others read.
 */
export class MemoryDisk {
  readonly #tables: Record<Table, OrderedMap>
  #stores: MemoryStore[]

  constructor() {
    this.#tables = {
      meta: new OrderedMap(),
      sessions: new OrderedMap(),
      subscriptions: new OrderedMap(),
      queue: new OrderedMap(),
      bodies: new OrderedMap(),
      incoming: new OrderedMap(),
      retained: new OrderedMap(),
      delayed: new OrderedMap(),
      users: new OrderedMap(),
      rules: new OrderedMap(),
      bans: new OrderedMap(),
    }
    this.#stores = []
  }

  /** A further store over the content. */
  open(options: MemoryStoreOptions = {}): MemoryStore {
    return this.reopen({
      durability: options.durability ?? Durability.BATCH,
      automatic: options.automatic ?? false,
      pendingBytesMax: options.pendingBytesMax ?? PENDING_BYTES_MAX,
      clock: options.clock ?? STOPPED_CLOCK,
      retryDelays: options.clock === undefined ? NO_DELAYS : RETRY_DELAYS,
      log: options.log ?? NO_LOG,
    })
  }

  /** A further store with the settings of an earlier one. */
  reopen(settings: Settings): MemoryStore {
    const engine = new MemoryEngine(this.#tables, settings.automatic)
    const store = new MemoryStore(this, engine, settings)
    this.#stores.push(store)
    return store
  }

  /**
   * Stops all stores: what they had not committed is gone, a commit under way is lost or kept as
   * told, and content in mode `memory` is gone altogether. Open new ones afterwards.
   */
  crash(inFlight: InFlight = InFlight.LOST): void {
    for (const store of this.#stores) store.stop(inFlight)
    if (this.#stores.some((store) => store.settings.durability === Durability.MEMORY)) {
      for (const table of TABLES) this.#tables[table].clear()
    }
    this.#stores = []
  }

  /** Number of committed entries of a table. */
  size(table: Table): number {
    return this.#tables[table].size
  }
}

/**
 * The store of one shard in memory, for tests and the simulator: the same logic as over lmdb, with
 * commits that end, fail and get lost when its owner says so. Nothing in it depends on time but
 * the given clock.
 */
export class MemoryStore extends GroupCommitStore {
  readonly settings: Settings
  readonly #disk: MemoryDisk
  readonly #engine: MemoryEngine

  constructor(disk: MemoryDisk, engine: MemoryEngine, settings: Settings) {
    super(engine, settings)
    this.settings = settings
    this.#disk = disk
    this.#engine = engine
  }

  /** True between the start of a commit and `completeCommit()`. */
  get commitUnderWay(): boolean {
    return this.#engine.commitUnderWay
  }

  /** Brings the commit under way to the disk and tells nobody, as when a thread is slow. */
  applyCommit(): void {
    this.#engine.apply()
  }

  /** Ends the commit under way, as `failNext` planned or well; false when there is none. */
  completeCommit(): boolean {
    return this.#engine.complete()
  }

  /** From now on commits end at once, as with the option `automatic`; ends one under way. */
  setAutomatic(automatic: boolean): void {
    this.#engine.automatic = automatic
    if (automatic) while (this.#engine.complete());
  }

  /**
   * Lets the next commit that is not yet planned to fail do so. `applied`: its writes are in the
   * tables nevertheless, as when the disk fails at the very end.
   */
  failNext(kind: StoreFailure['kind'], applied = false): void {
    this.#engine.plan({ failure: { kind, message: `planned: ${kind}` }, applied })
  }

  /** No commit that has not begun fails any more. */
  forgetFailures(): void {
    this.#engine.forgetPlans()
  }

  /** Lets the engine say that its configured size is exceeded, or no longer. */
  setLimitReached(reached: boolean): void {
    this.#engine.shortage = reached ? 'limit' : undefined
  }

  /** Stops this store as a crash would and opens a new one over what was committed. */
  crash(inFlight: InFlight = InFlight.LOST): MemoryStore {
    this.stop(inFlight)
    return this.#disk.reopen(this.settings)
  }

  /** Answers nothing any more and writes nothing; to read from it is a mistake of the caller. */
  stop(inFlight: InFlight): void {
    this.#engine.stop(inFlight)
  }
}

interface PlannedFailure {
  readonly failure: StoreFailure
  readonly applied: boolean
}

interface UnderWay {
  readonly batch: Batch
  applied: boolean
  readonly done: (failure: StoreFailure | undefined) => void
}

/** The durable side: the shared tables, and the commit that waits for its end. */
class MemoryEngine implements DurableEngine {
  shortage: Shortage | undefined
  automatic: boolean
  readonly #tables: Record<Table, OrderedMap>
  readonly #planned: PlannedFailure[]
  #underWay: UnderWay | undefined
  #stopped: boolean

  constructor(tables: Record<Table, OrderedMap>, automatic: boolean) {
    this.shortage = undefined
    this.automatic = automatic
    this.#tables = tables
    this.#planned = []
    this.#underWay = undefined
    this.#stopped = false
  }

  get commitUnderWay(): boolean {
    return this.#underWay !== undefined
  }

  get(table: Table, key: string): Uint8Array | undefined {
    assert(!this.#stopped, 'nobody reads from a store that crashed')
    return this.#tables[table].get(key)
  }

  cursor(table: Table, from: string, to: string): EntryCursor {
    assert(!this.#stopped, 'nobody reads from a store that crashed')
    return this.#tables[table].cursor(from, to)
  }

  write(batch: Batch, done: (failure: StoreFailure | undefined) => void): void {
    assert(this.#underWay === undefined, 'one batch is under way at a time')
    if (this.#stopped) return
    this.#underWay = { batch, applied: false, done }
    if (this.automatic) this.complete()
  }

  plan(failure: PlannedFailure): void {
    this.#planned.push(failure)
  }

  forgetPlans(): void {
    this.#planned.length = 0
  }

  apply(): void {
    const underWay = this.#underWay
    if (underWay === undefined || underWay.applied) return
    underWay.applied = true
    this.#apply(underWay.batch)
  }

  complete(): boolean {
    const underWay = this.#underWay
    if (underWay === undefined) return false
    this.#underWay = undefined
    const planned = this.#planned.shift()
    const isDue = planned === undefined || planned.applied
    if (isDue && !underWay.applied) this.#apply(underWay.batch)
    underWay.done(planned?.failure)
    return true
  }

  stop(inFlight: InFlight): void {
    if (inFlight === InFlight.KEPT) this.apply()
    this.#underWay = undefined
    this.#stopped = true
  }

  #apply(batch: Batch): void {
    for (const table of TABLES) {
      const pending = batch.tables[table]
      if (pending === undefined) continue
      const durable = this.#tables[table]
      for (const [key, value] of pending.fresh) durable.set(key, value)
      for (const [key, value] of pending.changed) {
        if (value === null) durable.delete(key)
        else durable.set(key, value)
      }
    }
  }
}
