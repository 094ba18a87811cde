import type { ClientView } from '../client/client-view.ts'
import type { SimMessage } from '../client/sim-message.ts'
import type { Arrival } from '../facts.ts'
import type { SimConnection } from '../network/sim-connection.ts'
import { broken } from './checker.ts'
import type { Checker, CheckerContext } from './checker.ts'
import { expectationOf, stillHolds } from './expected.ts'
import type { Expectation } from './expected.ts'

/** What became of one connection's will. */
interface WillState {
  readonly message: SimMessage
  readonly device: ClientView
  readonly link: SimConnection
  /** The broker has it: CONNACK has come. */
  accepted: boolean
  /** It outlives a crash: something acknowledged since then was stored behind it. */
  stored: boolean
  /** A crash may have taken it along. */
  endangered: boolean
  /** The client left in a way that withdraws it. */
  withdrawn: boolean
  /** A crash may have forgotten that: nothing tells a client that its DISCONNECT is stored. */
  mayReturn: boolean
  readonly claims: readonly (Expectation & { readonly device: ClientView })[]
  readonly reached: Set<ClientView>
}

/**
 * A will is sent when the connection that brought it ends without DISCONNECT [MQTT-3.1.2-8], not
 * while it is there, and never after a DISCONNECT with reason 0 [MQTT-3.14.4-3] that no crash made
 * the broker forget. It reaches every
 * persistent subscriber whose SUBACK had come before CONNECT was sent. Nothing is claimed of wills
 * that wait for a delay: a new connection may be made in time.
 */
export class Wills implements Checker {
  readonly invariant = 'wills come when a connection breaks, and only then'
  readonly #context: CheckerContext
  readonly #wills: Map<SimMessage, WillState>
  readonly #byLink: Map<SimConnection, WillState>
  readonly counts = { wills: 0, willClaims: 0 }

  constructor(context: CheckerContext) {
    this.#context = context
    this.#wills = new Map()
    this.#byLink = new Map()
  }

  willSet(message: SimMessage, device: ClientView, link: SimConnection): void {
    const claims: (Expectation & { readonly device: ClientView })[] = []
    for (const other of this.#context.devices) {
      if (!other.session.persistent || other.traits.twin || message.qos === 0) continue
      const expectation = expectationOf(other, message, 1)
      if (expectation !== undefined) claims.push({ device: other, ...expectation })
    }
    const state = {
      message,
      device,
      link,
      accepted: false,
      stored: false,
      endangered: false,
      withdrawn: false,
      mayReturn: false,
      claims,
      reached: new Set<ClientView>(),
    }
    this.#wills.set(message, state)
    this.#byLink.set(link, state)
  }

  connected(_device: ClientView, link: SimConnection): void {
    const state = this.#byLink.get(link)
    if (state !== undefined) state.accepted = true
  }

  subscribed(device: ClientView): void {
    const state = device.link && this.#byLink.get(device.link)
    if (state !== undefined) state.stored = device.session.persistent
  }

  leaving(_device: ClientView, link: SimConnection, reason: number): void {
    const state = this.#byLink.get(link)
    if (state !== undefined) state.withdrawn = reason === 0
  }

  crashed(): void {
    for (const state of this.#wills.values()) {
      if (!state.stored) state.endangered = true
      if (state.withdrawn) state.mayReturn = true
    }
  }

  arrived(message: SimMessage, device: ClientView, { retain }: Arrival): void {
    const state = this.#wills.get(message)
    if (state === undefined) return
    this.counts.wills++
    if (!retain) state.reached.add(device)
    const { serverOpen } = state.link
    if (serverOpen) this.#broken(state, `reached ${device.name} while its client is there`)
    this.#mayHaveCome(state)
  }

  settled(): void {
    for (const state of this.#wills.values()) {
      const { accepted, claims, device, endangered, link, message, reached, withdrawn } = state
      if (message.twin || !accepted || withdrawn || endangered || device.link === link) continue
      if (message.delaySeconds > 0) continue
      for (const claim of claims) {
        if (!stillHolds(claim.device, claim)) continue
        this.counts.willClaims++
        if (!reached.has(claim.device)) this.#broken(state, `never reached ${claim.device.name}`)
      }
    }
  }

  /** Everybody has left with DISCONNECT: what is retained is a will that was sent before. */
  emptied(): void {
    const { retained } = this.#context.host.shards[0]!.broker // There is at least one shard.
    for (const state of this.#wills.values()) {
      const kept = retained.get(state.message.topic)?.payload
      if (kept?.equals(state.message.payload) !== true) continue
      this.#mayHaveCome(state)
    }
  }

  #mayHaveCome(state: WillState): void {
    const { link, mayReturn, withdrawn } = state
    if (!withdrawn || mayReturn || link.closedBecause !== 'normal') return
    this.#broken(state, 'came although its client had left in order')
  }

  #broken({ message, device }: WillState, what: string): never {
    broken(this, `will #${message.id} of ${device.name} ${what}`, [device.name])
  }
}
