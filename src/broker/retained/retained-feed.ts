import type { RetainerSettings } from '../limits.ts'
import type { Message } from '../message.ts'
import { Metric } from '../metrics.ts'
import type { Metrics } from '../metrics.ts'
import type { Clock } from '../ports.ts'
import type { RetainedCursor } from './retained-cursor.ts'

/** Messages of one turn of a job; then the next job has its turn. */
const TURN_MESSAGES_MAX = 200
/** Time of one `run`, about; a single turn may take as long as a cursor's step. */
const RUN_MS_MAX = 4
/** Deliveries that may be under way in one shard. */
const FEED_JOBS_MAX = 1_000_000

export interface FeedPorts {
  readonly clock: Clock
  readonly metrics: Metrics
  readonly settings: () => RetainerSettings
}

/** The delivery of retained messages to one subscription. */
export interface FeedJob {
  /** Ends it without `done`. */
  cancel(): void
  /** Goes on. Call it after `visit` has returned false, not before. */
  resume(): void
}

/**
 * Delivers retained messages to new subscriptions in turns: each gets up to `deliveryRate`
 * messages a second (and the first second's at once), and all together never hold the event loop
 * longer than about 6 ms.
 */
export class RetainedFeed {
  readonly #ports: FeedPorts
  readonly #jobsMax: number
  /** Jobs that may have a turn, in order. */
  #ready: Job[]
  /** Jobs that have used up their rate; each becomes ready at its own time. */
  readonly #waiting: Set<Job>
  #count: number

  constructor(ports: FeedPorts, jobsMax: number = FEED_JOBS_MAX) {
    this.#ports = ports
    this.#jobsMax = jobsMax
    this.#ready = []
    this.#waiting = new Set()
    this.#count = 0
  }

  /** Deliveries under way, those that are paused included. */
  get size(): number {
    return this.#count
  }

  /**
   * Starts a delivery; nothing happens before `run`.
   *
   * `visit` gets borrowed messages; it returns false to take no more after this one, until
   * `resume`. `done` is called once all have been given.
   * @returns undefined when too many deliveries are under way
   */
  start(
    cursor: RetainedCursor,
    visit: (message: Message) => boolean,
    done: () => void = nothing,
  ): FeedJob | undefined {
    if (this.#count >= this.#jobsMax) return undefined
    this.#count++
    const job = new Job(cursor, visit, done, this.#ports.clock.monotonicMs(), this.#rate())
    this.#ready.push(job)
    return {
      cancel: () => this.#end(job),
      resume: () => this.#resume(job),
    }
  }

  /**
   * Gives turns for a few ms. Call it after a `start` or `resume`, and when the time it returned
   * has passed.
   * @returns ms after which it wants to run again: 0 = in the next iteration, Infinity = not
   */
  run(): number {
    const { clock } = this.#ports
    const startMs = clock.monotonicMs()
    this.#wake(startMs)
    while (this.#ready.length > 0) {
      const round = this.#ready
      this.#ready = []
      for (const [index, job] of round.entries()) {
        if (clock.monotonicMs() - startMs >= RUN_MS_MAX) {
          this.#ready = round.slice(index).concat(this.#ready)
          return 0
        }
        if (job.state === JobState.READY) this.#turn(job)
      }
    }
    return this.#nextWake(clock.monotonicMs())
  }

  #turn(job: Job): void {
    const rate = this.#rate()
    const nowMs = this.#ports.clock.monotonicMs()
    const allowed = Math.min(job.allowance(nowMs, rate), TURN_MESSAGES_MAX)
    if (allowed < 1) {
      job.state = JobState.WAITING
      job.wakeAtMs = nowMs + job.fillTimeMs(rate)
      this.#waiting.add(job)
      return
    }
    let given = 0
    const more = job.cursor.next(Math.floor(allowed), (message) => {
      given++
      const goOn = job.visit(message)
      if (!goOn && job.state === JobState.READY) job.state = JobState.PAUSED
      return goOn && job.state === JobState.READY // The visitor may have cancelled it.
    })
    job.tokens -= given
    this.#ports.metrics.increment(Metric.RETAINED_DELIVERED, given)
    if (job.state === JobState.ENDED) return
    if (!more) {
      this.#end(job)
      job.done()
    } else if (job.state === JobState.READY) this.#ready.push(job)
  }

  #resume(job: Job): void {
    if (job.state !== JobState.PAUSED) return
    job.state = JobState.READY
    this.#ready.push(job)
  }

  #end(job: Job): void {
    if (job.state === JobState.ENDED) return
    job.state = JobState.ENDED // One that is in the list of ready jobs is left out there.
    this.#waiting.delete(job)
    this.#count--
  }

  /** Jobs wait about equally long, so the first in the set is the first to go on. */
  #wake(nowMs: number): void {
    for (const job of this.#waiting) {
      if (job.wakeAtMs > nowMs) return
      this.#waiting.delete(job)
      job.state = JobState.READY
      this.#ready.push(job)
    }
  }

  #nextWake(nowMs: number): number {
    for (const job of this.#waiting) return Math.max(0, Math.ceil(job.wakeAtMs - nowMs))
    return Number.POSITIVE_INFINITY
  }

  /** Messages per second of one job; a rate below 1 would never fill a whole message. */
  #rate(): number {
    return Math.max(1, this.#ports.settings().deliveryRate)
  }
}

const JobState = { READY: 0, WAITING: 1, PAUSED: 2, ENDED: 3 } as const
type JobState = (typeof JobState)[keyof typeof JobState]

/** A waiting job goes on when it may send at least this part of a second's messages. */
const WAKE_SECONDS = 0.05

/** A delivery with its token bucket of one second. */
class Job {
  readonly cursor: RetainedCursor
  readonly visit: (message: Message) => boolean
  readonly done: () => void
  state: JobState
  tokens: number
  /** While it waits: when it goes on. */
  wakeAtMs: number
  #filledAtMs: number

  constructor(
    cursor: RetainedCursor,
    visit: (message: Message) => boolean,
    done: () => void,
    nowMs: number,
    rate: number,
  ) {
    this.cursor = cursor
    this.visit = visit
    this.done = done
    this.state = JobState.READY
    this.tokens = rate
    this.wakeAtMs = 0
    this.#filledAtMs = nowMs
  }

  /** Messages it may send now. */
  allowance(nowMs: number, rate: number): number {
    if (rate === Number.POSITIVE_INFINITY) return rate
    // After a time without a rate the bucket holds Infinity, which makes it full.
    this.tokens = Math.min(rate, this.tokens + ((nowMs - this.#filledAtMs) * rate) / 1000)
    this.#filledAtMs = nowMs
    return this.tokens
  }

  /** Ms until it is worth a turn again. */
  fillTimeMs(rate: number): number {
    const missing = Math.max(1, rate * WAKE_SECONDS) - this.tokens
    return Math.max(1, (missing / rate) * 1000)
  }
}

function nothing(): void {
  // Nobody wants to know.
}
