import { type LevelCells, LogLevel } from '#kernel/system/log-record.ts'
import type { LogEntry, LogRing } from '#kernel/system/log-ring.ts'
import type { LogEvent, LogLine } from '../contract/logs.ts'
import { ApiError } from '../http/api-error.ts'
import { linesOf, type LogFilter } from './log-line.ts'

const LISTENERS_MAX = 20
/** Lines that one event has at most. */
const EVENT_LINES_MAX = 500
/** Who hears nothing for longer may think that the node is gone. */
const SILENCE_MS = 5_000

/** What is wanted: of the lines that pass the filter so many, the latest; so many events. */
export interface LogQuery extends LogFilter {
  readonly limit?: number
  readonly count?: number
}

/** The log of the node for people: what was lately, and what follows. */
export class LogFeed {
  readonly #ring: LogRing
  readonly #levels: LevelCells
  readonly #wakeUps = new Set<() => void>()
  #isStopped = false

  constructor(ring: LogRing, levels: LevelCells) {
    this.#ring = ring
    this.#levels = levels
  }

  /** Name of the level from which on lines of all modules are made. */
  get level(): string {
    const number = Math.max(...this.#levels)
    return Object.entries(LogLevel).find(([, value]) => value >= number)?.[0] ?? 'emergency'
  }

  /** How many listen. */
  get listenerCount(): number {
    return this.#wakeUps.size
  }

  /** The latest lines, the latest first, and whether there are more. */
  page(query: LogQuery & { readonly before?: number }): { lines: LogLine[]; hasMore: boolean } {
    const { limit = 100, before = Number.POSITIVE_INFINITY } = query
    const latestFirst = this.#ring.entries.filter(({ id }) => id < before).toReversed()
    const found = [...linesOf(latestFirst, query).take(limit + 1)]
    return { lines: found.slice(0, limit), hasMore: found.length > limit }
  }

  /**
   * The latest lines, then what follows. Whoever returns the iterator listens no more.
   * @throws ApiError 503 when too many listen
   */
  listen(query: LogQuery): AsyncIterable<LogEvent> {
    if (this.#wakeUps.size >= LISTENERS_MAX) {
      const message = `${LISTENERS_MAX} callers listen already: close one of them.`
      throw new ApiError(503, 'SERVICE_UNAVAILABLE', message)
    }
    return this.#events(query)
  }

  /** Ends the events of all who listen. */
  stop(): void {
    this.#isStopped = true
    for (const wakeUp of this.#wakeUps) wakeUp()
  }

  async *#events(query: LogQuery): AsyncGenerator<LogEvent> {
    const { count = Number.POSITIVE_INFINITY } = query
    let wakeUp = (): void => {}
    const wake = (): void => wakeUp()
    this.#wakeUps.add(wake)
    const end = this.#ring.listen(wake)
    try {
      let seen = this.#ring.lastId
      const latest = this.page(query).lines.toReversed()
      yield { is_first: true, lines: latest, missed: 0, level: this.level }
      for (let sent = 1; sent < count && !this.#isStopped; sent++) {
        if (this.#ring.lastId === seen) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, SILENCE_MS)
            wakeUp = () => {
              clearTimeout(timer)
              resolve()
            }
          })
        }
        if (this.#isStopped) return
        const next = this.#after(seen)
        const lines = [...linesOf(next.entries, query)]
        yield { is_first: false, lines, missed: next.missed, level: this.level }
        seen = next.lastId
      }
    } finally {
      end()
      this.#wakeUps.delete(wake)
    }
  }

  /** What came after a record, as much as one event has. */
  #after(seen: number): { entries: readonly LogEntry[]; missed: number; lastId: number } {
    const all = this.#ring.entries.filter(({ id }) => id > seen)
    const entries = all.slice(0, EVENT_LINES_MAX)
    const oldest = entries[0]?.id ?? this.#ring.lastId + 1
    return { entries, missed: oldest - seen - 1, lastId: entries.at(-1)?.id ?? this.#ring.lastId }
  }
}
