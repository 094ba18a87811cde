import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import type { RetainerSettings } from '#broker/limits.ts'
import { Message } from '#broker/message.ts'
import type { QoS } from '#broker/qos.ts'
import { Metrics } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import type { Clock, KvStore } from '#broker/ports.ts'
import type { RetainedCursor } from '#broker/retained/retained-cursor.ts'
import { RetainedStore } from '#broker/retained/retained-store.ts'
import { RetainedSweep } from '#broker/retained/retained-sweep.ts'
import { Router } from '#broker/router/router.ts'
import { TableTotals } from '#broker/table-totals.ts'

/** A clock that stands still until it is told otherwise. */
export class ManualClock implements Clock {
  wallMs = 1_700_000_000_000
  steadyMs = 0
  /** Ms that pass with each look at the steady clock. */
  stepMs = 0

  nowMs(): number {
    return this.wallMs
  }

  monotonicMs(): number {
    this.steadyMs += this.stepMs
    return this.steadyMs
  }

  advance(ms: number): void {
    this.wallMs += ms
    this.steadyMs += ms
  }
}

export interface RetainerOptions {
  readonly store: KvStore
  readonly clock?: ManualClock
  readonly settings?: Partial<RetainerSettings>
  readonly shard?: number
  readonly shardCount?: number
  readonly memory?: SharedArrayBuffer
}

/** The retained messages of one shard with all they need. */
export class Retainer {
  readonly store: KvStore
  readonly clock: ManualClock
  readonly metrics: Metrics
  readonly router: Router
  readonly totals: TableTotals
  readonly retained: RetainedStore
  readonly sweep: RetainedSweep
  settings: RetainerSettings

  constructor(options: RetainerOptions) {
    const { store, shard = 0, shardCount = 1 } = options
    this.store = store
    this.clock = options.clock ?? new ManualClock()
    this.metrics = new Metrics()
    this.router = new Router(shard, { topicLevelsMax: 65_536, topicCacheEntriesMax: 1_000 })
    this.totals = new TableTotals(store, Table.RETAINED, shard, shardCount, options.memory)
    this.settings = { ...DEFAULT_SETTINGS.retainer, ...options.settings }
    const common = { store, clock: this.clock, totals: this.totals }
    const settings = (): RetainerSettings => this.settings
    this.retained = new RetainedStore({
      ...common,
      settings,
      unreadable() {},
      metrics: this.metrics,
      router: this.router,
    })
    this.retained.load()
    this.sweep = new RetainedSweep({ ...common, settings, retained: this.retained })
  }

  message(topic: string, payload = 'x', qos: QoS = 0, expiresAtMs = 0): Message {
    const entry = this.router.entryFor(topic)
    const bytes = Buffer.from(payload)
    const nowMs = this.clock.nowMs()
    return new Message(entry, bytes, qos, true, NO_BYTES, expiresAtMs, 'pub', nowMs, false)
  }

  set(topic: string, payload = 'x'): string {
    return this.retained.set(this.message(topic, payload))
  }

  /** Topics that the filter matches, in the order they come. */
  topics(filter: string | undefined, limit = 1_000_000): string[] {
    return drain(this.retained.open(filter), limit)
  }

  /** All topics with their payloads. */
  payloads(): string[] {
    const payloads: string[] = []
    const cursor = this.retained.open(undefined)
    cursor.next(100_000, ({ topic, payload }) => {
      payloads.push(`${topic.topic} ${payload.toString()}`)
      return true
    })
    return payloads
  }

  /** Runs the sweep until one walk is over; returns the pause until the next. */
  sweepOnce(): number {
    let pauseMs = this.sweep.run()
    for (let slices = 0; pauseMs === SLICE_PAUSE && slices < 100_000; slices++) {
      pauseMs = this.sweep.run()
    }
    return pauseMs
  }
}

const NO_BYTES = Buffer.alloc(0)
const SLICE_PAUSE = 50

/** All topics a cursor gives, in steps of `limit`. */
export function drain(cursor: RetainedCursor, limit: number): string[] {
  const topics: string[] = []
  while (
    cursor.next(limit, (message) => {
      topics.push(message.topic.topic)
      return true
    })
  );
  return topics
}
