import {
  COMPATIBLE_METRIC_COUNT,
  countersOf,
  type GaugeReading,
  GaugeWatermarks,
  METRIC_NAMES,
} from '#broker/metrics.ts'
import type { NodePort } from './node-port.ts'

const OBSERVE_MS = 5000

/** Counters and gauges of the node, from the memory that its shards write to. */
export class NodeNumbers {
  readonly #node: NodePort
  readonly #watermarks = new GaugeWatermarks()
  readonly #timer: NodeJS.Timeout

  constructor(node: NodePort) {
    this.#node = node
    this.#timer = setInterval(() => void this.gauges(), OBSERVE_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Gauges with their highest values since the start. */
  gauges(): readonly GaugeReading[] {
    return this.#watermarks.observe(this.#node.metrics)
  }

  /** Gauges under the names of the REST API: `sessions.count`, `sessions.max`. */
  stats(): Record<string, number> {
    const entries = this.gauges().flatMap(({ name, count, max }) => [
      [`${name}.count`, count] as const,
      [`${name}.max`, max] as const,
    ])
    return Object.fromEntries(entries)
  }

  /** All counters by name. */
  counters(): Record<string, number> {
    return countersOf(this.#node.metrics)
  }

  /** Those that EMQX has under the same names. */
  compatibleCounters(): Record<string, number> {
    const counters: Record<string, number> = countersOf(this.#node.metrics)
    const names = METRIC_NAMES.slice(0, COMPATIBLE_METRIC_COUNT)
    return Object.fromEntries(names.map((name) => [name, counters[name] ?? 0]))
  }
}
