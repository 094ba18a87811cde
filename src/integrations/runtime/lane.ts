import type { Sink, WriteFault } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { backOffMs } from '#drivers/back-off.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { ActionCounter, add, type ActionCounters } from './action-counters.ts'
import type { LaneBuffer } from './lane-buffer.ts'
import type { DeliveryFailure, Done, QueuedRecord } from './queued-record.ts'

/** How a lane sends. */
export interface LaneSettings {
  /** Its place among the lanes of its action. */
  readonly number: number
  /** Requests under way at the same time. */
  readonly windowMax: number
  readonly batchMax: number
  readonly batchBytesMax: number
  /** How long a batch waits to become full. */
  readonly batchTimeMs: number
  /** Infinity: records do not expire. */
  readonly ttlMs: number
  readonly retryMostMs: number
  /** Rate at which what waited for the sink is sent; Infinity: as fast as it goes. */
  readonly replayPerSecond: number
}

/** What a lane needs of the shard. */
export interface LanePorts {
  readonly counters: ActionCounters
  /** Wall clock. */
  nowMs(): number
  monotonicMs(): number
  /** In [0, 1). */
  random(): number
  /** A record was given up. */
  lost(record: QueuedRecord, failure: DeliveryFailure): void
  /** A request failed and is tried again. */
  delayed(reason: string): void
  /** It failed in a way that makes one look after the connection. */
  troubled(reason: string): void
}

interface Batch {
  readonly records: readonly QueuedRecord[]
  /** Place of its first record among all of the lane. */
  readonly order: number
  /** How often it was tried. */
  tries: number
}

const RETRY_FIRST_MS = 100
/** Records given up as too old before others get their turn of the event loop. */
const EXPIRED_PER_TURN_MAX = 5000

/**
 * One queue of an action with what is under way from it. Sends batches as long as the window is
 * open; a batch that may succeed later goes first after a growing pause, so that with a window of
 * 1 the order is kept whatever happens. Waits while there is no sink.
 */
export class Lane {
  readonly #settings: LaneSettings
  readonly #ports: LanePorts
  readonly #buffer: LaneBuffer
  /** Batches to be tried again, in order. */
  #failed: Batch[] = []
  readonly #underWay = new Set<Batch>()
  #sink: Sink | undefined
  #abort = new AbortController()
  #retryTimer: NodeJS.Timeout | undefined
  #batchTimer: NodeJS.Timeout | undefined
  /** Until it ends, what waited while there was no sink goes no faster than it may. */
  #replayTimer: NodeJS.Timeout | undefined
  /** What is left of that. */
  #replayBytes = 0
  /** Failures in a row. */
  #failures = 0
  /** Why the last request failed, while it is to be tried again. */
  #trouble = ''
  /** Records taken from the buffer. */
  #taken = 0
  #isPumping = false
  #isClosed = false

  constructor(settings: LaneSettings, buffer: LaneBuffer, ports: LanePorts) {
    this.#settings = settings
    this.#buffer = buffer
    this.#ports = ports
  }

  /** Records that wait at hand, and bytes of all that wait. */
  get waiting(): { readonly count: number; readonly bytes: number } {
    return { count: this.#buffer.count, bytes: this.#buffer.bytes }
  }

  /** Records under way or to be tried again. */
  get inflight(): number {
    let count = 0
    for (const { records } of this.#underWay) count += records.length
    for (const { records } of this.#failed) count += records.length
    return count
  }

  /** Why it tries again instead of going on; empty: it does not. */
  get trouble(): string {
    return this.#trouble
  }

  /** Adds a record. `done` is told when its fate is known, or when it is safe on disk. */
  push(record: ValueMap, done: Done | undefined, isFallback = false): void {
    const { ttlMs } = this.#settings
    const expiresAtMs = ttlMs === Infinity ? Infinity : this.#ports.nowMs() + ttlMs
    this.#buffer.push({ record, expiresAtMs, isFallback }, this.#ports.monotonicMs(), done)
    this.wake()
  }

  /** Sends through this sink from now on, or not at all. */
  use(sink: Sink | undefined): void {
    this.#sink = sink
    clearTimeout(this.#retryTimer)
    this.#retryTimer = undefined
    if (sink === undefined) return
    this.#recovered()
    if (this.#settings.replayPerSecond !== Infinity) this.#replayBytes = this.#buffer.bytes
    this.wake()
  }

  /** Looks for something to do at the end of this turn of the event loop: batches fill first. */
  wake(): void {
    if (this.#isPumping || this.#sink === undefined) return
    this.#isPumping = true
    setImmediate(() => {
      this.#isPumping = false
      this.#pump()
    })
  }

  /**
   * Stops, waits for what is under way at most so long, and keeps what can be kept.
   * @returns records that are lost
   */
  async close(limitMs: number): Promise<readonly QueuedRecord[]> {
    this.#isClosed = true
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#batchTimer)
    clearTimeout(this.#replayTimer)
    const endsAtMs = this.#ports.monotonicMs() + limitMs
    while (this.#underWay.size > 0 && this.#ports.monotonicMs() < endsAtMs) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    this.#abort.abort()
    const batches = [...this.#failed, ...this.#underWay].toSorted(byOrder)
    this.#failed = []
    this.#underWay.clear()
    return this.#buffer.close(batches.flatMap(({ records }) => records))
  }

  #pump(): void {
    const sink = this.#sink
    if (sink === undefined || this.#isClosed || this.#retryTimer !== undefined) return
    let expired = 0
    while (this.#underWay.size < this.#settings.windowMax) {
      const due = this.#nextBatch()
      if (due === undefined) return
      const records = this.#unexpired(due.records)
      if (records.length > 0) {
        const batch = { ...due, records }
        this.#underWay.add(batch)
        void this.#send(batch, sink)
      } else if (this.#failed.length === 0) this.#trouble = ''
      expired += due.records.length - records.length
      if (expired >= EXPIRED_PER_TURN_MAX) {
        this.wake()
        return
      }
    }
  }

  /** The next one that may be sent; its records may have expired. */
  #nextBatch(): Batch | undefined {
    const again = this.#failed.shift()
    if (again !== undefined) return again
    if (this.#replayTimer !== undefined || !this.#isBatchDue()) return undefined
    const records = this.#take()
    if (records.length === 0) return undefined
    const order = this.#taken
    this.#taken += records.length
    return { records, order, tries: 0 }
  }

  #take(): readonly QueuedRecord[] {
    const { batchMax, batchBytesMax, replayPerSecond } = this.#settings
    // What waits on disk counts for more than in memory, and some of it may have made room.
    if (!this.#buffer.isReading) {
      this.#replayBytes = Math.min(this.#replayBytes, this.#buffer.bytes)
    }
    if (this.#replayBytes <= 0) return this.#buffer.take(batchMax, batchBytesMax)
    const before = this.#buffer.bytes
    const countMax = Math.min(batchMax, Math.max(1, Math.floor(replayPerSecond)))
    const taken = this.#buffer.take(countMax, batchBytesMax)
    if (taken.length === 0) return taken // The buffer tells when it has read more.
    this.#replayBytes -= before - this.#buffer.bytes
    this.#replayTimer = setTimeout(
      () => {
        this.#replayTimer = undefined
        this.#pump()
      },
      (taken.length / replayPerSecond) * 1000,
    )
    return taken
  }

  #isBatchDue(): boolean {
    const { batchTimeMs, batchMax, batchBytesMax } = this.#settings
    const { count, bytesAtHand, oldestMs } = this.#buffer
    if (batchTimeMs === 0 || count >= batchMax || bytesAtHand >= batchBytesMax) return true
    if (oldestMs === undefined) return true
    const leftMs = oldestMs + batchTimeMs - this.#ports.monotonicMs()
    if (leftMs <= 0) return true
    clearTimeout(this.#batchTimer)
    this.#batchTimer = setTimeout(() => this.#pump(), leftMs)
    return false
  }

  #unexpired(records: readonly QueuedRecord[]): readonly QueuedRecord[] {
    if (this.#settings.ttlMs === Infinity) return records
    const nowMs = this.#ports.nowMs()
    return records.filter((record) => {
      if (record.expiresAtMs > nowMs) return true
      this.#lose(record, { kind: 'dropped', reason: 'it was not delivered within request_ttl' })
      this.#drop(ActionCounter.DROPPED_EXPIRED)
      return false
    })
  }

  async #send(batch: Batch, sink: Sink): Promise<void> {
    const { records } = batch
    const isAgain = batch.tries > 0
    batch.tries++
    const { counters } = this.#ports
    if (isAgain) add(counters, ActionCounter.RETRIED, records.length)
    try {
      const rows = records.map(({ record }) => record)
      const faults = (await sink.write(rows, this.#abort.signal, this.#settings.number)) ?? []
      if (this.#underWay.delete(batch)) this.#answered(batch, faults, isAgain)
    } catch (error) {
      // What is not under way any more was handed over when the lane was closed.
      if (this.#underWay.delete(batch)) this.#rejected(batch, error, isAgain)
    }
    this.wake()
  }

  #answered(batch: Batch, faults: readonly WriteFault[], isAgain: boolean): void {
    const byIndex = new Map(faults.map((fault) => [fault.index, fault]))
    const again: QueuedRecord[] = []
    batch.records.forEach((record, index) => {
      const fault = byIndex.get(index)
      if (fault === undefined) this.#delivered(record, isAgain)
      else if (fault.kind === 'retryable') again.push(record)
      else this.#refused(record, fault.reason, isAgain)
    })
    if (again.length === 0) this.#recovered()
    else this.#tryLater({ ...batch, records: again }, reasonToRetry(faults), false)
  }

  #rejected(batch: Batch, error: unknown, isAgain: boolean): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof DriverError && error.kind !== 'fatal') {
      this.#tryLater(batch, reason, error.isConnectionLost || error.kind === 'credentials')
      return
    }
    this.#recovered()
    const { records, order, tries } = batch
    const [only] = records
    if (records.length === 1 && only !== undefined) {
      this.#refused(only, reason, isAgain)
      return
    }
    // One record may spoil the others: each gets its own request, in order.
    const singles = records.map((record, index) => {
      return { records: [record], order: order + index, tries: tries - 1 }
    })
    this.#failed = [...this.#failed, ...singles].toSorted(byOrder)
  }

  #recovered(): void {
    this.#failures = 0
    this.#trouble = ''
  }

  /** @param isLost the connection is gone, or of no use */
  #tryLater(batch: Batch, reason: string, isLost: boolean): void {
    this.#trouble = reason
    this.#ports.delayed(reason)
    this.#failed.push(batch)
    // Batches that failed together keep their order.
    this.#failed.sort(byOrder)
    this.#failures++
    if (isLost) this.#ports.troubled(reason)
    if (this.#isClosed || this.#retryTimer !== undefined || this.#sink === undefined) return
    const limits = { firstMs: RETRY_FIRST_MS, mostMs: this.#settings.retryMostMs }
    const pauseMs = backOffMs(this.#failures, limits, this.#ports.random())
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined
      this.#pump()
    }, pauseMs)
  }

  #delivered(record: QueuedRecord, isAgain: boolean): void {
    const { counters } = this.#ports
    this.#buffer.settle(record)
    if (isAgain) add(counters, ActionCounter.RETRIED_SUCCESS)
    if (record.expiresAtMs <= this.#ports.nowMs()) add(counters, ActionCounter.LATE_REPLY)
    else add(counters, ActionCounter.SUCCESS)
    record.done?.()
  }

  #refused(record: QueuedRecord, reason: string, isAgain: boolean): void {
    const { counters } = this.#ports
    add(counters, ActionCounter.FAILED)
    if (isAgain) add(counters, ActionCounter.RETRIED_FAILED)
    this.#lose(record, { kind: 'failed', reason })
  }

  #lose(record: QueuedRecord, failure: DeliveryFailure): void {
    this.#buffer.settle(record)
    this.#ports.lost(record, failure)
  }

  #drop(counter: ActionCounter): void {
    add(this.#ports.counters, ActionCounter.DROPPED)
    add(this.#ports.counters, counter)
  }
}

function byOrder(a: Batch, b: Batch): number {
  return a.order - b.order
}

function reasonToRetry(faults: readonly WriteFault[]): string {
  return faults.find(({ kind }) => kind === 'retryable')?.reason ?? ''
}
