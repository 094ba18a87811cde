import type { ServerPacket } from '../support/server-packets.ts'
import type { ClientSubscription } from './client/client-session.ts'
import type { Device } from './client/device.ts'
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
  sent?(message: SimMessage, device: Device): void
  resent?(message: SimMessage, device: Device): void
  acknowledged?(message: SimMessage, device: Device): void
  arrived?(message: SimMessage, device: Device, arrival: Arrival): void
  subscribing?(device: Device, subscription: ClientSubscription): void
  subscribed?(device: Device, subscription: ClientSubscription): void
  unsubscribing?(device: Device, subscription: ClientSubscription): void
  unsubscribed?(device: Device, subscription: ClientSubscription): void
  /** CONNECT was sent. */
  connecting?(device: Device, link: SimConnection, clean: boolean, expiryMs: number): void
  /** CONNACK with success has come. */
  connected?(device: Device, link: SimConnection, packet: ServerPacket): void
  /** The device gave its session up, or learned that the broker has none. */
  sessionRestarted?(device: Device): void
  /** The device no longer uses its connection, whoever ended it. */
  disconnected?(device: Device, link: SimConnection): void
  packetIn?(device: Device, link: SimConnection, packet: ServerPacket): void
  packetOut?(device: Device, link: SimConnection, packet: OutPacket): void
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
