import type { DelayedMessage } from '../delayed/delayed-record.ts'
import type { PendingAck } from '../session/pending-ack.ts'
import { PendingAck as Waiting } from '../session/pending-ack.ts'
import type { Broker } from './broker.ts'
import { publishMessage } from './publisher.ts'

/** Delayed messages published per call of `run`. */
const BATCH_MAX = 1_000

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
    if (delayed.nextDueMs > core.nowMs || !core.store.healthy) return
    delayed.due(core.nowMs, BATCH_MAX, (entry) => this.#publish(entry))
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
