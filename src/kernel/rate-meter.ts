/** Samples that the average looks back over. */
const WINDOW_MS = 300_000

interface Sample {
  readonly atMs: number
  readonly total: number
}

/**
 * How often something happens, from a total that only grows and is looked at now and then: per
 * second since the last look, at most between two looks, and on average of the last five minutes.
 */
export class RateMeter {
  #samples: Sample[]
  #rate: number
  #max: number

  constructor() {
    this.#samples = []
    this.#rate = 0
    this.#max = 0
  }

  /** Takes the total at a time of the monotonic clock. A smaller one than before starts anew. */
  sample(total: number, nowMs: number): void {
    const last = this.#samples.at(-1)
    if (last !== undefined && total < last.total) this.reset()
    else if (last !== undefined && nowMs > last.atMs) {
      this.#rate = perSecond(last, total, nowMs)
      this.#max = Math.max(this.#max, this.#rate)
    }
    this.#samples.push({ atMs: nowMs, total })
    // One sample from before the window is kept: the average begins there.
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.#samples.shift()
  }

  /** Forgets everything. */
  reset(): void {
    this.#samples = []
    this.#rate = 0
    this.#max = 0
  }

  /** Per second, between the last two looks. */
  get rate(): number {
    return this.#rate
  }

  /** The highest rate so far. */
  get max(): number {
    return this.#max
  }

  /** Per second, over the last five minutes or as long as there is something to look back on. */
  get last5m(): number {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.atMs === first.atMs) return 0
    return perSecond(first, last.total, last.atMs)
  }
}

function perSecond(from: Sample, total: number, nowMs: number): number {
  const rate = ((total - from.total) * 1000) / (nowMs - from.atMs)
  return Math.round(rate * 100) / 100
}
