import { Worker } from 'node:worker_threads'
import type { LoadCommand, LoadReport, LoadThreadData, Problem } from './load/load-messages.ts'
import type { SharedMemory } from './load/shared-state.ts'
import type { BenchPlan } from './plan.ts'

const YOUNG_MB = 64
/** Longest wait for threads that should close their connections. */
const CLOSE_LIMIT_MS = 5000

/** The load threads of a run. */
export class LoadThreads {
  readonly #workers: readonly LoadWorker[]

  constructor(plan: BenchPlan, memory: SharedMemory) {
    this.#workers = Array.from(
      { length: plan.threads },
      (_, thread) => new LoadWorker({ plan, memory, thread }),
    )
  }

  /** Resolves with the longest time in ms that a thread needed to bring its clients up. */
  async settled(): Promise<number> {
    const times = await Promise.all(this.#workers.map(({ settled }) => settled))
    return Math.max(...times)
  }

  send(command: LoadCommand): void {
    for (const worker of this.#workers) worker.post(command)
  }

  /** What went wrong so far, as the threads last reported it. */
  get problems(): readonly Problem[] {
    const sums = new Map<string, number>()
    for (const worker of this.#workers) {
      for (const [text, count] of worker.problems) sums.set(text, (sums.get(text) ?? 0) + count)
    }
    return [...sums].toSorted(([, a], [, b]) => b - a)
  }

  /** Closes all connections and ends the threads. */
  async close(): Promise<void> {
    this.send({ kind: 'close' })
    await Promise.all(this.#workers.map((worker) => worker.end()))
  }
}

class LoadWorker {
  readonly settled: Promise<number>
  problems: readonly Problem[] = []
  readonly #worker: Worker
  readonly #ended: Promise<void>

  constructor(workerData: LoadThreadData) {
    this.#worker = new Worker(new URL('./load/load-main.ts', import.meta.url), {
      name: `load-${workerData.thread}`,
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()))
    this.settled = new Promise((resolve, reject) => {
      this.#worker.once('error', reject)
      this.#worker.once('exit', () => reject(new Error('a load thread ended early')))
      this.#worker.on('message', (report: LoadReport) => {
        this.problems = report.problems
        if (report.kind === 'settled') resolve(report.tookMs)
      })
    })
    this.settled.catch(() => {}) // Whoever waits for it is told.
  }

  post(command: LoadCommand): void {
    this.#worker.postMessage(command)
  }

  async end(): Promise<void> {
    const limit = setTimeout(() => void this.#worker.terminate(), CLOSE_LIMIT_MS)
    await this.#ended
    clearTimeout(limit)
  }
}
