import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { Device } from '../client/device.ts'
import type { ClientSubscription } from '../client/client-session.ts'
import { Outcome } from '../client/sim-message.ts'
import type { SimMessage } from '../client/sim-message.ts'
import type { Arrival } from '../facts.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'

interface Claim {
  readonly device: Device
  readonly generation: number
  readonly subscription: ClientSubscription
}

/**
 * Nothing acknowledged is lost: a QoS 1 or 2 message that was acknowledged to its publisher
 * reaches every persistent subscriber whose SUBACK had come before the PUBLISH was sent, who had
 * not sent UNSUBSCRIBE before the acknowledgement came, and whose session did not end.
 */
export class NothingLost implements Checker {
  readonly invariant = 'nothing acknowledged is lost'
  readonly #context: CheckerContext
  /** By message: who must get it. */
  readonly #claims: Map<SimMessage, Claim[]>
  readonly #received: Map<Device, Set<SimMessage>>
  readonly counts = { claims: 0 }

  constructor(context: CheckerContext) {
    this.#context = context
    this.#claims = new Map()
    this.#received = new Map()
  }

  sent(message: SimMessage): void {
    if (message.qos === 0) return
    const claims: Claim[] = []
    for (const device of this.#context.devices) {
      const { traits, session } = device
      if (!traits.persistent || traits.twin) continue
      const subscription = certainSubscription(device, message)
      if (subscription === undefined) continue
      claims.push({ device, generation: session.generation, subscription })
    }
    if (claims.length > 0) this.#claims.set(message, claims)
  }

  unsubscribing(device: Device, subscription: ClientSubscription): void {
    for (const [message, claims] of this.#claims) {
      if (message.outcome !== Outcome.OPEN) continue
      const left = claims.filter(
        (claim) => claim.device !== device || claim.subscription !== subscription,
      )
      if (left.length < claims.length) this.#claims.set(message, left)
    }
  }

  arrived(message: SimMessage, device: Device, arrival: Arrival): void {
    if (!arrival.first || arrival.retain) return
    let received = this.#received.get(device)
    if (received === undefined) this.#received.set(device, (received = new Set()))
    received.add(message)
  }

  settled(): void {
    for (const [message, claims] of this.#claims) {
      if (message.outcome !== Outcome.ACKNOWLEDGED) continue
      for (const { device, generation } of claims) {
        if (device.session.generation !== generation) continue
        this.counts.claims++
        if (this.#received.get(device)?.has(message) === true) continue
        const detail = `#${message.id} (${message.topic}, QoS ${message.qos}) of ${message.publisher} never reached ${device.name}`
        broken(this, detail, [message.publisher, device.name])
      }
    }
  }
}

/** A subscription of the device that must bring it the message with QoS 1 or 2. */
function certainSubscription(device: Device, message: SimMessage): ClientSubscription | undefined {
  for (const subscription of device.session.subscriptions.values()) {
    const { certain, group, qos, noLocal, topicFilter } = subscription
    if (!certain || group !== undefined || qos === 0) continue
    if (noLocal && message.publisher === device.name) continue
    if (matchesFilter(topicFilter, message.topic)) return subscription
  }
  return undefined
}
