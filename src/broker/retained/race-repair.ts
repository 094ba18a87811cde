import { hashString } from '#kernel/hash.ts'
import { isLaterChange } from '../key-races.ts'
import { Metric } from '../metrics.ts'
import type { Metrics } from '../metrics.ts'
import { Table } from '../ports.ts'
import type { Clock, KvStore } from '../ports.ts'
import type { TableTotals } from '../table-totals.ts'

/** Writes that are watched at a time, and the bytes of their records; over it the oldest goes. */
const WATCHED_MAX = 10_000
const WATCHED_BYTES_MAX = 16 * 1024 * 1024

interface RepairPorts {
  readonly clock: Clock
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
  /** Its number in the order of all changes. */
  readonly number: number
}

/**
 * Makes the last write of a topic the one that stays. Each shard commits on its own, so that what
 * a client published through one shard may be committed behind what it published later through
 * another one, such as its will behind the message by which it is back. The shard that wrote last
 * looks again when both have committed, and writes anew what was overwritten.
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

  /**
   * Notes a write of this shard, the last that `totals` noted; `raced` says that another shard
   * wrote the key a moment before.
   */
  wrote(key: string, record: Uint8Array | undefined, raced: boolean): void {
    const before = this.#watched.get(key)
    if (before === undefined && !raced) return
    const { changes, lastNoted: number } = this.#ports.totals
    this.#forget(key, before)
    this.#watched.set(key, { record, changes, number })
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
    const { clock, metrics, totals } = this.#ports
    const changed = this.#takeChanged()
    // Told before it is looked who wrote last: who writes one of them now knows of it then, and
    // looks after it.
    for (const { key } of changed) totals.announce(key, clock.nowMs())
    const last = lastChangesOf(changed, totals)
    for (const { key, watched } of changed) {
      const number = last?.get(hashString(key))
      if (number === undefined) metrics.increment(Metric.RETAINED_RACES_DROPPED)
      // Otherwise another shard wrote it since, and looks after it.
      else if (!isLaterChange(number, watched.number)) this.#writeAgain(key, watched)
    }
  }

  /** Those with nothing older under way that are not in the store as they were written. */
  #takeChanged(): Changed[] {
    const { store, totals } = this.#ports
    const changed: Changed[] = []
    for (const [key, watched] of this.#watched) {
      if (!totals.allCommitted(watched.changes)) continue
      this.#forget(key, watched)
      const isSame = sameBytes(store.get(Table.RETAINED, key), watched.record)
      if (!isSame) changed.push({ key, watched })
    }
    return changed
  }

  #writeAgain(key: string, { record }: Watched): void {
    const { metrics, store, totals } = this.#ports
    const stored = store.get(Table.RETAINED, key)
    const countDelta = count(record) - count(stored)
    const bytesDelta = bytesOf(key, record) - bytesOf(key, stored)
    if (record === undefined) store.remove(Table.RETAINED, key)
    else store.put(Table.RETAINED, key, record)
    totals.add(key, countDelta, bytesDelta)
    metrics.increment(Metric.RETAINED_RACES_REPAIRED)
  }

  #forget(key: string, watched: Watched | undefined): void {
    if (watched === undefined) return
    this.#watched.delete(key)
    this.#bytes -= bytesOf(key, watched.record)
  }
}

interface Changed {
  readonly key: string
  readonly watched: Watched
}

/** Undefined when there are none, or too many to know. */
function lastChangesOf(
  changed: readonly Changed[],
  totals: TableTotals,
): ReadonlyMap<number, number> | undefined {
  let first: number | undefined
  for (const { watched } of changed) {
    if (first === undefined || isLaterChange(first, watched.number)) first = watched.number
  }
  return first === undefined ? undefined : totals.lastChanges(first)
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
