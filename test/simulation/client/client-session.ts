import { Outcome } from './sim-message.ts'
import type { SimMessage } from './sim-message.ts'

/** A subscription as its client knows it. */
export interface ClientSubscription {
  /** As sent, `$share/…` included. */
  readonly filter: string
  readonly topicFilter: string
  readonly group: string | undefined
  /** The least QoS that the broker may use for it: the lower one while it is being replaced. */
  qos: 0 | 1 | 2
  readonly noLocal: boolean
  /** SUBACK has come, and no UNSUBSCRIBE was sent: messages must come. */
  certain: boolean
  /** Counts how often it was given up, or made to bring messages with QoS 0. */
  epoch: number
}

/** A QoS 1 or 2 message on its way out. */
export interface ClientPublish {
  readonly packetId: number
  readonly message: SimMessage
  /** Where it was published: differs from the message's topic for delayed ones. */
  readonly wireTopic: string
  /** PUBREC has come: PUBREL is sent instead of the message. */
  released: boolean
}

/**
 * The session state that a client keeps (MQTT 5 §4.1), as long as the broker says that it has the
 * other half.
 */
export class ClientSession {
  /** Counts sessions: whatever belongs to an earlier one is void. */
  generation: number
  /** It outlives its connection. */
  persistent: boolean
  readonly subscriptions: Map<string, ClientSubscription>
  /** Highest QoS ever asked for, by filter: what may still be in the broker's queue. */
  readonly everAsked: Map<string, number>
  /** In the order of first sending. */
  readonly outbound: Map<number, ClientPublish>
  /** QoS 2 packet identifiers received and not released, with the message. */
  readonly inbound: Map<number, SimMessage | undefined>
  #nextPacketId: number

  constructor() {
    this.generation = 0
    this.persistent = false
    this.subscriptions = new Map()
    this.everAsked = new Map()
    this.outbound = new Map()
    this.inbound = new Map()
    this.#nextPacketId = 1
  }

  /** A new session: whatever was open is given up. */
  restart(): void {
    this.generation++
    for (const { message, released } of this.outbound.values()) {
      if (!released && message.outcome === Outcome.OPEN) message.outcome = Outcome.ABANDONED
    }
    this.subscriptions.clear()
    this.everAsked.clear()
    this.outbound.clear()
    this.inbound.clear()
  }

  /** A packet identifier that is free; ascending, so that reuse is seldom and wraps at `max`. */
  takePacketId(busy: ReadonlySet<number>, max: number): number {
    let id = this.#nextPacketId
    while (this.outbound.has(id) || busy.has(id)) id = id >= max ? 1 : id + 1
    this.#nextPacketId = id >= max ? 1 : id + 1
    return id
  }
}
