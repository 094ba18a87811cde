import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import type { OverloadMonitor, OverloadSettings } from '#listeners/overload-monitor.ts'

/** How often it is looked whether the event loop is late. */
const TICK_MS = 50
const TICKS_PER_SAMPLE = 5

/** Measures this thread for a monitor. */
export class OverloadSampler {
  readonly #monitor: OverloadMonitor
  readonly #memoryBytesMax: number
  #timer: NodeJS.Timeout | undefined
  #isStarted = false
  #tickedAtMs = 0
  #ticks = 0
  #lagMs = 0

  constructor(monitor: OverloadMonitor) {
    this.#monitor = monitor
    // What a container may use, where there is such a limit.
    const allowed = process.constrainedMemory()
    this.#memoryBytesMax = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
  }

  /** Begins to watch, as far as anybody is to be refused. */
  start(): void {
    this.#isStarted = true
    if (this.#monitor.isWanted) this.#watch()
  }

  /** Watches by other settings. */
  configure(settings: OverloadSettings): void {
    this.#monitor.configure(settings)
    clearInterval(this.#timer)
    if (this.#isStarted && this.#monitor.isWanted) this.#watch()
  }

  stop(): void {
    this.#isStarted = false
    clearInterval(this.#timer)
  }

  #watch(): void {
    this.#ticks = 0
    this.#lagMs = 0
    this.#tickedAtMs = performance.now()
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** The histogram of Node.js would forget a delay when it is reset just before it is recorded. */
  #tick(): void {
    const nowMs = performance.now()
    this.#lagMs = Math.max(this.#lagMs, nowMs - this.#tickedAtMs - TICK_MS)
    this.#tickedAtMs = nowMs
    if (++this.#ticks < TICKS_PER_SAMPLE) return
    this.#ticks = 0
    this.#monitor.sample({ lagMs: this.#lagMs, memory: this.#memory() })
    this.#lagMs = 0
  }

  #memory(): number {
    const { used_heap_size: heap, heap_size_limit: heapMax } = getHeapStatistics()
    return Math.max(heap / heapMax, process.memoryUsage.rss() / this.#memoryBytesMax)
  }
}
