import { Table } from '../ports.ts'
import type { Clock, KvStore } from '../ports.ts'
import type { RetainerSettings } from '../limits.ts'
import type { TableTotals } from '../table-totals.ts'
import { TABLE_END, TABLE_START } from './retained-key.ts'
import { discardTime, isRetainedRecord } from './retained-record.ts'
import type { RetainedStore } from './retained-store.ts'

/** Pause between two walks when `msg_clear_interval` is 0. */
export const SWEEP_INTERVAL_MS = 900_000
/** Pause between two slices of a walk; also longer than a commit takes. */
export const SLICE_PAUSE_MS = 50
/** Keys and time of one slice. */
export const SLICE_KEYS_MAX = 5_000
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
 * spread; the first one starts with the shard.
 */
export class RetainedSweep {
  readonly #ports: SweepPorts
  #position: string | undefined

  constructor(ports: SweepPorts) {
    this.#ports = ports
    this.#position = undefined
  }

  /** Does one slice. Returns after how many ms the next one is due. */
  run(): number {
    const { retained, totals } = this.#ports
    if (this.#position === undefined) {
      totals.beginRecount()
      this.#position = TABLE_START
      return SLICE_PAUSE_MS
    }
    this.#position = this.#slice(this.#position)
    if (this.#position !== undefined) return SLICE_PAUSE_MS
    if (totals.finishRecount() !== 0) retained.refreshGauge()
    const { clearIntervalMs } = this.#ports.settings()
    return clearIntervalMs > 0 ? clearIntervalMs : SWEEP_INTERVAL_MS
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
