import { Gauge, METRIC_NAMES, type Metrics } from '#broker/metrics.ts'
import type { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import type { NodePort } from '../node-port.ts'
import { spacingMsOf } from './sampler.ts'
import type { HealthReader } from './shared-health.ts'

/** Counters of a point: what came since the point before. */
const COUNTERS = {
  received: 'messages.received',
  sent: 'messages.sent',
  dropped: 'messages.dropped',
  bytes_received: 'bytes.received',
  bytes_sent: 'bytes.sent',
} as const
type Counter = keyof typeof COUNTERS
const COUNTER_COLUMNS = Object.keys(COUNTERS) as readonly Counter[] // Keys of that very constant.
const WORST_COLUMNS = ['lag_ms', 'heap_bytes'] as const
const COLUMNS = ['connections', ...COUNTER_COLUMNS, ...WORST_COLUMNS] as const

/** One point of the charts of one shard. */
export type ShardPoint = { readonly time_stamp: number; readonly shard: number } & Readonly<
  Record<(typeof COLUMNS)[number], number>
>

/** Between points, so that seven days of 30 shards stay small. */
const INTERVAL_MS = 60_000
const KEPT_MS = 7 * 86_400_000

/** Takes the numbers of each shard every minute, and keeps them for seven days. */
export class ShardSampler {
  readonly #node: NodePort
  readonly #database: SqliteDatabase
  readonly #health: HealthReader
  readonly #timer: NodeJS.Timeout
  #counters: readonly Record<Counter, number>[]

  constructor(node: NodePort, database: SqliteDatabase, health: HealthReader) {
    this.#node = node
    this.#database = database
    this.#health = health
    this.#counters = node.metrics.map(readCounters)
    this.#timer = setInterval(() => void this.sample(), INTERVAL_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Takes a point of every shard now. Points that cannot be written are logged. */
  async sample(): Promise<void> {
    const nowMs = Math.floor(this.#node.nowMs())
    const before = this.#counters
    const now = this.#node.metrics.map(readCounters)
    this.#counters = now
    const connections = this.#node.metrics.map((metrics) => metrics.get(Gauge.LIVE_CONNECTIONS))
    try {
      const health = await this.#health()
      const rows = now.map((counters, shard) => [
        connections[shard] ?? 0,
        ...COUNTER_COLUMNS.map((name) => counters[name] - (before[shard]?.[name] ?? 0)),
        Math.round(health[shard]?.lagP99Ms ?? 0),
        health[shard]?.heapUsedBytes ?? 0,
      ])
      const places = ['?', '?', ...COLUMNS.map(() => '?')].join(', ')
      const sql = `INSERT OR REPLACE INTO shard_chart VALUES (${places})`
      for (const [shard, values] of rows.entries()) {
        this.#database.run(sql, nowMs, shard, ...values)
      }
      this.#database.run('DELETE FROM shard_chart WHERE at_ms < ?', nowMs - KEPT_MS)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#node.log.warn('chart_point_not_written', { reason })
    }
  }

  /** Points of the last `latestS` seconds, undefined = all; by time, then by shard. */
  points(latestS: number | undefined): readonly ShardPoint[] {
    const fromMs = latestS === undefined ? 0 : this.#node.nowMs() - latestS * 1000
    const sums = COUNTER_COLUMNS.map((name) => `sum(${name}) AS ${name}`)
    const worst = WORST_COLUMNS.map((name) => `max(${name}) AS ${name}`)
    const rows = this.#database.all(
      `SELECT max(at_ms) AS time_stamp, shard,
         CAST(round(avg(connections)) AS INTEGER) AS connections, ${[...sums, ...worst].join(', ')}
       FROM shard_chart WHERE at_ms >= ? GROUP BY CAST(at_ms / ? AS INTEGER), shard ORDER BY 1, 2`,
      Math.floor(fromMs),
      spacingMsOf(latestS),
    )
    return rows.map((row) => {
      const names = ['time_stamp', 'shard', ...COLUMNS]
      // Every column was set.
      return Object.fromEntries(names.map((name) => [name, Number(row[name])])) as ShardPoint
    })
  }

  /** Forgets all points. */
  clear(): void {
    this.#database.run('DELETE FROM shard_chart')
  }
}

function readCounters(metrics: Metrics): Record<Counter, number> {
  const entries = COUNTER_COLUMNS.map((name) => {
    return [name, metrics.get(METRIC_NAMES.indexOf(COUNTERS[name]))] as const
  })
  return Object.fromEntries(entries) as Record<Counter, number> // Every one was set.
}
