import { Fifo } from '#kernel/fifo.ts'
import type { ValueMap } from '#plugin/value.ts'
import { valueBytes } from './queued-record.ts'
import type { Done } from './queued-record.ts'

/** Takes records of rules; `key` says which of them keep their order among each other. */
export interface RecordTaker {
  /** @param isFallback another action could not deliver it */
  run(record: ValueMap, key: string, done: Done | undefined, isFallback?: boolean): void
}

interface Held {
  readonly record: ValueMap
  readonly key: string
  readonly done: Done | undefined
  readonly isFallback: boolean
}

const RECORDS_MAX = 100_000
const BYTES_MAX = 64 * 1024 * 1024

/** Keeps records for the moment in which an action is made anew; beyond its limits refuses them. */
export class HeldRecords implements RecordTaker {
  readonly #held = new Fifo<Held>(RECORDS_MAX, BYTES_MAX)
  #taker: RecordTaker | undefined

  run(record: ValueMap, key: string, done: Done | undefined, isFallback = false): void {
    if (this.#taker !== undefined) this.#taker.run(record, key, done, isFallback)
    else if (!this.#held.push({ record, key, done, isFallback }, valueBytes(record))) {
      done?.({ kind: 'dropped', reason: 'too many records came while the action was changed' })
    }
  }

  /** Records that found no room. */
  get refused(): number {
    return this.#held.refused
  }

  /** Hands everything on, and what is still to come. */
  release(taker: RecordTaker | undefined): void {
    this.#taker = taker
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      const { record, key, done, isFallback } = next
      if (taker !== undefined) taker.run(record, key, done, isFallback)
      else done?.({ kind: 'dropped', reason: 'the action is gone' })
    }
  }
}
