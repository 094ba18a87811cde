import type { Clock, KvStore, Log, StoreFailure, Table } from '#broker/ports.ts'
import { assert } from '#kernel/assert.ts'
import type { DurableEngine } from './durable-engine.ts'
import { Durability } from './durability.ts'
import { BarrierQueue } from './pending/barrier-queue.ts'
import { Batch, type BarrierCallback } from './pending/batch.ts'
import { lookupPending, mergedScan, visitAll, type Visit } from './pending/merged-scan.ts'
import { RETRY_DELAYS, RetryPlan, type RetryDelays } from './retry-plan.ts'
import { StoreReport, type StoreState } from './store-report.ts'

/** Batches that wait or are being written; when so many are there, ticks join the open one. */
const BATCHES_MAX = 16

/**
 * A batch of this size is sealed at the end of its tick, even if it has to wait: handing a batch of
 * small values of 4 MB to lmdb takes about 10 ms of the event loop, and that is as long as it gets.
 */
const BATCH_BYTES_MAX = 4 * 1024 * 1024

/** A commit that takes longer makes the store unhealthy until it ends. */
const STALL_MS = 10_000

/** Calls back later; what `setTimeout` does, without keeping the process alive. */
export interface RetryTimer {
  set(delayMs: number, callback: () => void): void
  clear(): void
}

/** How a store commits; all but `timer` are required so that nothing is left to chance. */
export interface GroupCommitOptions {
  readonly durability: Durability
  readonly log: Log
  readonly clock: Clock
  /** Bytes waiting for the disk above which the store is unhealthy; see `healthy`. */
  readonly pendingBytesMax: number
  /** Without it a failed batch is tried again by `commit` only. */
  readonly timer?: RetryTimer
  /** Default: `RETRY_DELAYS`. */
  readonly retryDelays?: RetryDelays
}

/** Counters since the store was opened. */
export interface StoreCounters {
  commits: number
  failedCommits: number
  keysWritten: number
  bytesWritten: number
  /** Duration of the last successful commit, and the longest, until durable. */
  lastCommitMs: number
  longestCommitMs: number
}

/**
 * The `KvStore` of one thread: gathers writes into batches, hands one batch at a time to a durable
 * engine, and lays what is not yet durable over what the engine reads.
 *
 * A batch is sealed at the end of a tick only, so a transaction holds whole ticks. When a commit
 * fails, all barriers that wait are told, the batch stays, and is tried again after a delay that
 * grows from 100 ms to 5 s, by `commit` or by the timer; meanwhile ticks gather in one further
 * batch, whose barriers fail at once. Not healthy while so, while a commit takes longer than 10 s,
 * while more than `pendingBytesMax` wait, and while the engine is short of room: the core then
 * refuses what needs storing, which bounds the memory this store holds.
 *
 * Hot path: plain fields.
 */
export class GroupCommitStore implements KvStore {
  pendingBytes: number
  readonly counters: StoreCounters
  /** Oldest first; the last one is open, the others are sealed. */
  readonly #batches: Batch[]
  readonly #engine: DurableEngine
  readonly #options: GroupCommitOptions
  readonly #barriers: BarrierQueue
  readonly #retry: RetryPlan
  readonly #report: StoreReport
  #open: Batch
  /** Writes were made since the last `commit`: the open batch ends inside a tick. */
  #tickRunning: boolean
  #writing: boolean
  #writeStartedMs: number
  #stalled: boolean
  #closed: boolean

  constructor(engine: DurableEngine, options: GroupCommitOptions) {
    assert(options.pendingBytesMax > 0, 'pendingBytesMax is positive')
    this.pendingBytes = 0
    this.counters = {
      commits: 0,
      failedCommits: 0,
      keysWritten: 0,
      bytesWritten: 0,
      lastCommitMs: 0,
      longestCommitMs: 0,
    }
    this.#open = new Batch()
    this.#batches = [this.#open]
    this.#engine = engine
    this.#options = options
    this.#barriers = new BarrierQueue()
    this.#retry = new RetryPlan(options.clock, options.retryDelays ?? RETRY_DELAYS)
    this.#report = new StoreReport(options.log)
    this.#tickRunning = false
    this.#writing = false
    this.#writeStartedMs = 0
    this.#stalled = false
    this.#closed = false
  }

  get healthy(): boolean {
    return this.#state() === 'ok'
  }

  put(table: Table, key: string, value: Uint8Array, fresh = false): void {
    assert(key.length !== 0, 'a key is not empty')
    const grown = this.#open.table(table).put(key, value, fresh)
    this.#open.bytes += grown
    this.pendingBytes += grown
    this.#tickRunning = true
  }

  remove(table: Table, key: string): void {
    assert(key.length !== 0, 'a key is not empty')
    const grown = this.#open.table(table).remove(key)
    this.#open.bytes += grown
    this.pendingBytes += grown
    this.#tickRunning = true
  }

  get(table: Table, key: string): Uint8Array | undefined {
    const pending = lookupPending(this.#batches, table, key)
    if (pending === undefined) return this.#engine.get(table, key)
    return pending ?? undefined
  }

  scan(table: Table, from: string, to: string, visit: Visit): void {
    if (from >= to) return
    const cursor = this.#engine.cursor(table, from, to)
    try {
      if (this.pendingBytes !== 0) {
        mergedScan(this.#batches, table, from, to, cursor, visit)
      } else visitAll(cursor, visit)
    } finally {
      cursor.close()
    }
  }

  barrier(done: BarrierCallback): void {
    if (this.#closed) done(CLOSED)
    else if (this.#options.durability === Durability.MEMORY) done(undefined)
    else this.#await(done)
  }

  commit(): void {
    if (this.#closed) return
    this.#tickRunning = false
    if (this.#writing) {
      if (this.#mustSeal() && this.#batches.length < BATCHES_MAX) this.#seal()
      if (this.#now() - this.#writeStartedMs > STALL_MS) this.#stalled = true
    } else if (this.#retry.isDue()) {
      this.#writeNext()
    } else {
      this.#barriers.add(this.#open.takeBarriers(), this.#retry.failure)
      this.#barriers.answer()
    }
    this.#report.show(this.#state(), this.#retry.failure, this.pendingBytes)
  }

  /**
   * Writes what is pending and then answers nothing but `closed`. Waits for the commit under way as
   * long as it takes; a failure, also of memory mode, is the result and the pending data is lost.
   * The engine stays open.
   */
  close(): Promise<StoreFailure | undefined> {
    return new Promise((resolve) => {
      if (this.#closed) {
        resolve(undefined)
        return
      }
      this.#await((failure) => {
        this.#closed = true
        this.#options.timer?.clear()
        if (failure !== undefined) this.#report.lost(failure, this.pendingBytes)
        resolve(failure)
      })
      this.#retry.makeDue()
      this.commit()
    })
  }

  #await(done: BarrierCallback): void {
    const newestSealed = this.#batches.at(-2)
    if (this.#open.count !== 0 || !this.#retry.isDue()) this.#open.barriers.push(done)
    else if (newestSealed !== undefined) newestSealed.barriers.push(done)
    else if (this.#open.barriers.length !== 0) this.#open.barriers.push(done)
    else done(undefined)
  }

  #mustSeal(): boolean {
    return this.#options.durability === Durability.SYNC || this.#open.bytes >= BATCH_BYTES_MAX
  }

  /** Ends the open batch, if there is anything in it; otherwise hands its barriers on. */
  #seal(): void {
    if (this.#open.count !== 0) {
      this.#open = new Batch()
      this.#batches.push(this.#open)
      return
    }
    // Everything in it was cancelled out, but somebody may wait for what stands before it.
    const waiting = this.#open.takeBarriers()
    if (waiting.length === 0) return
    const newestSealed = this.#batches.at(-2)
    if (newestSealed === undefined) this.#barriers.add(waiting, undefined)
    else for (const callback of waiting) newestSealed.barriers.push(callback)
  }

  #writeNext(): void {
    if (this.#writing || this.#closed) return
    if (this.#batches.length === 1 && !this.#tickRunning) this.#seal()
    if (this.#batches.length === 1) {
      this.#barriers.answer()
      return
    }
    const batch = this.#batches[0]! // More than one is there: the open one and this.
    this.#writing = true
    this.#writeStartedMs = this.#now()
    this.#engine.write(batch, (failure) => this.#written(batch, failure))
  }

  #written(batch: Batch, failure: StoreFailure | undefined): void {
    assert(this.#writing && batch === this.#batches[0], 'an engine answers each batch once')
    this.#writing = false
    this.#stalled = false
    if (failure === undefined) this.#succeeded(batch)
    else this.#failed(failure)
    this.#report.show(this.#state(), failure, this.pendingBytes)
    // The disk gets its next work before the answers cost time.
    if (failure === undefined) this.#writeNext()
    this.#barriers.answer()
  }

  #succeeded(batch: Batch): void {
    const tookMs = this.#now() - this.#writeStartedMs
    const counters = this.counters
    counters.commits++
    counters.keysWritten += batch.count
    counters.bytesWritten += batch.bytes
    counters.lastCommitMs = tookMs
    counters.longestCommitMs = Math.max(counters.longestCommitMs, tookMs)
    this.#retry.succeeded()
    this.#batches.shift()
    this.pendingBytes -= batch.bytes
    this.#barriers.add(batch.takeBarriers(), undefined)
  }

  /** No barrier waits for the next try: who asked learns now that it is not safe. */
  #failed(failure: StoreFailure): void {
    this.counters.failedCommits++
    const delayMs = this.#retry.failed(failure)
    for (const batch of this.#batches) this.#barriers.add(batch.takeBarriers(), failure)
    this.#options.timer?.set(delayMs, () => {
      this.#retry.makeDue()
      this.#writeNext()
    })
  }

  #state(): StoreState {
    const failure = this.#retry.failure
    if (failure !== undefined) return failure.kind
    if (this.#stalled) return 'stalled'
    if (this.pendingBytes > this.#options.pendingBytesMax) return 'backlog'
    return this.#engine.shortage ?? 'ok'
  }

  #now(): number {
    return this.#options.clock.monotonicMs()
  }
}

const CLOSED: StoreFailure = Object.freeze({ kind: 'closed', message: 'the store is closed' })
