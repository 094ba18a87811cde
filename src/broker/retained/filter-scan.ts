import {
  isLongKey,
  KEY_TOPIC_BYTES_MAX,
  keyBefore,
  keyFrom,
  TABLE_END,
  TABLE_START,
  topicOrder,
} from './retained-key.ts'

/** What `FilterScan.examine` says of a key. */
export const Verdict = {
  /** No match; go on at `seek`, or at the next key when `seek` is empty. */
  MISS: 0,
  MATCH: 1,
  /** Key of a long topic: the filter must be compared with the topic in its record. */
  COMPARE: 2,
  /** No match, and no later key can match. */
  END: 3,
} as const
export type Verdict = (typeof Verdict)[keyof typeof Verdict]

const SEPARATOR = '\0'
/** The least text after a whole level and all of its children. */
const AFTER_CHILDREN = '\x01'
const DOLLAR = 0x24
const AFTER_DOLLAR = '%'

/**
 * Decides key by key which retained topics a filter matches, and where in the order of keys the
 * next match can be, so that a walk skips what cannot match: a literal level seeks, `+` goes from
 * one value of its level to the next, `#` takes the range below it.
 */
export class FilterScan {
  /** The walk is over keys in [`from`, `to`). */
  readonly from: string
  readonly to: string
  /** After `examine`: where the next match can be at the earliest; empty = at the next key. */
  seek: string
  /** Levels as key text; `+` and `#` as themselves. */
  readonly #levels: readonly string[]
  /**
   * By level: the literals from there up to the next wildcard, as key text; no more of them than
   * fills a key. Made when first used.
   */
  readonly #runs: Array<string | undefined>

  /** @param filter a valid filter, or undefined for everything, `$` topics included */
  constructor(filter: string | undefined) {
    this.seek = ''
    if (filter === undefined) {
      this.#levels = []
      this.#runs = []
      this.from = TABLE_START
      this.to = TABLE_END
      return
    }
    const levels = topicOrder(filter).split(SEPARATOR)
    this.#levels = levels
    this.#runs = []
    const wildcard = levels.findIndex((level) => level === '+' || level === '#')
    const run = this.#run(0)
    if (wildcard === 0) {
      this.from = TABLE_START
      this.to = TABLE_END
    } else if (wildcard === -1) {
      this.from = keyFrom(run)
      this.to = keyBefore(run + SEPARATOR)
    } else {
      this.from = keyFrom(run)
      this.to = keyBefore(levels.slice(0, wildcard).join(SEPARATOR) + AFTER_CHILDREN)
    }
  }

  /** Decides about a key and sets `seek`. The key is in the range and not below the last `seek`. */
  examine(key: string): Verdict {
    this.seek = ''
    const levels = this.#levels
    if (levels.length === 0) return Verdict.MATCH
    const long = isLongKey(key)
    const end = long ? KEY_TOPIC_BYTES_MAX : key.length
    let start = 0
    let plusEnd = -1 // End of the last level that a `+` matched.
    for (let level = 0; level < levels.length; level++) {
      const want = levels[level]! // In range.
      if (level === 0 && key.charCodeAt(0) === DOLLAR && (want === '+' || want === '#')) {
        this.seek = AFTER_DOLLAR // [MQTT-4.7.2-1]
        return Verdict.MISS
      }
      if (want === '#') return Verdict.MATCH
      const separator = key.indexOf(SEPARATOR, start)
      const stop = separator === -1 || separator > end ? end : separator
      const last = stop === end
      if (long && last) return Verdict.COMPARE // The rest of the level is not in the key.
      if (want === '+') plusEnd = stop
      else {
        const order = compareLevel(key, start, stop, want)
        if (order < 0) return this.#seekTo(key, key.slice(0, start) + this.#run(level))
        if (order > 0) return this.#seekPast(key, plusEnd, Verdict.END)
      }
      if (last) return this.#atLastLevel(key, level, plusEnd)
      start = stop + 1
    }
    // The topic has more levels than the filter.
    return this.#seekPast(key, plusEnd, Verdict.END)
  }

  /** The topic ended at `level`, and matched so far. */
  #atLastLevel(key: string, level: number, plusEnd: number): Verdict {
    const levels = this.#levels
    if (level === levels.length - 1) {
      this.#seekPast(key, plusEnd, Verdict.MATCH)
      return Verdict.MATCH
    }
    if (levels[level + 1] === '#') return Verdict.MATCH // `a/#` matches `a` [MQTT-4.7.1-1].
    return this.#seekTo(key, key + SEPARATOR + this.#run(level + 1))
  }

  #run(level: number): string {
    return (this.#runs[level] ??= literalRun(this.#levels, level))
  }

  #seekTo(key: string, order: string): Verdict {
    const seek = keyFrom(order)
    this.seek = seek > key ? seek : '' // Cut to the length of a key it may be too near.
    return Verdict.MISS
  }

  /** Nothing more can match below the level that the last `+` took: on to its next value. */
  #seekPast(key: string, plusEnd: number, without: Verdict): Verdict {
    if (plusEnd === -1) return without
    return this.#seekTo(key, key.slice(0, plusEnd) + AFTER_CHILDREN)
  }
}

/** Literals from `level` up to the next wildcard; a `+` that follows needs one more separator. */
function literalRun(levels: readonly string[], level: number): string {
  let run = ''
  for (let at = level; at < levels.length && run.length <= KEY_TOPIC_BYTES_MAX; at++) {
    const text = levels[at]! // In range.
    if (text === '#') return run
    if (at > level) run += SEPARATOR
    if (text === '+') return run
    run += text
  }
  return run
}

/** Compares `key[start, stop)` with `want` without cutting it out: negative, 0 or positive. */
function compareLevel(key: string, start: number, stop: number, want: string): number {
  const length = stop - start
  const common = Math.min(length, want.length)
  for (let at = 0; at < common; at++) {
    const difference = key.charCodeAt(start + at) - want.charCodeAt(at)
    if (difference !== 0) return difference
  }
  return length - want.length
}
