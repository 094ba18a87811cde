import { Table } from '../ports.ts'
import type { Clock, KvStore } from '../ports.ts'
import type { RetainerSettings } from '../limits.ts'
import type { TableTotals } from '../table-totals.ts'
import { TABLE_END, TABLE_START } from './retained-key.ts'
import { discardTime, isRetainedRecord } from './retained-record.ts'
import type { RetainedStore } from './retained-store.ts'

/** Pause between two walks when `msg_clear_interval` is 0. */
export const SWEEP_INTERVAL_MS = 900_000
/** Pause between two slices of a walk. */
export const SLICE_PAUSE_MS = 50
/** How often is it looked whether shards have raced for a key, so that a recount is needed. */
export const RACE_LOOK_MS = 2_000
/** A recount because of races waits for so many times as long as the last walk took. */
const REST_FACTOR = 20
/** A recount waits for so long until other shards have committed what they counted. */
export const COMMIT_WAIT_MS = 10_000
/** Keys and time of one slice. */
const SLICE_KEYS_MAX = 5_000
const SLICE_MS_MAX = 2
const KEYS_PER_CLOCK = 32

/**
 * Age, after its end, at which an expired message is removed. Until then it only hides. A client
 * of another shard may be setting the topic anew just now, which is likeliest right after the
 * end, and a removal here could be committed behind that.
 */
export const REMOVE_AFTER_MS = 300_000

export interface SweepPorts {
  readonly store: KvStore
  readonly clock: Clock
  readonly totals: TableTotals
  readonly retained: RetainedStore
  readonly settings: () => RetainerSettings
}

/**
 * Walks over the whole table again and again in small slices: removes what has expired and counts
 * what there is. One shard of a node does it. The walk costs a few ms per thousand messages,
 * spread; the first one starts with the shard. Another one starts early when shards have raced
 * for a key.
 */
export class RetainedSweep {
  readonly #ports: SweepPorts
  /** Where the walk goes on; undefined between two walks. */
  #position: string | undefined
  #beganMs: number
  #endedMs: number
  #dueMs: number

  constructor(ports: SweepPorts) {
    this.#ports = ports
    this.#position = undefined
    this.#beganMs = 0
    this.#endedMs = 0
    this.#dueMs = 0
  }

  /** Does one slice, if it is time. Returns after how many ms it is to be called again. */
  run(): number {
    const { clock, totals } = this.#ports
    const nowMs = clock.monotonicMs()
    if (this.#position === undefined) {
      if (nowMs < this.#dueMs && !this.#mustRecount(nowMs)) return this.#pauseMs(nowMs)
      totals.beginRecount()
      this.#beganMs = nowMs
      this.#position = TABLE_START
      return SLICE_PAUSE_MS
    }
    if (this.#position === TABLE_START && !totals.recountReady) {
      if (nowMs - this.#beganMs < COMMIT_WAIT_MS) return SLICE_PAUSE_MS
      totals.dropRecount() // What has expired can be removed all the same.
    }
    this.#position = this.#slice(this.#position)
    return this.#position === undefined ? this.#end() : SLICE_PAUSE_MS
  }

  #end(): number {
    const { clock, retained, settings, totals } = this.#ports
    if (totals.finishRecount() !== 0) retained.refreshGauge()
    const { clearIntervalMs } = settings()
    this.#endedMs = clock.monotonicMs()
    this.#dueMs = this.#endedMs + (clearIntervalMs > 0 ? clearIntervalMs : SWEEP_INTERVAL_MS)
    return this.#pauseMs(this.#endedMs)
  }

  #mustRecount(nowMs: number): boolean {
    const restMs = REST_FACTOR * (this.#endedMs - this.#beganMs)
    return this.#ports.totals.doubtful && nowMs >= this.#endedMs + restMs
  }

  #pauseMs(nowMs: number): number {
    const untilDueMs = this.#dueMs - nowMs
    return this.#ports.totals.shared ? Math.min(untilDueMs, RACE_LOOK_MS) : untilDueMs
  }

  #slice(from: string): string | undefined {
    const { clock, retained, store, totals } = this.#ports
    const nowMs = clock.nowMs()
    const deadlineMs = clock.monotonicMs() + SLICE_MS_MAX
    let position: string | undefined
    let keys = 0
    let kept = 0
    let keptBytes = 0
    const expired: { readonly key: string; readonly bytes: number }[] = []
    store.scan(Table.RETAINED, from, TABLE_END, (key, value) => {
      keys++
      const discardAtMs = discardTime(value)
      const old = discardAtMs !== 0 && discardAtMs + REMOVE_AFTER_MS <= nowMs
      // A damaged time must not delete a message: the checksum has to say that it is whole.
      if (old && isRetainedRecord(value)) expired.push({ key, bytes: key.length + value.length })
      else {
        kept++
        keptBytes += key.length + value.length
      }
      const full =
        keys >= SLICE_KEYS_MAX || (keys % KEYS_PER_CLOCK === 0 && clock.monotonicMs() >= deadlineMs)
      if (full) position = key + '\0'
      return !full
    })
    // Removed while the walk's position is still behind them, and so not subtracted twice.
    for (const { key, bytes } of expired) retained.discard(key, bytes)
    totals.recounted(position ?? TABLE_END, kept, keptBytes)
    return position
  }
}
