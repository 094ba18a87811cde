import { totalmem } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { OverloadMonitor } from '#listeners/overload-monitor.ts'

const SAMPLE_MS = 250
const RESOLUTION_MS = 20
const NS_PER_MS = 1e6

/** Measures this thread for a monitor. */
export class OverloadSampler {
  readonly #monitor: OverloadMonitor
  readonly #delays: ReturnType<typeof monitorEventLoopDelay>
  readonly #memoryBytesMax: number
  #timer: NodeJS.Timeout | undefined

  constructor(monitor: OverloadMonitor) {
    this.#monitor = monitor
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    // What a container may use, where there is such a limit.
    const allowed = process.constrainedMemory()
    this.#memoryBytesMax = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
  }

  start(): void {
    this.#delays.enable()
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#delays.disable()
  }

  #sample(): void {
    const lagMs = Math.max(0, this.#delays.max / NS_PER_MS - RESOLUTION_MS)
    this.#delays.reset()
    const { used_heap_size: heap, heap_size_limit: heapMax } = getHeapStatistics()
    const whole = process.memoryUsage.rss() / this.#memoryBytesMax
    this.#monitor.sample({ lagMs, memory: Math.max(heap / heapMax, whole) })
  }
}
