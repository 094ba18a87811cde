/** What a sequence number says about a message. */
export const Arrival = { FRESH: 0, DUPLICATE: 1, LATE: 2 } as const
export type Arrival = (typeof Arrival)[keyof typeof Arrival]

/** Missing numbers that are remembered, over all streams; above that a late one counts as new. */
const MISSING_MAX = 1_000_000

/**
 * Tells new messages from repeated ones in streams that arrive in order.
 *
 * A stream is what one receiver gets from one publisher; its numbers start at 0. Costs one
 * comparison as long as nothing is missing. Plain fields: hot.
 */
export class OrderTracker {
  /** Next number of each stream. */
  readonly next: Uint32Array
  /** Numbers that were jumped over and may still come. */
  readonly #missing: Map<number, Set<number>>
  #missingCount: number

  /** @param streams how many, at most 2^26 */
  constructor(streams: number) {
    this.next = new Uint32Array(streams)
    this.#missing = new Map()
    this.#missingCount = 0
  }

  /** Takes note of a message. */
  note(stream: number, sequence: number): Arrival {
    if (sequence === this.next[stream]) {
      this.next[stream] = sequence + 1
      return Arrival.FRESH
    }
    return this.#noteOther(stream, sequence)
  }

  #noteOther(stream: number, sequence: number): Arrival {
    const next = this.next[stream] ?? 0
    const missing = this.#missing.get(stream)
    if (sequence < next) {
      if (missing?.delete(sequence) !== true) return Arrival.DUPLICATE
      this.#missingCount--
      return Arrival.LATE
    }
    this.#addMissing(stream, next, sequence)
    this.next[stream] = sequence + 1
    return Arrival.FRESH
  }

  #addMissing(stream: number, from: number, to: number): void {
    const set = this.#missing.get(stream) ?? new Set()
    this.#missing.set(stream, set)
    for (let number = from; number < to && this.#missingCount < MISSING_MAX; number++) {
      set.add(number)
      this.#missingCount++
    }
  }
}
