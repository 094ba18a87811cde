import type { ClientView } from '../client/client-view.ts'
import type { SimMessage } from '../client/sim-message.ts'
import type { Arrival } from '../facts.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { expectationOf, stillHolds } from './expected.ts'
import type { Expectation } from './expected.ts'

/** Whether a device has received a message, and why it must. */
interface Entry {
  readonly expectation: Expectation
  /** By a subscription of QoS 0 it may have come in its turn and got lost. */
  readonly mayBeLost: boolean
  arrived: boolean
}

/**
 * Messages of one publisher to one topic with one QoS reach a subscriber in the order in which
 * they were published, as far as they come for the first time [MQTT-4.6.0-5] [MQTT-4.6.0-6].
 * It holds for messages sent while the subscription was there: one that the publisher sends again
 * may be new to a later subscriber, and one whose refusal got lost is sent again behind those that
 * were taken. Shared subscriptions, delayed messages and wills promise no
 * order.
 */
export class Order implements Checker {
  readonly invariant = 'order is kept'
  readonly #context: CheckerContext
  readonly #last: Map<string, SimMessage>
  readonly #entries: Map<SimMessage, Map<ClientView, Entry>>
  readonly #mayBeRefused: boolean

  constructor(context: CheckerContext) {
    this.#context = context
    this.#last = new Map()
    this.#entries = new Map()
    const { commitFailureChance, sickStoreMs } = context.scenario.faults
    this.#mayBeRefused = commitFailureChance > 0 || sickStoreMs > 0
  }

  sent(message: SimMessage): void {
    if (message.kind !== 'publish' || message.twin) return
    const entries = new Map<ClientView, Entry>()
    for (const device of this.#context.devices) {
      if (device.traits.twin) continue
      const expectation = expectationOf(device, message, 0)
      if (expectation === undefined) continue
      const mayBeLost = expectation.subscription.qos === 0
      entries.set(device, { expectation, mayBeLost, arrived: false })
    }
    if (entries.size > 0) this.#entries.set(message, entries)
  }

  arrived(message: SimMessage, device: ClientView, { first, qos, retain }: Arrival): void {
    if (!first || retain || message.kind !== 'publish' || message.twin) return
    if (device.traits.twin || isMember(device)) return
    const { generation } = device.session
    const { publisher, topic } = message
    const key = [device.name, generation, publisher, topic, message.qos, qos].join(' ')
    const last = this.#last.get(key)
    const entry = this.#entries.get(message)?.get(device)
    const isFirst = entry?.arrived !== true
    if (entry !== undefined) entry.arrived = true
    if (last === undefined || last.id < message.id) {
      this.#last.set(key, message)
      return
    }
    if (entry === undefined || !isFirst || !stillHolds(device, entry.expectation)) return
    if (this.#mayBeRefused && message.resent > 0) return
    if ((qos === 0 || entry.mayBeLost) && message.resent > 0) return
    const what = `#${message.id} (${topic}, QoS ${message.qos}) of ${publisher}`
    const detail = `${what} reached ${device.name} after #${last.id}`
    broken(this, detail, [publisher, device.name])
  }
}

function isMember(device: ClientView): boolean {
  for (const filter of device.session.everAsked.keys()) {
    if (filter.startsWith('$share/')) return true
  }
  return false
}
