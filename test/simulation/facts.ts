import type { ServerPacket } from '../support/server-packets.ts'
import type { ClientSubscription } from './client/client-session.ts'
import type { ClientView } from './client/client-view.ts'
import type { SimMessage } from './client/sim-message.ts'
import type { SimConnection } from './network/sim-connection.ts'

/** How a message came to a device. */
export interface Arrival {
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
  readonly packetId: number
  /** The device had not yet received this packet of this session: its application gets it. */
  readonly first: boolean
}

/** What a checker may want to know; each part is optional. Called at the moment it happens. */
export interface Facts {
  /** A message is given to the network for the first time. */
  sent?(message: SimMessage, device: ClientView): void
  resent?(message: SimMessage, device: ClientView): void
  acknowledged?(message: SimMessage, device: ClientView): void
  arrived?(message: SimMessage, device: ClientView, arrival: Arrival): void
  subscribing?(device: ClientView, subscription: ClientSubscription): void
  subscribed?(device: ClientView, subscription: ClientSubscription): void
  unsubscribing?(device: ClientView, subscription: ClientSubscription): void
  unsubscribed?(device: ClientView, subscription: ClientSubscription): void
  /** CONNECT was sent. */
  connecting?(device: ClientView, link: SimConnection, clean: boolean, expiryMs: number): void
  /** CONNECT is about to be sent with this will. */
  willSet?(message: SimMessage, device: ClientView, link: SimConnection): void
  /** DISCONNECT is about to be sent. */
  leaving?(device: ClientView, link: SimConnection, reason: number): void
  /** CONNACK with success has come. */
  connected?(device: ClientView, link: SimConnection, packet: ServerPacket): void
  /** The device gave its session up, or learned that the broker has none. */
  sessionRestarted?(device: ClientView): void
  /** The device no longer uses its connection, whoever ended it. */
  disconnected?(device: ClientView, link: SimConnection): void
  packetIn?(device: ClientView, link: SimConnection, packet: ServerPacket): void
  packetOut?(device: ClientView, link: SimConnection, packet: OutPacket): void
  crashed?(): void
  booted?(shards: number): void
  clockStepped?(byMs: number): void
}

/** A packet that a device sends, as far as checkers care. */
export interface OutPacket {
  readonly type: number
  readonly packetId: number
  readonly qos?: number
  readonly dup?: boolean
}

/** Hands every fact to all checkers, in their order. */
export class FactBoard {
  readonly #readers: Facts[]

  constructor() {
    this.#readers = []
  }

  add(reader: Facts): void {
    this.#readers.push(reader)
  }

  tell<K extends keyof Facts>(kind: K, ...details: Parameters<NonNullable<Facts[K]>>): void {
    for (const reader of this.#readers) {
      const listener = reader[kind] as ((...given: typeof details) => void) | undefined
      listener?.apply(reader, details)
    }
  }
}
