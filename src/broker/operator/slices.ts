import type { Clock } from '../ports.ts'

/** Work that gives way to others now and then: between two steps the event loop goes on. */
export type Sliced<Result> = Generator<undefined, Result, undefined>

/** Longest time of one slice, about. */
export const SLICE_MS_MAX = 2
/** Items between two looks at the clock. */
const ITEMS_PER_CLOCK = 256

/** Says when a walk has taken long enough for one slice. */
export class SliceTimer {
  readonly #clock: Clock
  #endMs: number
  #items: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#items = 0
    this.#endMs = clock.monotonicMs() + SLICE_MS_MAX
  }

  /**
   * Ask once per item; true: give way, the next slice begins with the next question.
   * @param weight how many plain items the work on this one is like
   */
  due(weight = 1): boolean {
    this.#items += weight
    if (this.#items < ITEMS_PER_CLOCK) return false
    this.#items = 0
    const nowMs = this.#clock.monotonicMs()
    if (nowMs < this.#endMs) return false
    // The pause is not counted: it may be long, and then the next slice is a short one.
    this.#endMs = nowMs + SLICE_MS_MAX
    return true
  }
}
