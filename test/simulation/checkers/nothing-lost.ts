import type { ClientView } from '../client/client-view.ts'
import { Outcome } from '../client/sim-message.ts'
import type { SimMessage } from '../client/sim-message.ts'
import type { Arrival } from '../facts.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { expectationOf, stillHolds } from './expected.ts'
import type { Expectation } from './expected.ts'

interface Claim extends Expectation {
  readonly device: ClientView
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
  readonly #received: Map<ClientView, Set<SimMessage>>
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
      if (!device.session.persistent || device.traits.twin) continue
      const expectation = expectationOf(device, message, 1)
      if (expectation !== undefined) claims.push({ device, ...expectation })
    }
    if (claims.length > 0) this.#claims.set(message, claims)
  }

  acknowledged(message: SimMessage): void {
    const claims = this.#claims.get(message)?.filter((claim) => stillHolds(claim.device, claim))
    if (claims !== undefined) this.#claims.set(message, claims)
  }

  arrived(message: SimMessage, device: ClientView, arrival: Arrival): void {
    if (!arrival.first || arrival.retain) return
    let received = this.#received.get(device)
    if (received === undefined) this.#received.set(device, (received = new Set()))
    received.add(message)
  }

  settled(): void {
    for (const [message, claims] of this.#claims) {
      if (message.outcome !== Outcome.ACKNOWLEDGED) continue
      for (const claim of claims) {
        const { device, generation } = claim
        if (device.session.generation !== generation) continue
        // A delayed message goes to those who are there when it is due.
        if (message.kind === 'delayed' && !stillHolds(device, claim)) continue
        this.counts.claims++
        if (this.#received.get(device)?.has(message) === true) continue
        const { id, topic, qos, publisher } = message
        const what = `#${id} (${topic}, QoS ${qos}) of ${publisher}`
        const detail = `${what} never reached ${device.name}`
        broken(this, detail, [message.publisher, device.name])
      }
    }
  }
}
