import { assert } from '#kernel/assert.ts'
import { prefixEnd, u8Key } from '#kernel/binary-key.ts'
import type { DelayedSettings } from '../limits.ts'
import type { Message } from '../message.ts'
import { Gauge, Metric } from '../metrics.ts'
import type { Metrics } from '../metrics.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import type { Router } from '../router/router.ts'
import type { TableTotals } from '../table-totals.ts'
import { matchesFilter } from '../topics/filter-match.ts'
import {
  decodeDelayed,
  delayedId,
  delayedKey,
  dueTimeOf,
  encodeDelayed,
  keyOfDelayedId,
  ownerOfDelayed,
  partitionKey,
  PARTITIONS,
} from './delayed-record.ts'
import type { DelayedMessage } from './delayed-record.ts'

/** Messages given to be sent and not yet settled, at most. */
export const SENDING_MAX = 1_000
/** Bytes of messages that one call of `due` reads before it gives them out. */
const BATCH_BYTES_MAX = 4_194_304
/** Keys that one call of `cancelMatching` looks at. */
const CANCEL_KEYS_MAX = 2_000

export interface DelayedPorts {
  readonly store: KvStore
  readonly router: Router
  readonly metrics: Metrics
  /** Of table DELAYED. */
  readonly totals: TableTotals
  readonly shard: number
  readonly shardCount: number
  /** Number of this run of the process over its data; never used twice. */
  readonly run: number
  /** Told of a record that is damaged; it stays where it is. */
  readonly unreadable: (key: string) => void
  readonly settings: () => DelayedSettings
}

export type AddResult =
  | { readonly stored: true; readonly id: string }
  | { readonly stored: false; readonly reason: 'count_limit' }

/**
 * Messages that are published later. They live in the store only; memory holds one key per
 * partition and the keys of what is being sent. A message leaves the store once the caller says
 * that its publish is as safe as the store can make it, so a crash sends it twice at worst.
 */
export class DelayedStore {
  readonly #ports: DelayedPorts
  /** First key of each own partition that has one and is not being sent. */
  readonly #heads: Map<number, string>
  /** Keys given out by `due`, with the bytes of key and record. */
  readonly #sending: Map<string, number>
  #added: number

  constructor(ports: DelayedPorts) {
    assert(ports.shardCount <= PARTITIONS, 'there are not more shards than partitions')
    this.#ports = ports
    this.#heads = new Map()
    this.#sending = new Map()
    this.#added = 0
  }

  /** Finds what earlier runs left to this shard. Call it once before anything else. */
  load(): void {
    const { metrics, shard, shardCount, totals } = this.#ports
    totals.load()
    for (let partition = shard; partition < PARTITIONS; partition += shardCount) {
      this.#findHead(partition, u8Key(partition))
    }
    metrics.setGauge(Gauge.DELAYED, totals.ownCount)
  }

  /** Delayed messages of all shards. */
  get count(): number {
    return this.#ports.totals.count
  }

  /** Messages given out by `due` and not settled. */
  get sending(): number {
    return this.#sending.size
  }

  /**
   * Stores a message whose topic is already the one to publish to; its bytes are copied.
   * @param dueAtMs wall clock in ms; in the past = at once
   * @param username of the publisher, for lists
   */
  add(message: Message, dueAtMs: number, username: string | undefined): AddResult {
    const { metrics, run, settings, shard, store, totals } = this.#ports
    const { messagesMax } = settings()
    if (messagesMax > 0 && totals.count >= messagesMax) {
      metrics.increment(Metric.DELAYED_REFUSED_COUNT_LIMIT)
      return { stored: false, reason: 'count_limit' }
    }
    const key = delayedKey(shard, Math.max(0, Math.ceil(dueAtMs)), run, this.#added++)
    const record = encodeDelayed(message, username)
    store.put(Table.DELAYED, key, record, true)
    this.#changed(key, 1, key.length + record.length)
    metrics.increment(Metric.MESSAGES_DELAYED)
    const head = this.#heads.get(shard)
    if (head === undefined || key < head) this.#heads.set(shard, key)
    return { stored: true, id: delayedId(key) }
  }

  /**
   * When `due` should be called next, in ms since the epoch; Infinity = not before something is
   * added, or settled when `SENDING_MAX` messages are being sent.
   */
  get nextDueMs(): number {
    if (this.#sending.size >= SENDING_MAX) return Number.POSITIVE_INFINITY
    let next = Number.POSITIVE_INFINITY
    for (const head of this.#heads.values()) next = Math.min(next, dueTimeOf(head))
    return next
  }

  /**
   * Gives up to `limit` messages that are due to `visit`, earliest first. What `visit` writes to
   * the store when it returns true leaves in one batch with the removal of the message. When the
   * publish also needs other shards it returns false, and the caller calls `settle` once they
   * have stored it. Messages that expired while they waited are removed and not given.
   * @returns how many left the list of what is due; 0 = nothing is due
   */
  due(nowMs: number, limit: number, visit: (delayed: DelayedMessage) => boolean): number {
    let taken = 0
    const room = (): number => Math.min(limit - taken, SENDING_MAX - this.#sending.size)
    while (room() > 0) {
      const batch = this.#nextBatch(nowMs, room())
      if (batch === undefined) break
      taken += batch.keys
      for (const delayed of batch.messages) this.#give(delayed, nowMs, visit)
    }
    return taken
  }

  /** The publish of a message given out by `due` is safe: removes it. Unknown ids do nothing. */
  settle(id: string): void {
    const key = keyOfDelayedId(id)
    const bytes = key === undefined ? undefined : this.#sending.get(key)
    if (key === undefined || bytes === undefined) return
    this.#sending.delete(key)
    this.#removeKey(key, bytes)
  }

  /**
   * Cancels one message of this shard (`ownerOfDelayed`); false when there is none, or when it is
   * being sent already.
   */
  cancel(id: string): boolean {
    const { shard, shardCount, store } = this.#ports
    const key = keyOfDelayedId(id)
    if (key === undefined || ownerOfDelayed(key, shardCount) !== shard) return false
    if (this.#sending.has(key)) return false
    const value = store.get(Table.DELAYED, key)
    if (value === undefined) return false
    this.#cancelKey(key, key.length + value.length)
    return true
  }

  /**
   * Cancels this shard's messages whose topic matches the filter, in steps.
   * @param from '' to begin, then the `next` of the step before
   * @returns how many were cancelled, and where to go on; `next` undefined = that was all
   */
  cancelMatching(filter: string, from: string): { cancelled: number; next: string | undefined } {
    const { router, shard, shardCount, store } = this.#ports
    const found: { readonly key: string; readonly bytes: number }[] = []
    let next: string | undefined
    let keys = 0
    for (let partition = shard; partition < PARTITIONS; partition += shardCount) {
      const start = u8Key(partition)
      const end = prefixEnd(start)
      if (end <= from || next !== undefined) continue
      store.scan(Table.DELAYED, from > start ? from : start, end, (key, value) => {
        const delayed = this.#sending.has(key) ? undefined : decodeDelayed(key, value, router)
        if (delayed !== undefined && matchesFilter(filter, delayed.message.topic.topic)) {
          found.push({ key, bytes: key.length + value.length })
        }
        if (++keys >= CANCEL_KEYS_MAX) next = `${key}\0`
        return next === undefined
      })
    }
    for (const { key, bytes } of found) this.#cancelKey(key, bytes)
    return { cancelled: found.length, next }
  }

  #give(delayed: StoredMessage, nowMs: number, visit: (delayed: DelayedMessage) => boolean): void {
    const { key, bytes, entry } = delayed
    const { expiresAtMs } = entry.message
    if (expiresAtMs !== 0 && expiresAtMs <= nowMs) {
      this.#ports.metrics.increment(Metric.DELAYED_EXPIRED)
      this.#sending.delete(key)
      this.#removeKey(key, bytes)
      return
    }
    this.#ports.metrics.increment(Metric.DELAYED_SENT)
    if (visit(entry)) this.settle(entry.id)
  }

  /** Reads what is due first, from one partition as far as no other one is earlier. */
  #nextBatch(nowMs: number, limit: number): Batch | undefined {
    const first = this.#earliest(nowMs)
    if (first === undefined) return undefined
    const { partition, untilMs } = first
    const from = this.#heads.get(partition)
    assert(from !== undefined, 'the earliest partition has a head')
    const batch: Batch = { keys: 0, messages: [] }
    let next = partitionKey(partition, untilMs + 1)
    let bytesLeft = BATCH_BYTES_MAX
    const { metrics, router, store, unreadable } = this.#ports
    store.scan(Table.DELAYED, from, next, (key, value) => {
      if (this.#sending.has(key)) return true
      batch.keys++
      const bytes = key.length + value.length
      const entry = decodeDelayed(key, value, router)
      // What cannot be read stays where it is: a later version may be able to.
      if (entry === undefined) {
        metrics.increment(Metric.DELAYED_CORRUPT)
        unreadable(key)
      } else {
        batch.messages.push({ key, bytes, entry })
        this.#sending.set(key, bytes)
      }
      bytesLeft -= bytes
      const full = batch.keys >= limit || bytesLeft <= 0
      if (full) next = `${key}\0`
      return !full
    })
    this.#findHead(partition, next)
    return batch
  }

  /** The partition whose head is due first, and until when no other one has anything earlier. */
  #earliest(nowMs: number): { readonly partition: number; readonly untilMs: number } | undefined {
    let partition = -1
    let firstMs = Number.POSITIVE_INFINITY
    let secondMs = Number.POSITIVE_INFINITY
    for (const [candidate, head] of this.#heads) {
      const dueAtMs = dueTimeOf(head)
      if (dueAtMs < firstMs) {
        secondMs = firstMs
        firstMs = dueAtMs
        partition = candidate
      } else secondMs = Math.min(secondMs, dueAtMs)
    }
    if (partition === -1 || firstMs > nowMs) return undefined
    return { partition, untilMs: Math.min(secondMs, Math.floor(nowMs)) }
  }

  #findHead(partition: number, from: string): void {
    this.#heads.delete(partition)
    const { store } = this.#ports
    store.scan(Table.DELAYED, from, prefixEnd(u8Key(partition)), (key) => {
      if (this.#sending.has(key)) return true
      this.#heads.set(partition, key)
      return false
    })
  }

  #cancelKey(key: string, bytes: number): void {
    this.#removeKey(key, bytes)
    this.#ports.metrics.increment(Metric.DELAYED_CANCELLED)
    const partition = key.charCodeAt(0)
    if (this.#heads.get(partition) === key) this.#findHead(partition, key)
  }

  #removeKey(key: string, bytes: number): void {
    this.#ports.store.remove(Table.DELAYED, key)
    this.#changed(key, -1, -bytes)
  }

  #changed(key: string, countDelta: number, bytesDelta: number): void {
    const { metrics, totals } = this.#ports
    totals.add(key, countDelta, bytesDelta)
    metrics.setGauge(Gauge.DELAYED, totals.ownCount)
  }
}

interface StoredMessage {
  readonly key: string
  readonly bytes: number
  readonly entry: DelayedMessage
}

interface Batch {
  /** Keys it went over, those that could not be read included. */
  keys: number
  readonly messages: StoredMessage[]
}
