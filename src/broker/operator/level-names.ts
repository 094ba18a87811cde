import { textKey } from '#kernel/binary-key.ts'
import type { LevelQuery, LevelView } from './views.ts'

type Level = { -readonly [Name in keyof LevelView]: LevelView[Name] } & {
  /** Its name as text that sorts like the UTF-8 bytes. */
  readonly order: string
}

/** Levels kept in memory for each one that is asked for. */
const SLACK = 4

/**
 * The first levels below a topic, whatever the order in which they come: what cannot be among
 * them any more is dropped, so that memory is bounded by the limit of the query.
 */
export class LevelNames {
  readonly #prefix: string
  readonly #after: string
  readonly #limit: number
  readonly #levels = new Map<string, Level>()
  /** Names from here on are not among the first. */
  #end: string | undefined

  constructor({ parent, after, limit }: LevelQuery) {
    this.#prefix = parent === undefined ? '' : `${parent}/`
    this.#after = after === undefined ? '' : textKey(after)
    this.#limit = limit
  }

  /** The level of a topic or filter below the parent; undefined when it is not wanted. */
  level(text: string): Level | undefined {
    const start = this.#prefix.length
    if (!text.startsWith(this.#prefix)) return undefined
    const slash = text.indexOf('/', start)
    const name = slash === -1 ? text.slice(start) : text.slice(start, slash)
    const level = this.#levels.get(name) ?? this.#add(name)
    if (level !== undefined && slash !== -1) level.isDeeper = true
    return level
  }

  /** The first of them, in the order of their names. */
  views(): readonly LevelView[] {
    this.#shrink()
    return [...this.#levels.values()].map(({ order: _order, ...view }) => view)
  }

  #add(name: string): Level | undefined {
    const order = textKey(name)
    if (this.#after !== '' && order <= this.#after) return undefined
    if (this.#end !== undefined && order >= this.#end) return undefined
    if (this.#levels.size >= this.#limit * SLACK) {
      this.#shrink()
      if (this.#end !== undefined && order >= this.#end) return undefined
    }
    const none = { topics: 0, filters: 0, isMet: false, isRetained: false, isDeeper: false }
    const level = { name, order, ...none }
    this.#levels.set(name, level)
    return level
  }

  #shrink(): void {
    const sorted = [...this.#levels.values()].toSorted((one, other) => {
      return one.order < other.order ? -1 : 1
    })
    this.#end = sorted[this.#limit]?.order ?? this.#end
    this.#levels.clear()
    for (const level of sorted.slice(0, this.#limit)) this.#levels.set(level.name, level)
  }
}
