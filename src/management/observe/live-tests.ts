import type { RuleTraceEntry } from '#streams/rules/rule-trace.ts'
import { LIVE_TESTS_MAX, type LiveTestEvent } from '../contract/rule-tests.ts'
import { ApiError } from '../http/api-error.ts'
import type { RulePort } from '../rule-port.ts'

/** How often results are fetched and pushed; also a sign of life. */
const PUSH_MS = 500
/** Who does not read what is pushed loses the place this long after the time is up. */
const GRACE_MS = 5_000
/** Unless the caller says otherwise. */
const SECONDS = 60
const RECORDS = 100

/** A statement and how long it is tested. */
export interface LiveTestQuery {
  readonly sql: string
  readonly seconds?: number
  readonly records?: number
}

interface Running {
  readonly id: string
  readonly endsAtMs: number
  /** Ends it when nobody reads. */
  timer: NodeJS.Timeout | undefined
  isEnded: boolean
  /** Ends a pause. */
  wakeUp: () => void
}

/** Statements that are being tested on live messages, a few at a time. */
export class LiveTests {
  readonly #rules: RulePort
  readonly #running: Set<Running>
  #lastId: number

  constructor(rules: RulePort) {
    this.#rules = rules
    this.#running = new Set()
    this.#lastId = 0
  }

  /** How many run. */
  get count(): number {
    return this.#running.size
  }

  /**
   * What comes of records from now on. Whoever returns the iterator ends the test.
   * @param query its statement is a correct one
   * @throws ApiError 503 when too many run
   */
  run(query: LiveTestQuery): AsyncIterable<LiveTestEvent> {
    if (this.#running.size >= LIVE_TESTS_MAX) {
      const message = `${LIVE_TESTS_MAX} live tests run already: end one, or try again soon.`
      throw new ApiError(503, 'SERVICE_UNAVAILABLE', message)
    }
    const { sql, seconds = SECONDS, records = RECORDS } = query
    const test: Running = {
      id: `live_test_${++this.#lastId}`,
      endsAtMs: performance.now() + seconds * 1_000,
      timer: undefined,
      isEnded: false,
      wakeUp: () => {},
    }
    this.#running.add(test)
    test.timer = setTimeout(() => this.#end(test), seconds * 1_000 + GRACE_MS).unref()
    return this.#events(test, sql, records)
  }

  /** Ends all tests. */
  stop(): void {
    for (const test of this.#running) this.#end(test)
  }

  async *#events(test: Running, sql: string, records: number): AsyncGenerator<LiveTestEvent> {
    if (test.isEnded) return
    try {
      await this.#rules.startLiveTest({ id: test.id, sql, recordsMax: records })
      yield { items: [] }
      for (let left = records; !test.isEnded;) {
        await pause(test, Math.min(PUSH_MS, Math.max(0, test.endsAtMs - performance.now())))
        if (test.isEnded) return
        const isLate = performance.now() >= test.endsAtMs
        // Each shard runs it on as many.
        const items = (await this.#rules.takeLiveTested(test.id)).slice(0, left).map(toItem)
        left -= items.length
        const ended = left === 0 ? 'records' : isLate ? 'time' : undefined
        yield { items, ...(ended && { ended }) }
        if (ended !== undefined) return
      }
    } finally {
      this.#end(test)
    }
  }

  #end(test: Running): void {
    if (test.isEnded) return
    test.isEnded = true
    clearTimeout(test.timer)
    this.#running.delete(test)
    test.wakeUp()
    // A shard that cannot be told has stopped, and its tests with it.
    this.#rules.endLiveTest(test.id).catch(() => {})
  }
}

function pause(test: Running, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    test.wakeUp = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function toItem({ atMs, step, fields }: RuleTraceEntry): LiveTestEvent['items'][number] {
  return { at: atMs, step, fields }
}
