import { HISTOGRAM_BUCKETS } from '../histogram.ts'
import { type BenchPlan, Tracking } from '../plan.ts'
import { OnceTracker } from './track-once.ts'

/** Numbers that every thread keeps; they only grow, unless they say otherwise. */
export const Counter = {
  /** Clients that got a CONNACK and, as subscribers, every SUBACK. */
  READY: 0,
  CONNECTED: 1,
  /** Connections that did not come up, or were refused. */
  FAILED: 2,
  /** Connections that ended before the run did. */
  DISCONNECTED: 3,
  SENT: 4,
  /** Messages whose last acknowledgement came. */
  ACKED: 5,
  /** Messages that were answered with an error. */
  REFUSED: 6,
  /** Deliveries that the messages sent should lead to. */
  EXPECTED: 7,
  /** Deliveries that came, each one once. */
  DELIVERED: 8,
  DUPLICATED: 9,
  /** Deliveries that came after a later message of the same publisher. */
  LATE: 10,
  /** Messages of others: other runs, other publishers. */
  FOREIGN: 11,
  BYTES_IN: 12,
  BYTES_OUT: 13,
  /** Not a counter: time of day of the latest delivery, in ms. */
  LAST_DELIVERY_MS: 14,
  /** Publishers among `DISCONNECTED`. */
  PUBLISHERS_GONE: 15,
} as const
export type Counter = (typeof Counter)[keyof typeof Counter]

/** Numbers for each thread; a multiple of a cache line, so that threads do not share one. */
const COUNTERS = 16

/** Distributions that every thread keeps, in units of `MarkClock`. */
export const Timing = {
  /** From the write of a message to its delivery. */
  DELIVERY: 0,
  /** From the write of a message to its last acknowledgement. */
  ACK: 1,
  /** From the start of a connection to its CONNACK. */
  CONNECT: 2,
  /** From the write of a SUBSCRIBE to the first message of that client. */
  FIRST: 3,
} as const
export type Timing = (typeof Timing)[keyof typeof Timing]

const TIMINGS = 4

/** What main thread and load threads share. */
export interface SharedMemory {
  readonly counters: SharedArrayBuffer
  readonly histograms: SharedArrayBuffer
  /** Deliveries that the main thread has given up waiting for; one number. */
  readonly writtenOff: SharedArrayBuffer
  /** Of `OnceTracker`. */
  readonly once: SharedArrayBuffer
}

/** Memory for all threads of a plan. */
export function makeSharedMemory(plan: BenchPlan): SharedMemory {
  const { threads, publishers, window, tracking } = plan
  const bytes = Float64Array.BYTES_PER_ELEMENT
  return {
    counters: new SharedArrayBuffer(threads * COUNTERS * bytes),
    histograms: new SharedArrayBuffer(threads * TIMINGS * HISTOGRAM_BUCKETS * bytes),
    writtenOff: new SharedArrayBuffer(bytes),
    once:
      tracking === Tracking.ONCE
        ? OnceTracker.memory(publishers, window)
        : new SharedArrayBuffer(0),
  }
}

/** The numbers of one thread. */
export function countersOf(memory: SharedMemory, thread: number): Float64Array {
  const bytes = COUNTERS * Float64Array.BYTES_PER_ELEMENT
  return new Float64Array(memory.counters, thread * bytes, COUNTERS)
}

/** A histogram of one thread. */
export function histogramOf(memory: SharedMemory, thread: number, timing: Timing): Float64Array {
  const bytes = HISTOGRAM_BUCKETS * Float64Array.BYTES_PER_ELEMENT
  return new Float64Array(memory.histograms, (thread * TIMINGS + timing) * bytes, HISTOGRAM_BUCKETS)
}

/** Reads and changes the numbers of all threads together. */
export class Totals {
  readonly #counters: Float64Array
  readonly #writtenOff: Float64Array

  constructor(memory: SharedMemory) {
    this.#counters = new Float64Array(memory.counters)
    this.#writtenOff = new Float64Array(memory.writtenOff)
  }

  get(counter: Counter): number {
    let sum = 0
    for (let at: number = counter; at < this.#counters.length; at += COUNTERS) {
      sum += this.#counters[at] ?? 0
    }
    return sum
  }

  /** Time of day of the latest delivery in ms; 0 before the first. */
  get lastDeliveryMs(): number {
    let latest = 0
    for (let at: number = Counter.LAST_DELIVERY_MS; at < this.#counters.length; at += COUNTERS) {
      latest = Math.max(latest, this.#counters[at] ?? 0)
    }
    return latest
  }

  /** Deliveries that somebody still waits for. */
  get underWay(): number {
    const { EXPECTED, DELIVERED } = Counter
    return this.get(EXPECTED) - this.get(DELIVERED) - this.writtenOff
  }

  get writtenOff(): number {
    return this.#writtenOff[0] ?? 0
  }

  /** Gives up waiting for `deliveries`, so that the window opens again. */
  writeOff(deliveries: number): void {
    this.#writtenOff[0] = this.writtenOff + deliveries
  }
}
