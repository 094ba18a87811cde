import { Worker } from 'node:worker_threads'
import { FairQueue } from './fair-queue.ts'
import type { HashAnswer, HashJob } from './hash-messages.ts'

/** Limits of a hash worker. */
export interface HashWorkerOptions {
  /** Jobs that may wait. */
  readonly waitingMax: number
  /** A job that has waited so long is not done any more. */
  readonly waitMsMax: number
  readonly monotonicMs: () => number
}

interface Waiting {
  readonly job: HashJob
  readonly sinceMs: number
  readonly done: (answer: HashAnswer | undefined) => void
}

/** The thread gets the next jobs while it still works on one. */
const AHEAD = 2

/** A thread for slow algorithms, started with the first job, with a fair queue in front of it. */
export class HashWorker {
  readonly #options: HashWorkerOptions
  readonly #queue: FairQueue<Waiting>
  #worker: Worker | undefined
  #running: Waiting[] = []
  /** Jobs that were refused, or not done in time. */
  refused = 0

  constructor(options: HashWorkerOptions) {
    this.#options = options
    this.#queue = new FairQueue(options.waitingMax)
  }

  /** Jobs that wait or are being done. */
  get waiting(): number {
    return this.#queue.size + this.#running.length
  }

  /**
   * Has a job done. Jobs of different owners take turns.
   * @returns undefined when too many wait
   */
  run(owner: string, job: HashJob): Promise<HashAnswer | undefined> {
    const { promise, resolve } = Promise.withResolvers<HashAnswer | undefined>()
    const waiting = { job, sinceMs: this.#options.monotonicMs(), done: resolve }
    const tooMany = this.#queue.push(owner, waiting)
    if (tooMany !== undefined) this.#refuse(tooMany)
    this.#next()
    return promise
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    const reason = 'the broker stops'
    for (const { done } of this.#running.splice(0)) done({ kind: 'failed', reason })
    await worker?.terminate()
  }

  #next(): void {
    while (this.#running.length < AHEAD) {
      const next = this.#queue.shift()
      if (next === undefined) return
      if (this.#options.monotonicMs() - next.sinceMs > this.#options.waitMsMax) {
        this.#refuse(next)
        continue
      }
      this.#running.push(next)
      this.#thread().postMessage(next.job)
    }
  }

  #refuse(waiting: Waiting): void {
    this.refused++
    waiting.done(undefined)
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('./hash-thread.ts', import.meta.url), { name: 'hash' })
    worker.unref()
    worker.on('message', (answer: HashAnswer) => {
      this.#running.shift()?.done(answer)
      this.#next()
    })
    // The jobs it had fail; the next one starts another thread.
    worker.on('error', (error: Error) => this.#lost(worker, error.message))
    worker.on('exit', () => this.#lost(worker, 'the hash thread has ended'))
    this.#worker = worker
    return worker
  }

  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    for (const { done } of this.#running.splice(0)) done({ kind: 'failed', reason })
    this.#next()
  }
}
