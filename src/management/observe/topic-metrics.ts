import type { TopicCounts } from '#broker/operator/topic-watch.ts'
import type { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import type { NodePort } from '../node-port.ts'
import type { Shards } from '../shards.ts'

const RATE_MS = 5000
const NAMES = ['in', 'out'] as const

interface Watched {
  readonly createdAtMs: number
  resetAtMs: number | undefined
  /** Counts of the last look, for rates. */
  before: Readonly<Record<string, number>>
  rates: Readonly<Record<string, number>>
}

/** A topic whose messages are counted, as it stands. */
export interface WatchedTopic {
  readonly topic: string
  readonly createdAtMs: number
  readonly resetAtMs: number | undefined
  readonly metrics: Readonly<Record<string, number>>
}

/** Topics whose messages are counted. The list is kept over a restart, the counts are not. */
export class TopicMetrics {
  readonly #database: SqliteDatabase
  readonly #node: NodePort
  readonly #shards: Shards
  readonly #topics = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout

  constructor(database: SqliteDatabase, node: NodePort, shards: Shards) {
    this.#database = database
    this.#node = node
    this.#shards = shards
    for (const row of database.all('SELECT * FROM watched_topics ORDER BY created_at_ms')) {
      this.#topics.set(String(row['topic']), fresh(Number(row['created_at_ms'])))
    }
    this.#timer = setInterval(() => void this.#measure(), RATE_MS).unref()
  }

  /** Has the shards count. */
  async start(): Promise<void> {
    if (this.#topics.size > 0) await this.#tell()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  get count(): number {
    return this.#topics.size
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  async add(topic: string, createdAtMs = this.#node.nowMs()): Promise<void> {
    const sql = 'INSERT INTO watched_topics (topic, created_at_ms) VALUES (?, ?)'
    this.#database.run(sql, topic, Math.floor(createdAtMs))
    this.#topics.set(topic, fresh(createdAtMs))
    await this.#tell()
  }

  /** What is counted since when, for backups. */
  dump(): readonly { readonly topic: string; readonly createdAtMs: number }[] {
    return [...this.#topics].map(([topic, { createdAtMs }]) => ({ topic, createdAtMs }))
  }

  /** False when it is not counted. */
  async remove(topic: string): Promise<boolean> {
    if (!this.#topics.delete(topic)) return false
    this.#database.run('DELETE FROM watched_topics WHERE topic = ?', topic)
    await this.#tell()
    return true
  }

  /** One topic, or all; false when it is not counted. */
  async reset(topic: string | undefined): Promise<boolean> {
    const topics = topic === undefined ? [...this.#topics.keys()] : [topic]
    for (const one of topics) {
      const watched = this.#topics.get(one)
      if (watched === undefined) return false
      watched.resetAtMs = this.#node.nowMs()
      watched.before = {}
      watched.rates = {}
      await this.#shards.callAll('resetTopic', one)
    }
    return true
  }

  async read(): Promise<readonly WatchedTopic[]> {
    const counts = await this.#counts()
    return [...this.#topics].map(([topic, { createdAtMs, resetAtMs, rates }]) => {
      const now = counts.get(topic) ?? countsOf([])
      const withRates = Object.entries(now).flatMap(([name, count]) => [
        [`${name}.count`, count] as const,
        [`${name}.rate`, rates[name] ?? 0] as const,
      ])
      return { topic, createdAtMs, resetAtMs, metrics: Object.fromEntries(withRates) }
    })
  }

  async #tell(): Promise<void> {
    await this.#shards.callAll('watchTopics', [...this.#topics.keys()])
  }

  async #measure(): Promise<void> {
    if (this.#topics.size === 0) return
    try {
      const counts = await this.#counts()
      for (const [topic, watched] of this.#topics) {
        const now = counts.get(topic) ?? {}
        const rates = Object.entries(now).map(([name, count]) => {
          const perSecond = ((count - (watched.before[name] ?? 0)) * 1000) / RATE_MS
          return [name, Math.max(0, Math.round(perSecond * 100) / 100)] as const
        })
        watched.rates = Object.fromEntries(rates)
        watched.before = now
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#node.log.warn('topic_rates_not_measured', { reason })
    }
  }

  /** Sums over the shards by topic. */
  async #counts(): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
    const parts = (await this.#shards.callAll('topicCounts')).flat()
    const byTopic = Map.groupBy(parts, ({ topic }) => topic)
    return new Map([...byTopic].map(([topic, list]) => [topic, countsOf(list)]))
  }
}

function fresh(createdAtMs: number): Watched {
  return { createdAtMs, resetAtMs: undefined, before: {}, rates: {} }
}

function countsOf(parts: readonly TopicCounts[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = { 'message.dropped': 0 }
  for (const name of NAMES) {
    const byQos = [0, 1, 2].map((qos) =>
      parts.reduce((sum, part) => sum + (part[name][qos] ?? 0), 0),
    )
    counts[`message.${name}`] = byQos.reduce((sum, one) => sum + one, 0)
    for (const [qos, count] of byQos.entries()) counts[`message.qos${qos}.${name}`] = count
  }
  for (const { dropped } of parts) counts['message.dropped']! += dropped // Set above.
  return counts
}
