import type { DelayedMessage } from '#broker/delayed/delayed-record.ts'
import { DelayedStore } from '#broker/delayed/delayed-store.ts'
import type { AddResult } from '#broker/delayed/delayed-store.ts'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { Message } from '#broker/message.ts'
import { Metrics } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import { Router } from '#broker/router/router.ts'
import { TableTotals } from '#broker/table-totals.ts'
import type { MemoryStore } from '#storage/memory/memory-store.ts'

const NO_BYTES = Buffer.alloc(0)

export interface DelayerOptions {
  readonly store: MemoryStore
  readonly shard?: number
  readonly shardCount?: number
  readonly run?: number
  readonly memory?: SharedArrayBuffer
}

/** The delayed messages of one shard with all they need. */
export class Delayer {
  readonly store: MemoryStore
  readonly metrics: Metrics
  readonly router: Router
  readonly delayed: DelayedStore
  messagesMax: number

  constructor(options: DelayerOptions) {
    const { store, shard = 0, shardCount = 1, run = 1, memory } = options
    this.store = store
    this.metrics = new Metrics()
    this.router = new Router(shard, { topicLevelsMax: 128, topicCacheEntriesMax: 1_000 })
    this.messagesMax = 0
    const totals = new TableTotals(store, Table.DELAYED, shard, shardCount, memory)
    this.delayed = new DelayedStore({
      store,
      router: this.router,
      metrics: this.metrics,
      totals,
      shard,
      shardCount,
      run,
      unreadable() {},
      settings: () => ({ ...DEFAULT_SETTINGS.delayed, messagesMax: this.messagesMax }),
    })
    this.delayed.load()
  }

  add(topic: string, dueAtMs: number, expiresAtMs = 0): AddResult {
    const entry = this.router.entryFor(topic)
    const payload = Buffer.from(`for ${topic}`)
    const message = new Message(entry, payload, 1, false, NO_BYTES, expiresAtMs, 'pub', 5, false)
    return this.delayed.add(message, dueAtMs, 'ada')
  }

  /** Topics of what is due now, in the order they come; each publish is safe at once. */
  due(nowMs: number, limit = 1_000): string[] {
    const topics: string[] = []
    this.delayed.due(nowMs, limit, ({ message }) => {
      topics.push(message.topic.topic)
      return true
    })
    return topics
  }

  commit(): void {
    this.store.commit()
    this.store.completeCommit()
  }
}

/** The topics of delayed messages. */
export function topicsOf(list: readonly DelayedMessage[]): string[] {
  return list.map(({ message }) => message.topic.topic)
}
