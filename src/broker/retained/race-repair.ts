import { Metric } from '../metrics.ts'
import type { Metrics } from '../metrics.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import type { TableTotals } from '../table-totals.ts'

/** Writes that are watched at a time, and the bytes of their records; over it the oldest goes. */
const WATCHED_MAX = 10_000
const WATCHED_BYTES_MAX = 16 * 1024 * 1024

interface RepairPorts {
  readonly store: KvStore
  readonly totals: TableTotals
  readonly metrics: Metrics
}

/** A write that an older one of another shard may still overwrite. */
interface Watched {
  /** Undefined: the key was removed. */
  readonly record: Uint8Array | undefined
  /** Changes of each shard; once these are committed nothing older can come any more. */
  readonly changes: readonly number[]
}

/**
 * Makes the last write of a topic the one that stays. Each shard commits on its own, so that what
 * a client published through one shard may be committed behind what it published later through
 * another one, such as its will behind the message by which it is back. The shard that wrote last
 * looks again when the other one has committed, and writes anew what was overwritten.
 */
export class RaceRepair {
  readonly #ports: RepairPorts
  readonly #watched: Map<string, Watched>
  #bytes: number

  constructor(ports: RepairPorts) {
    this.#ports = ports
    this.#watched = new Map()
    this.#bytes = 0
  }

  /** Notes a write of this shard; `raced` says that another shard wrote the key a moment before. */
  wrote(key: string, record: Uint8Array | undefined, raced: boolean): void {
    const before = this.#watched.get(key)
    if (before === undefined && !raced) return
    const changes = raced ? this.#ports.totals.changes : (before?.changes ?? [])
    this.#forget(key, before)
    this.#watched.set(key, { record, changes })
    this.#bytes += bytesOf(key, record)
    for (const [oldest, watched] of this.#watched) {
      if (this.#watched.size <= WATCHED_MAX && this.#bytes <= WATCHED_BYTES_MAX) break
      this.#forget(oldest, watched)
      this.#ports.metrics.increment(Metric.RETAINED_RACES_DROPPED)
    }
  }

  /** Repairs what can be seen by now. To be called every 100 ms. */
  run(): void {
    if (this.#watched.size === 0) return
    const { metrics, store, totals } = this.#ports
    for (const [key, watched] of this.#watched) {
      if (!totals.areCommitted(watched.changes)) continue
      this.#forget(key, watched)
      if (!totals.changedLast(key)) continue // Another shard wrote it since, and looks after it.
      const { record } = watched
      const stored = store.get(Table.RETAINED, key)
      if (sameBytes(stored, record)) continue
      if (record === undefined) store.remove(Table.RETAINED, key)
      else store.put(Table.RETAINED, key, record)
      totals.add(key, count(record) - count(stored), bytesOf(key, record) - bytesOf(key, stored))
      metrics.increment(Metric.RETAINED_RACES_REPAIRED)
    }
  }

  #forget(key: string, watched: Watched | undefined): void {
    if (watched === undefined) return
    this.#watched.delete(key)
    this.#bytes -= bytesOf(key, watched.record)
  }
}

function count(record: Uint8Array | undefined): number {
  return record === undefined ? 0 : 1
}

function bytesOf(key: string, record: Uint8Array | undefined): number {
  return record === undefined ? 0 : key.length + record.length
}

function sameBytes(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return Buffer.compare(one, other) === 0
}
