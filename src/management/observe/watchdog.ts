import { cpus, totalmem } from 'node:os'
import type { NodePort } from '../node-port.ts'
import type { Alarms } from './alarms.ts'
import type { HealthReader } from './shared-health.ts'

const CHECK_MS = 10_000
/** Parts of the memory of the machine. */
const MEMORY_HIGH = 0.9
const MEMORY_LOW = 0.85
/** Parts of all processors, over one check. */
const CPU_HIGH = 0.95
const CPU_LOW = 0.8
/** Delay of an event loop that clients notice. */
const LAG_HIGH_MS = 500

/** Looks now and then whether the node is well, and raises alarms when it is not. */
export class Watchdog {
  readonly #node: NodePort
  readonly #alarms: Alarms
  readonly #health: HealthReader
  readonly #timer: NodeJS.Timeout
  #cpu = readCpu()

  constructor(node: NodePort, alarms: Alarms, health: HealthReader) {
    this.#node = node
    this.#alarms = alarms
    this.#health = health
    this.#timer = setInterval(() => void this.check(), CHECK_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async check(): Promise<void> {
    this.#checkMachine()
    try {
      const shards = await this.#health()
      const lagMs = Math.max(...shards.map(({ lagP99Ms }) => lagP99Ms))
      const isLate = lagMs > LAG_HIGH_MS
      const lagText = `A thread is ${Math.round(lagMs)} ms late.`
      this.#alarms.set('event_loop_lag', isLate, lagText, { lag_ms: Math.round(lagMs) })
      const failing = shards.flatMap(({ storeHealthy }, shard) => (storeHealthy ? [] : [shard]))
      const text = 'The message store cannot write: what has to be stored is refused.'
      this.#alarms.set('storage_failed', failing.length > 0, text, { shards: failing })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#node.log.warn('health_not_known', { reason })
    }
  }

  #checkMachine(): void {
    const memory = 1 - process.availableMemory() / totalmem()
    this.#level('high_system_memory_usage', memory, MEMORY_HIGH, MEMORY_LOW, 'memory')
    const now = readCpu()
    const total = now.total - this.#cpu.total
    const busy = total <= 0 ? 0 : 1 - (now.idle - this.#cpu.idle) / total
    this.#cpu = now
    this.#level('high_cpu_usage', busy, CPU_HIGH, CPU_LOW, 'processors')
  }

  /** Between low and high nothing changes, so that it does not come and go. */
  #level(name: string, usage: number, high: number, low: number, what: string): void {
    if (usage <= high && usage >= low) return
    const percent = Math.round(usage * 100)
    const text = `${percent} % of the ${what} of the machine are in use.`
    this.#alarms.set(name, usage > high, text, { usage: `${percent}%`, high_watermark: high })
  }
}

function readCpu(): { readonly idle: number; readonly total: number } {
  let idle = 0
  let total = 0
  for (const { times } of cpus()) {
    idle += times.idle
    total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { idle, total }
}
