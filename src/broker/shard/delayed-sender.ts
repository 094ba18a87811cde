import { delayedOrigin, keyOfDelayedId, runOfDelayed } from '../delayed/delayed-record.ts'
import type { DelayedMessage } from '../delayed/delayed-record.ts'
import { removeNotes } from '../session/origin.ts'
import type { PendingAck } from '../session/pending-ack.ts'
import { PendingAck as Waiting } from '../session/pending-ack.ts'
import type { Broker } from './broker.ts'
import type { ShardCore } from './core.ts'
import { publishChecked } from './publisher.ts'

/** Delayed messages taken from the store at a time. */
const BATCH_MAX = 250
/** Time that one call of `run` takes, about. */
const RUN_MS_MAX = 10

/**
 * Publishes delayed messages when they are due. A message leaves the store together with what its
 * publish wrote here, or after the siblings it went to have stored it. A QoS 2 message that is sent
 * again because a crash came in between passes over the sessions that have it.
 */
export class DelayedSender {
  readonly #broker: Broker
  /**
   * Sent, with the shards that had to store them, some of which could not; SENDING_MAX limits it.
   */
  #unsafe: (readonly [entry: DelayedMessage, shards: number])[]

  constructor(broker: Broker) {
    this.#broker = broker
    this.#unsafe = []
  }

  /** Publishes what is due. Host time: once per advance. */
  run(): void {
    const { core, delayed } = this.#broker
    const { clock } = core.ports
    const endMs = clock.monotonicMs() + RUN_MS_MAX
    const unsafe = this.#unsafe
    this.#unsafe = []
    for (const [entry, shards] of unsafe) this.#settleWhenSafe(entry, shards)
    while (delayed.nextDueMs <= core.nowMs && core.store.healthy) {
      const taken = delayed.due(core.nowMs, BATCH_MAX, (entry) => this.#publish(entry))
      if (taken === 0 || clock.monotonicMs() >= endMs) return
    }
  }

  #publish(entry: DelayedMessage): boolean {
    const { core, routing } = this.#broker
    const { message } = entry
    routing.publisher = undefined
    routing.connection = undefined
    if (message.qos === 2) setOrigin(core, entry)
    publishChecked(this.#broker, message)
    if (core.routeRemote === 0 && !core.routeEarly) {
      removeNotes(core.store, message.origin)
      return true
    }
    this.#settleWhenSafe(entry, core.routeRemote)
    return false
  }

  #settleWhenSafe(entry: DelayedMessage, shards: number): void {
    const { core, delayed, links } = this.#broker
    const ack: PendingAck = new Waiting({ drainAcks: () => stored() }, 0, 0, 0, 0)
    const stored = (): void => {
      // The sibling's store keeps what it could not write, and tries again: it is asked later.
      if (ack.failure !== undefined) {
        this.#unsafe.push([entry, shards])
        return
      }
      removeNotes(core.store, entry.message.origin)
      delayed.settle(entry.id)
    }
    links.awaitShards(ack, shards)
    core.awaitEarly(ack)
    core.startTick()
  }
}

/** A QoS 2 message that several shards will store, or have stored before a crash. */
function setOrigin(core: ShardCore, { id, message }: DelayedMessage): void {
  const key = keyOfDelayedId(id)
  if (key === undefined) return
  message.checkOrigin = runOfDelayed(key) !== core.ports.run
  if (message.checkOrigin || core.shardCount > 1) message.origin = delayedOrigin(key)
}
