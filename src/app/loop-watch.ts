import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** How one shard thread is doing. */
export interface ShardHealth {
  /** Delays of the event loop, in ms. */
  readonly lagP50Ms: number
  readonly lagP99Ms: number
  readonly lagMaxMs: number
  /** Part of the time that the event loop was busy, 0..1. */
  readonly utilization: number
  readonly heapUsedBytes: number
  /** False while its store cannot write. */
  readonly storeHealthy: boolean
  readonly storePendingBytes: number
}

/** Every so often the delay is measured; a delay shorter than that is not seen. */
const RESOLUTION_MS = 20
const NS_PER_MS = 1_000_000

/** Measures how late the event loop of this thread is. */
export class LoopWatch {
  readonly #delays: ReturnType<typeof monitorEventLoopDelay>
  #used = performance.eventLoopUtilization()

  constructor() {
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    this.#delays.enable()
  }

  /** Since it was read last. */
  read(store: { readonly healthy: boolean; readonly pendingBytes: number }): ShardHealth {
    const delays = this.#delays
    const used = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(used, this.#used)
    this.#used = used
    const health = {
      lagP50Ms: lateness(delays.percentile(50)),
      lagP99Ms: lateness(delays.percentile(99)),
      lagMaxMs: lateness(delays.max),
      utilization,
      heapUsedBytes: process.memoryUsage().heapUsed,
      storeHealthy: store.healthy,
      storePendingBytes: store.pendingBytes,
    }
    delays.reset()
    return health
  }

  stop(): void {
    this.#delays.disable()
  }
}

/** The histogram holds the whole time between two looks. */
function lateness(ns: number): number {
  return Number.isFinite(ns) ? Math.max(0, ns / NS_PER_MS - RESOLUTION_MS) : 0
}
