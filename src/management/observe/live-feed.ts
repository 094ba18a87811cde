import { ApiError } from '../http/api-error.ts'

const INTERVAL_MS = 1000
const LISTENERS_MAX = 100

/**
 * Samples something once a second as long as anybody listens, once for all who do. Who reads too
 * slowly gets the latest sample and misses those between.
 */
export class LiveFeed<Sample> {
  readonly #take: () => Sample
  readonly #wakeUps = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #latest: Sample | undefined
  #isStopped = false

  /** @param take makes a sample of what happened since it was called last */
  constructor(take: () => Sample) {
    this.#take = take
  }

  /** How many listen. */
  get listenerCount(): number {
    return this.#wakeUps.size
  }

  /**
   * Samples from now on: the first at once, then one a second, at most `countMax`. Whoever
   * returns the iterator listens no more.
   * @throws ApiError 503 when too many listen
   */
  listen(countMax = Number.POSITIVE_INFINITY): AsyncIterable<Sample> {
    if (this.#wakeUps.size >= LISTENERS_MAX) {
      const message = `${LISTENERS_MAX} callers listen already: close one of them.`
      throw new ApiError(503, 'SERVICE_UNAVAILABLE', message)
    }
    return this.#samples(countMax)
  }

  /** Ends the samples of all who listen. */
  stop(): void {
    this.#isStopped = true
    this.#rest()
    for (const wakeUp of this.#wakeUps) wakeUp()
  }

  async *#samples(countMax: number): AsyncGenerator<Sample> {
    let wakeUp = (): void => {}
    const wake = (): void => wakeUp()
    this.#wakeUps.add(wake)
    try {
      let sample = this.#begin()
      for (let count = 0; ;) {
        yield sample
        if (++count >= countMax) return
        if (this.#latest === sample) {
          await new Promise<void>((resolve) => {
            wakeUp = resolve
          })
        }
        if (this.#isStopped) return
        sample = this.#latest ?? sample
      }
    } finally {
      this.#wakeUps.delete(wake)
      if (this.#wakeUps.size === 0) this.#rest()
    }
  }

  /** The sample to begin with; has further ones taken. */
  #begin(): Sample {
    this.#timer ??= setInterval(() => {
      this.#latest = this.#take()
      for (const wakeUp of this.#wakeUps) wakeUp()
    }, INTERVAL_MS).unref()
    this.#latest ??= this.#take()
    return this.#latest
  }

  #rest(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#latest = undefined
  }
}
