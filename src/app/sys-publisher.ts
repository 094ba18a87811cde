import type { BrokerSettings } from '#broker/limits.ts'
import { countersOf, GaugeWatermarks, type Metrics } from '#broker/metrics.ts'
import type { Clock } from '#broker/ports.ts'
import {
  heartbeatMessages,
  metricsMessages,
  nodeMessages,
  statsMessages,
  type SysMessage,
} from '#broker/sys/sys-topics.ts'

const DESCRIPTION = 'Tideway, an open IoT messaging platform'
/** How often gauges are looked at for their highest value. */
const OBSERVE_MS = 5000

/** Publishes the numbers of the node under `$SYS`, from one of its shards. */
export class SysPublisher {
  readonly #settings: BrokerSettings
  readonly #metrics: readonly Metrics[]
  readonly #clock: Clock
  readonly #publish: (message: SysMessage) => void
  readonly #watermarks = new GaugeWatermarks()
  readonly #startedAtMs: number
  #timers: NodeJS.Timeout[] = []

  constructor(
    settings: BrokerSettings,
    metrics: readonly Metrics[],
    clock: Clock,
    publish: (message: SysMessage) => void,
  ) {
    this.#settings = settings
    this.#metrics = metrics
    this.#clock = clock
    this.#publish = publish
    this.#startedAtMs = clock.monotonicMs()
  }

  start(): void {
    const { messageIntervalMs, heartbeatIntervalMs } = this.#settings.sys
    this.#every(OBSERVE_MS, () => void this.#watermarks.observe(this.#metrics))
    if (messageIntervalMs > 0) {
      this.#publishNode()
      this.#every(messageIntervalMs, () => this.#publishNumbers())
    }
    if (heartbeatIntervalMs > 0) this.#every(heartbeatIntervalMs, () => this.#publishHeartbeat())
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
  }

  #every(intervalMs: number, run: () => void): void {
    this.#timers.push(setInterval(run, intervalMs))
  }

  #publishNode(): void {
    const { nodeName, version } = this.#settings
    const facts = { nodeName, version, description: DESCRIPTION }
    this.#publishAll(nodeMessages(facts, [nodeName]))
  }

  #publishNumbers(): void {
    const { nodeName } = this.#settings
    this.#publishNode()
    this.#publishAll(statsMessages(nodeName, this.#watermarks.observe(this.#metrics)))
    this.#publishAll(metricsMessages(nodeName, countersOf(this.#metrics)))
  }

  #publishHeartbeat(): void {
    const uptimeMs = this.#clock.monotonicMs() - this.#startedAtMs
    const { nodeName } = this.#settings
    this.#publishAll(heartbeatMessages(nodeName, uptimeMs, this.#clock.nowMs()))
  }

  #publishAll(messages: readonly SysMessage[]): void {
    for (const message of messages) this.#publish(message)
  }
}
