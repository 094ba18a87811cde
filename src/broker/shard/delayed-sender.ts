import type { DelayedMessage } from '../delayed/delayed-record.ts'
import type { PendingAck } from '../session/pending-ack.ts'
import { PendingAck as Waiting } from '../session/pending-ack.ts'
import type { Broker } from './broker.ts'
import { publishMessage } from './publisher.ts'

/** Delayed messages taken from the store at a time. */
const BATCH_MAX = 250
/** Time that one call of `run` takes, about. */
const RUN_MS_MAX = 10

/**
 * Publishes delayed messages when they are due. A message leaves the store together with what its
 * publish wrote here, or after the siblings it went to have stored it.
 */
export class DelayedSender {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** Publishes what is due. Host time: once per advance. */
  run(): void {
    const { core, delayed } = this.#broker
    const { clock } = core.ports
    const endMs = clock.monotonicMs() + RUN_MS_MAX
    while (delayed.nextDueMs <= core.nowMs && core.store.healthy) {
      const taken = delayed.due(core.nowMs, BATCH_MAX, (entry) => this.#publish(entry))
      if (taken === 0 || clock.monotonicMs() >= endMs) return
    }
  }

  #publish(entry: DelayedMessage): boolean {
    const { core, links, routing, delayed } = this.#broker
    routing.publisher = undefined
    publishMessage(this.#broker, entry.message)
    if (core.routeRemote === 0) return true
    const ack: PendingAck = new Waiting({ drainAcks: () => delayed.settle(entry.id) }, 0, 0, 0, 0)
    links.awaitShards(ack, core.routeRemote)
    return false
  }
}
