import type { RetainerSettings } from '../limits.ts'
import type { Message } from '../message.ts'
import { Gauge, Metric } from '../metrics.ts'
import type { Metrics } from '../metrics.ts'
import { Table } from '../ports.ts'
import type { Clock, KvStore } from '../ports.ts'
import type { Router } from '../router/router.ts'
import type { TableTotals } from '../table-totals.ts'
import { RaceRepair } from './race-repair.ts'
import { RetainedCursor } from './retained-cursor.ts'
import type { CursorOptions, CursorPorts } from './retained-cursor.ts'
import { isLongTopic, LONG_KEY_PROBES, longTopicKey, topicOrder } from './retained-key.ts'
import { decodeRetained, discardTime, encodeRetained } from './retained-record.ts'

export interface RetainedPorts {
  readonly store: KvStore
  readonly router: Router
  readonly clock: Clock
  readonly metrics: Metrics
  /** Of table RETAINED. */
  readonly totals: TableTotals
  /** Told of every look at a record that is damaged; it stays until its topic is set again. */
  readonly unreadable: (key: string) => void
  /** The settings in force. */
  readonly settings: () => RetainerSettings
}

/**
 * What became of a message that was to be retained. The words after `refused:` are for the log;
 * each has its own counter.
 */
export const SetResult = {
  STORED: 'stored',
  DELETED: 'deleted',
  /** There was nothing to delete. */
  ABSENT: 'absent',
  PAYLOAD_TOO_LARGE: 'refused:payload_too_large',
  COUNT_LIMIT: 'refused:count_limit',
  BYTE_LIMIT: 'refused:byte_limit',
  /** A long topic whose possible keys other topics have. */
  KEY_TAKEN: 'refused:key_taken',
} as const
export type SetResult = (typeof SetResult)[keyof typeof SetResult]

/**
 * The retained messages of all shards: any shard reads what is committed; each shard writes what
 * its own clients publish, and sees its own writes at once. When two shards set one topic at the
 * same time, the later one stays, see race-repair.ts.
 */
export class RetainedStore {
  readonly #ports: RetainedPorts
  readonly #cursorPorts: CursorPorts
  readonly #repair: RaceRepair

  constructor(ports: RetainedPorts) {
    this.#ports = ports
    this.#repair = new RaceRepair(ports)
    this.#cursorPorts = {
      store: ports.store,
      clock: ports.clock,
      get: (topic) => this.get(topic),
      read: (key, value) => this.#read(key, value),
    }
  }

  /** Reads the totals that earlier runs left to this shard. Call it once before anything else. */
  load(): void {
    this.#ports.totals.load()
    this.refreshGauge()
  }

  /** Does what is due between messages. To be called every 100 ms. */
  advance(): void {
    this.#ports.totals.tellCommitted()
    this.#repair.run()
    this.refreshGauge()
  }

  /** Takes over what a recount corrected. */
  refreshGauge(): void {
    const { metrics, totals } = this.#ports
    metrics.setGauge(Gauge.RETAINED, totals.ownCount)
  }

  /** Retained messages of all shards, expired ones not yet swept included. */
  get count(): number {
    return this.#ports.totals.count
  }

  /** Bytes of their keys and records. */
  get bytes(): number {
    return this.#ports.totals.bytes
  }

  /**
   * Keeps the message in place of its topic's earlier one, whatever the QoS of both
   * [MQTT-3.3.1-5] [MQTT311-3.3.1-7], or deletes that when the payload is empty [MQTT-3.3.1-6]
   * [MQTT-3.3.1-7]. Only for messages published with the retain flag [MQTT-3.3.1-8]. A refused
   * message leaves the earlier one as it is. The bytes are copied.
   */
  set(message: Message): SetResult {
    if (message.payloadLength === 0) return this.remove(message.topic.topic)
    const { metrics, store, totals } = this.#ports
    const settings = this.#ports.settings()
    if (message.payloadLength > settings.payloadBytesMax) {
      metrics.increment(Metric.RETAINED_REFUSED_PAYLOAD_TOO_LARGE)
      return SetResult.PAYLOAD_TOO_LARGE
    }
    const discardAtMs = discardAt(message, settings.messageExpiryMs)
    if (discardAtMs !== 0 && discardAtMs <= this.#ports.clock.nowMs()) {
      return this.remove(message.topic.topic) // It takes the earlier one's place and is gone.
    }
    const place = this.#locate(message.topic.topic)
    if (place === undefined) {
      metrics.increment(Metric.RETAINED_REFUSED_KEY_TAKEN)
      return SetResult.KEY_TAKEN
    }
    const { key, oldBytes } = place
    if (oldBytes === 0 && settings.messagesMax > 0 && totals.count >= settings.messagesMax) {
      metrics.increment(Metric.RETAINED_REFUSED_COUNT_LIMIT)
      return SetResult.COUNT_LIMIT
    }
    const record = encodeRetained(message, discardAtMs)
    const bytesDelta = key.length + record.length - oldBytes
    const { totalBytesMax } = settings
    if (totalBytesMax > 0 && bytesDelta > 0 && totals.bytes + bytesDelta > totalBytesMax) {
      metrics.increment(Metric.RETAINED_REFUSED_BYTE_LIMIT)
      return SetResult.BYTE_LIMIT
    }
    store.put(Table.RETAINED, key, record)
    metrics.increment(Metric.RETAINED_STORED)
    this.#changed(key, record, oldBytes === 0 ? 1 : 0, bytesDelta)
    return SetResult.STORED
  }

  /** Deletes the message of one topic. */
  remove(topic: string): typeof SetResult.DELETED | typeof SetResult.ABSENT {
    const place = this.#locate(topic)
    if (place === undefined || place.oldBytes === 0) {
      // Another shard may have set it and not committed yet.
      if (place !== undefined && this.#ports.totals.shared) {
        this.#ports.store.remove(Table.RETAINED, place.key)
        this.#changed(place.key, undefined, 0, 0)
      }
      return SetResult.ABSENT
    }
    this.#removeKey(place.key, place.oldBytes)
    this.#ports.metrics.increment(Metric.RETAINED_DELETED)
    return SetResult.DELETED
  }

  /** The message of one topic, bytes borrowed; undefined when there is none or it has expired. */
  get(topic: string): Message | undefined {
    const place = this.#locate(topic)
    if (place === undefined || place.oldBytes === 0) return undefined
    const value = this.#ports.store.get(Table.RETAINED, place.key)
    return value === undefined ? undefined : this.#read(place.key, value)
  }

  /**
   * A walk over the messages that match `filter` (valid, without `$share/…`), in the order of
   * topics; undefined = all, also those whose topic starts with `$`. Expired ones are left out.
   */
  open(filter: string | undefined, options?: CursorOptions): RetainedCursor {
    return new RetainedCursor(this.#cursorPorts, filter, options)
  }

  /**
   * Deletes up to `limit` messages that the cursor comes to, in one bounded step.
   * @returns true when another step is needed
   */
  removeNext(cursor: RetainedCursor, limit: number): boolean {
    return cursor.next(limit, (message) => {
      this.remove(message.topic.topic)
      return true
    })
  }

  /** For the sweep: deletes a record of `bytes` (with its key) that has expired. */
  discard(key: string, bytes: number): void {
    this.#removeKey(key, bytes)
    this.#ports.metrics.increment(Metric.RETAINED_EXPIRED)
  }

  #removeKey(key: string, oldBytes: number): void {
    this.#ports.store.remove(Table.RETAINED, key)
    this.#changed(key, undefined, -1, -oldBytes)
  }

  #changed(
    key: string,
    record: Uint8Array | undefined,
    countDelta: number,
    bytesDelta: number,
  ): void {
    const { clock, totals } = this.#ports
    totals.add(key, countDelta, bytesDelta)
    this.refreshGauge()
    if (!totals.shared) return
    this.#repair.wrote(key, record, totals.noteShared(key, clock.nowMs()))
  }

  #read(key: string, value: Uint8Array): Message | undefined {
    const { clock, metrics, router } = this.#ports
    const discardAtMs = discardTime(value)
    if (discardAtMs !== 0 && discardAtMs <= clock.nowMs()) return undefined
    const message = decodeRetained(value, router)
    if (message === undefined) {
      metrics.increment(Metric.RETAINED_CORRUPT)
      this.#ports.unreadable(key)
    }
    return message
  }

  /**
   * Key of a topic, and the bytes of key and record it has now (0 = none). Undefined for a long
   * topic when other long topics have all of its possible keys.
   */
  #locate(topic: string): Place | undefined {
    const { router, store } = this.#ports
    const order = topicOrder(topic)
    if (!isLongTopic(order)) {
      const value = store.get(Table.RETAINED, order)
      return { key: order, oldBytes: value === undefined ? 0 : order.length + value.length }
    }
    let free: Place | undefined
    for (let probe = 0; probe < LONG_KEY_PROBES; probe++) {
      const key = longTopicKey(order, probe)
      const value = store.get(Table.RETAINED, key)
      if (value === undefined) {
        free ??= { key, oldBytes: 0 }
        continue
      }
      const bytes = key.length + value.length
      const held = decodeRetained(value, router)
      if (held?.topic.topic === topic) return { key, oldBytes: bytes }
      if (held === undefined) free ??= { key, oldBytes: bytes } // Corrupt: may be overwritten.
    }
    return free
  }
}

interface Place {
  readonly key: string
  readonly oldBytes: number
}

/** When the message ends here: its own expiry, else that of the configuration; 0 = never. */
function discardAt(message: Message, expiryMs: number): number {
  if (message.expiresAtMs !== 0) return Math.ceil(message.expiresAtMs)
  const expires = expiryMs > 0 && Number.isFinite(expiryMs)
  return expires ? Math.ceil(message.receivedAtMs + expiryMs) : 0
}
