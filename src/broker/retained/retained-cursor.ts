import type { Message } from '../message.ts'
import { Table } from '../ports.ts'
import type { Clock, KvStore } from '../ports.ts'
import { hasWildcard, matchesFilter } from '../topics/filter-match.ts'
import { FilterScan, Verdict } from './filter-scan.ts'
import { isLongKey } from './retained-key.ts'

/** Keys that one step of a cursor looks at, at most. */
const STEP_KEYS_MAX = 10_000
/** Time that one step of a cursor takes, about. */
const STEP_MS_MAX = 2
/** Keys between two looks at the clock. */
const KEYS_PER_CLOCK = 16
/** Keys to pass over one by one before it is cheaper to search for the next one. */
const KEYS_BEFORE_SEEK = 4

/** What a cursor needs of the store it walks. */
export interface CursorPorts {
  readonly store: KvStore
  readonly clock: Clock
  /** The message of one topic. */
  readonly get: (topic: string) => Message | undefined
  /** Undefined: expired, or corrupt and counted. */
  readonly read: (key: string, value: Uint8Array) => Message | undefined
}

export interface CursorOptions {
  /** Where an earlier cursor over the same filter stopped: its `position`. */
  readonly position?: string
  /** Messages to pass over first, for paging. */
  readonly skip?: number
}

/**
 * A walk over the retained messages that match a filter, in the order of their topics, in steps.
 *
 * Between two steps the table may change: a message set or deleted behind the position is not
 * seen, one ahead of it is; none is given twice. The cursor holds nothing but a key.
 */
export class RetainedCursor {
  readonly filter: string | undefined
  readonly #ports: CursorPorts
  readonly #scan: FilterScan
  #position: string
  /** Keys below need not be looked at; above `#position` while keys are passed over. */
  #target: string
  #skip: number
  #done: boolean
  #examined: number

  constructor(ports: CursorPorts, filter: string | undefined, options: CursorOptions = {}) {
    this.filter = filter
    this.#ports = ports
    this.#scan = new FilterScan(filter)
    this.#position = options.position ?? this.#scan.from
    this.#target = ''
    this.#skip = options.skip ?? 0
    this.#done = false
    this.#examined = 0
  }

  /** True when nothing is left. */
  get done(): boolean {
    return this.#done
  }

  /** Where the next step starts, for a later cursor. A binary string. */
  get position(): string {
    return this.#position
  }

  /** Keys looked at so far. */
  get examined(): number {
    return this.#examined
  }

  /**
   * Gives up to `limit` messages to `visit`. Their bytes are borrowed and last until `visit`
   * returns or reads from the store: `own()` what is kept. A `visit` that returns false ends the
   * step behind its message. The step also ends after `STEP_KEYS_MAX` keys or `STEP_MS_MAX`,
   * possibly without a message.
   * @returns true when another step is needed
   */
  next(limit: number, visit: (message: Message) => boolean): boolean {
    const step: Step = {
      left: limit,
      keys: STEP_KEYS_MAX,
      deadlineMs: this.#ports.clock.monotonicMs() + STEP_MS_MAX,
      passed: 0,
      visit,
    }
    if (!this.#done && this.filter !== undefined && !hasWildcard(this.filter)) {
      this.#done = true
      const message = limit > 0 && this.#skip === 0 ? this.#ports.get(this.filter) : undefined
      if (message !== undefined) visit(message)
    }
    while (!this.#done && step.left > 0 && step.keys > 0) {
      const outcome = this.#walk(step)
      if (outcome === Outcome.EXHAUSTED) this.#done = true
      if (outcome === Outcome.STOP) break
    }
    return !this.#done
  }

  #walk(step: Step): Outcome {
    let outcome: Outcome = Outcome.EXHAUSTED
    this.#target = ''
    step.passed = 0
    const { store } = this.#ports
    store.scan(Table.RETAINED, this.#position, this.#scan.to, (key, value) => {
      outcome = this.#step(step, key, value)
      if (outcome !== Outcome.CONTINUE) return false
      outcome = Outcome.EXHAUSTED // Unless another key follows.
      return true
    })
    return outcome
  }

  #step(step: Step, key: string, value: Uint8Array): Outcome {
    this.#examined++
    step.keys--
    if (key < this.#target) {
      if (++step.passed < KEYS_BEFORE_SEEK) return Outcome.CONTINUE
      this.#position = this.#target
      return step.keys > 0 && !this.#late(step) ? Outcome.SEEK : Outcome.STOP
    }
    const verdict = this.#scan.examine(key)
    if (verdict === Verdict.END) return Outcome.EXHAUSTED
    step.passed = 0
    this.#target = this.#scan.seek
    this.#position = this.#target === '' ? key + '\0' : this.#target
    let goOn = true
    if (verdict !== Verdict.MISS) goOn = this.#offer(step, verdict, key, value)
    if (!goOn || step.left <= 0 || step.keys <= 0) return Outcome.STOP
    return step.keys % KEYS_PER_CLOCK === 0 && this.#late(step) ? Outcome.STOP : Outcome.CONTINUE
  }

  #late(step: Step): boolean {
    return this.#ports.clock.monotonicMs() >= step.deadlineMs
  }

  /** Visits the message of a matching key; false when the visitor has had enough. */
  #offer(step: Step, verdict: Verdict, key: string, value: Uint8Array): boolean {
    if (verdict === Verdict.MATCH && this.#skip > 0 && !isLongKey(key)) {
      // Passed over without being read; what has expired still counts as a place in the list.
      this.#skip--
      return true
    }
    const message = this.#ports.read(key, value)
    if (message === undefined) return true
    if (verdict === Verdict.COMPARE && !matchesFilter(this.filter ?? '#', message.topic.topic)) {
      return true
    }
    if (this.#skip > 0) {
      this.#skip--
      return true
    }
    step.left--
    return step.visit(message)
  }
}

interface Step {
  left: number
  keys: number
  readonly deadlineMs: number
  /** Keys passed over since the last one that was examined. */
  passed: number
  readonly visit: (message: Message) => boolean
}

const Outcome = { CONTINUE: 0, SEEK: 1, STOP: 2, EXHAUSTED: 3 } as const
type Outcome = (typeof Outcome)[keyof typeof Outcome]
