import type { StoreFailure } from '#broker/ports.ts'
import type { BarrierCallback } from './batch.ts'

interface Answers {
  readonly callbacks: readonly BarrierCallback[]
  readonly failure: StoreFailure | undefined
}

/**
 * Answers barriers in the order they were added, also when a callback leads to further answers or
 * throws: those left are then answered by the next call of `answer`.
 */
export class BarrierQueue {
  #waiting: Answers[]
  #at: number
  #answering: boolean

  constructor() {
    this.#waiting = []
    this.#at = 0
    this.#answering = false
  }

  /** Queues callbacks that are all told the same. */
  add(callbacks: readonly BarrierCallback[], failure: StoreFailure | undefined): void {
    if (callbacks.length !== 0) this.#waiting.push({ callbacks, failure })
  }

  /** Calls what is queued; returns at once when a call is already doing so. */
  answer(): void {
    if (this.#answering) return
    this.#answering = true
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        while (this.#at < first.callbacks.length) first.callbacks[this.#at++]!(first.failure)
        this.#waiting.shift()
        this.#at = 0
      }
    } finally {
      this.#answering = false
    }
  }
}
