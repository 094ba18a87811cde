import type { Traffic } from './traffic.ts'
import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { TopicEntry } from '../router/topic-entry.ts'
import type { Identity } from '../ports.ts'
import type { Outbox } from './outbox.ts'

/** Why the server ends a connection; `code` is for logs and events, `reason` for the wire. */
export interface CloseCause {
  readonly reason: ReasonCode
  /** snake_case, such as `keepalive_timeout`. */
  readonly code: string
  /** One sentence for the client and the log. */
  readonly text: string
  /** True when the client ended it properly, so that its will is not sent. */
  readonly dropWill?: boolean
  /** The peer is gone already, or is to be cut: nothing is sent. */
  readonly peerGone?: boolean
  /** The client said DISCONNECT: the connection is closed without an answer. */
  readonly byClient?: boolean
}

/** The connection of a session, as those see it who deliver to it. Plain fields: hot. */
export interface Outlet {
  /** Who the client is; known before anything is delivered. */
  readonly identity: Identity | undefined
  readonly version: ProtocolVersion
  readonly outbox: Outbox
  /** Unacknowledged QoS 1 and 2 messages the client and the configuration allow. */
  readonly inflightMax: number
  /** Largest packet the client accepts [MQTT-3.1.2-24]. */
  readonly packetBytesMax: number
  /** The transport holds more than it should: deliveries wait in the queue. */
  readonly congested: boolean
  readonly traffic: Traffic
  /** Mountpoint of its listener, filled in; stripped from topics on the way out. */
  readonly mountpoint: string
  readonly mountpointBytes: number
  /**
   * Topic alias for a delivery: 0 = none, positive = alias known to the client, negative =
   * minus the alias that this packet must introduce.
   */
  aliasFor(topic: TopicEntry): number
  /** True when `aliasFor` would give an alias, or make one. */
  hasAliasFor(topic: TopicEntry): boolean
  /** Takes back the alias that `aliasFor` just made: its packet is not sent. */
  withdrawAlias(topic: TopicEntry): void
  /** Has the outbox written at the end of the tick. */
  markDirty(): void
  /** Ends the connection: DISCONNECT for 5.0, then close. */
  close(cause: CloseCause): void
}
