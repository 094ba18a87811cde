import type { ClientView } from '../client/client-view.ts'
import type { SimMessage } from '../client/sim-message.ts'
import { Outcome } from '../client/sim-message.ts'
import type { Arrival } from '../facts.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'

interface Receipt {
  readonly qos: number
  readonly generation: number
  readonly link: number
  readonly resent: number
  readonly crashes: number
  readonly breaks: number
}

/**
 * A message of QoS 2 reaches a subscriber with QoS 2 once, also when connections break and the
 * broker crashes. QoS 0 comes at most once. QoS 1 comes again only after its publisher sent it
 * again or the subscriber's connection ended.
 *
 * With `crossShardQos2: 'tolerated'` a QoS 2 message may come twice when the broker crashed
 * between its PUBLISH and its PUBREC: publisher and subscriber may be in different shards, which
 * commit independently.
 */
export class ExactlyOnce implements Checker {
  readonly invariant = 'messages do not come twice'
  readonly #context: CheckerContext
  readonly #receipts: Map<ClientView, Map<SimMessage, Receipt>>
  /** Messages whose acknowledgement was open when the broker crashed. */
  readonly #disturbed: Set<SimMessage>
  /** Crashes before a message was sent. */
  readonly #crashesBefore: Map<SimMessage, number>
  readonly counts = { qos2Twice: 0 }
  #crashes: number

  constructor(context: CheckerContext) {
    this.#context = context
    this.#receipts = new Map()
    this.#disturbed = new Set()
    this.#crashesBefore = new Map()
    this.#crashes = 0
  }

  crashed(): void {
    this.#crashes++
    for (const { session } of this.#context.devices) {
      for (const { message, released } of session.outbound.values()) {
        if (!released && message.outcome === Outcome.OPEN) this.#disturbed.add(message)
      }
    }
  }

  sent(message: SimMessage): void {
    this.#crashesBefore.set(message, this.#crashes)
  }

  willSet(message: SimMessage): void {
    this.#crashesBefore.set(message, this.#crashes)
  }

  arrived(message: SimMessage, device: ClientView, arrival: Arrival): void {
    const { first, qos, retain } = arrival
    if (!first || retain || device.traits.twin || message.twin) return
    let receipts = this.#receipts.get(device)
    if (receipts === undefined) this.#receipts.set(device, (receipts = new Map()))
    const receipt = {
      qos: Math.min(qos, receipts.get(message)?.qos ?? 2),
      generation: device.session.generation,
      link: device.link?.id ?? 0,
      resent: message.resent,
      crashes: this.#crashes,
      breaks: 0,
    }
    const before = receipts.get(message)
    receipts.set(message, receipt)
    if (before === undefined || before.generation !== receipt.generation) return
    if (sharesOnly(device, message)) return
    this.#judge(message, device, receipt.qos, before, receipt)
  }

  #judge(
    message: SimMessage,
    device: ClientView,
    qos: number,
    before: Receipt,
    now: Receipt,
  ): void {
    const { id, topic, kind, publisher } = message
    const what = `#${id} (${topic}, QoS ${message.qos}, ${kind}) of ${publisher}`
    const detail = `${what} reached ${device.name} again with QoS ${qos}`
    const clients = [message.publisher, device.name]
    const crashedBetween = now.crashes > (this.#crashesBefore.get(message) ?? 0)
    // A delayed message leaves the store after its publish.
    if (message.kind === 'delayed' && (crashedBetween || message.resent > 0)) return
    // A will leaves the store when all shards have stored what its publish wrote.
    if (message.kind === 'will' && crashedBetween) return
    if (message.forgotten && crashedBetween) return
    if (qos === 2) {
      this.counts.qos2Twice++
      const tolerated =
        this.#context.scenario.crossShardQos2 === 'tolerated' && this.#disturbed.has(message)
      if (!tolerated) broken(this, detail, clients)
    } else if (qos === 0) {
      if (!crashedBetween && message.qos !== 1) broken(this, detail, clients)
    } else if (now.link === before.link && now.resent === before.resent && message.resent === 0) {
      broken(this, detail, clients)
    }
  }
}

/** A member of several groups may get a message once for each. */
function sharesOnly(device: ClientView, message: SimMessage): boolean {
  for (const filter of device.session.everAsked.keys()) {
    if (filter.startsWith('$share/') && message.topic.startsWith('s/')) return true
  }
  return false
}
