import type { SqliteDatabase, SqlRow } from '#storage/sqlite/sqlite-database.ts'
import { GAUGES, METRIC_COUNT, METRIC_NAMES, sumOf } from '#broker/metrics.ts'
import type { NodePort } from '../node-port.ts'
import type { HealthReader } from './shared-health.ts'

/** Gauges of a point: their value at the time. */
const POINT_GAUGES = {
  connections: 'connections',
  live_connections: 'live_connections',
  subscriptions: 'subscriptions',
  subscriptions_durable: 'durable_subscriptions',
  topics: 'topics',
} as const

/** Counters of a point: what came since the point before. */
const POINT_COUNTERS = {
  received: 'messages.received',
  sent: 'messages.sent',
  dropped: 'messages.dropped',
  persisted: 'messages.persisted',
  bytes_received: 'bytes.received',
  bytes_sent: 'bytes.sent',
  validation_succeeded: 'messages.validation_succeeded',
  validation_failed: 'messages.validation_failed',
  transformation_succeeded: 'messages.transformation_succeeded',
  transformation_failed: 'messages.transformation_failed',
} as const

export type GaugeColumn = keyof typeof POINT_GAUGES | 'disconnected_durable_sessions'
/** How the process did: the worst of the time since the point before. */
interface Wellbeing {
  readonly lag_ms: number
  readonly memory: number
}
const WELLBEING_COLUMNS = ['lag_ms', 'memory'] as const satisfies readonly (keyof Wellbeing)[]

export type CounterColumn = keyof typeof POINT_COUNTERS
/** A number for every counter of a point: counts, or what they grew by in a second. */
export type Counters = Readonly<Record<CounterColumn, number>>
/** One point of the charts. */
export type Point = { readonly time_stamp: number } & Readonly<
  Record<GaugeColumn | CounterColumn | keyof Wellbeing, number>
>

export const GAUGE_COLUMNS: readonly GaugeColumn[] = [
  ...(Object.keys(POINT_GAUGES) as (keyof typeof POINT_GAUGES)[]), // Keys of that very constant.
  'disconnected_durable_sessions',
]
export const COUNTER_COLUMNS = Object.keys(POINT_COUNTERS) as readonly CounterColumn[] // As above.

const KEPT_MS = 7 * 86_400_000
/** Points taken between two removals of old ones. */
const REMOVE_EVERY = 100
/** Longest time to look back, and the distance of points then, both in s. */
const SPACING: readonly (readonly [latestMax: number, spacing: number])[] = [
  [60, 1],
  [3600, 10],
  [86_400, 60],
  [259_200, 300],
  [Number.POSITIVE_INFINITY, 600],
]

/** Distance of points when one looks back so many seconds; undefined: to the first one. */
export function spacingMsOf(latestS = Number.POSITIVE_INFINITY): number {
  return (SPACING.find(([max]) => latestS <= max)?.[1] ?? 600) * 1000
}

/** Takes the numbers for charts now and then, and keeps them for seven days. */
export class Sampler {
  readonly #node: NodePort
  readonly #database: SqliteDatabase
  readonly #timer: NodeJS.Timeout
  readonly #health: HealthReader
  #counters: Counters
  #atMs: number
  #rates: Counters
  #lagMs = 0
  #sinceRemoval = 0

  constructor(node: NodePort, database: SqliteDatabase, intervalMs: number, health: HealthReader) {
    this.#node = node
    this.#database = database
    this.#health = health
    this.#counters = readCounters(node)
    this.#atMs = node.nowMs()
    this.#rates = perSecond(this.#counters, this.#counters, 1)
    this.#timer = setInterval(() => this.sample(), intervalMs).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Takes a point now. One that cannot be written is logged. */
  sample(): void {
    const nowMs = this.#node.nowMs()
    // Shards answer later: a point tells how late they were before it.
    this.#health().then(
      (shards) => (this.#lagMs = Math.max(0, ...shards.map(({ lagP99Ms }) => lagP99Ms))),
      () => (this.#lagMs = 0),
    )
    const counters = readCounters(this.#node)
    this.#rates = perSecond(counters, this.#counters, Math.max(1, nowMs - this.#atMs))
    const deltas = COUNTER_COLUMNS.map((name) => counters[name] - this.#counters[name])
    this.#counters = counters
    this.#atMs = nowMs
    const gauges = readGauges(this.#node)
    try {
      const memory = process.memoryUsage.rss()
      const values = [...GAUGE_COLUMNS.map((name) => gauges[name]), ...deltas]
      this.#write(nowMs, [...values, Math.round(this.#lagMs), memory])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#node.log.warn('chart_point_not_written', { reason })
    }
  }

  /** What happens now: gauges, and counters per second over the last interval. */
  current() {
    return currentOf(this.#node, this.#rates)
  }

  /** Points of the last `latestS` seconds, undefined = all; the longer, the wider apart. */
  points(latestS: number | undefined): readonly Point[] {
    const fromMs = latestS === undefined ? 0 : this.#node.nowMs() - latestS * 1000
    const gauges = GAUGE_COLUMNS.map((name) => `CAST(round(avg(${name})) AS INTEGER) AS ${name}`)
    const sums = COUNTER_COLUMNS.map((name) => `sum(${name}) AS ${name}`)
    const worst = WELLBEING_COLUMNS.map((name) => `max(${name}) AS ${name}`)
    const rows = this.#database.all(
      `SELECT max(at_ms) AS time_stamp, ${[...gauges, ...sums, ...worst].join(', ')}
       FROM chart WHERE at_ms >= ? GROUP BY CAST(at_ms / ? AS INTEGER) ORDER BY 1`,
      Math.floor(fromMs),
      spacingMsOf(latestS),
    )
    return rows.map(toPoint)
  }

  /** Forgets all points. */
  clear(): void {
    this.#database.run('DELETE FROM chart')
  }

  #write(nowMs: number, values: readonly number[]): void {
    const names = [...GAUGE_COLUMNS, ...COUNTER_COLUMNS, ...WELLBEING_COLUMNS].join(', ')
    const places = ['?', ...values.map(() => '?')].join(', ')
    const sql = `INSERT OR REPLACE INTO chart (at_ms, ${names}) VALUES (${places})`
    this.#database.run(sql, Math.floor(nowMs), ...values)
    if (++this.#sinceRemoval < REMOVE_EVERY) return
    this.#sinceRemoval = 0
    this.#database.run('DELETE FROM chart WHERE at_ms < ?', Math.floor(nowMs) - KEPT_MS)
  }
}

/** Gauges of now with these rates. */
export function currentOf(node: NodePort, rates: Counters) {
  return {
    ...readGauges(node),
    received_msg_rate: rates.received,
    sent_msg_rate: rates.sent,
    dropped_msg_rate: rates.dropped,
    persisted_rate: rates.persisted,
    validation_succeeded_rate: rates.validation_succeeded,
    validation_failed_rate: rates.validation_failed,
    transformation_succeeded_rate: rates.transformation_succeeded,
    transformation_failed_rate: rates.transformation_failed,
    retained_msg_count: gauge(node, 'retained'),
    shared_subscriptions: gauge(node, 'subscriptions.shared'),
  }
}

function readGauges(node: NodePort): Readonly<Record<GaugeColumn, number>> {
  const entries = Object.entries(POINT_GAUGES).map(([column, name]) => [column, gauge(node, name)])
  const gauges = Object.fromEntries(entries) as Record<GaugeColumn, number> // All but one.
  gauges.disconnected_durable_sessions = Math.max(0, gauges.connections - gauges.live_connections)
  return gauges
}

function gauge(node: NodePort, name: (typeof GAUGES)[number]): number {
  return sumOf(node.metrics, METRIC_COUNT + GAUGES.indexOf(name))
}

/** Counters since the start of the node. */
export function readCounters(node: NodePort): Counters {
  const entries = Object.entries(POINT_COUNTERS).map(([column, name]) => {
    return [column, sumOf(node.metrics, METRIC_NAMES.indexOf(name))] as const
  })
  return Object.fromEntries(entries) as Record<CounterColumn, number> // Every column was set.
}

/** What counters grew by per second. */
export function perSecond(now: Counters, before: Counters, elapsedMs: number): Counters {
  const entries = COUNTER_COLUMNS.map((name) => {
    return [name, Math.round(((now[name] - before[name]) * 1000) / elapsedMs)] as const
  })
  return Object.fromEntries(entries) as Record<CounterColumn, number> // Every column was set.
}

function toPoint(row: SqlRow): Point {
  const names = ['time_stamp', ...GAUGE_COLUMNS, ...COUNTER_COLUMNS, ...WELLBEING_COLUMNS]
  return Object.fromEntries(names.map((name) => [name, Number(row[name])])) as Point // All set.
}
