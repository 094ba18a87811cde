import type { Device } from '../client/device.ts'
import type { SimMessage } from '../client/sim-message.ts'
import type { Arrival } from '../facts.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'

/**
 * Messages of one publisher to one topic with one QoS reach a subscriber in the order in which
 * they were published, as far as they come for the first time [MQTT-4.6.0-5] [MQTT-4.6.0-6].
 * Shared subscriptions, delayed messages and wills make no such promise.
 */
export class Order implements Checker {
  readonly invariant = 'order is kept'
  readonly #last: Map<string, SimMessage>
  readonly #seen: Map<Device, Set<number>>

  constructor(_context: CheckerContext) {
    this.#last = new Map()
    this.#seen = new Map()
  }

  arrived(message: SimMessage, device: Device, arrival: Arrival): void {
    const { first, qos, retain } = arrival
    if (!first || retain || message.kind !== 'publish') return
    if (device.traits.twin || message.twin || isMember(device)) return
    let seen = this.#seen.get(device)
    if (seen === undefined) this.#seen.set(device, (seen = new Set()))
    if (seen.has(message.id)) return
    seen.add(message.id)
    const { generation } = device.session
    const key = `${device.name} ${generation} ${message.publisher} ${message.topic} ${message.qos} ${qos}`
    const last = this.#last.get(key)
    this.#last.set(key, message)
    if (last === undefined || last.id < message.id) return
    const detail = `#${message.id} (${message.topic}, QoS ${message.qos}) of ${message.publisher} reached ${device.name} after #${last.id}`
    broken(this, detail, [message.publisher, device.name])
  }
}

function isMember(device: Device): boolean {
  for (const filter of device.session.everAsked.keys())
    if (filter.startsWith('$share/')) return true
  return false
}
