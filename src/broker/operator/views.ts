/**
 * What an operator sees of a shard: plain values that can cross threads. Times are milliseconds
 * since the epoch, 0 = does not apply; Infinity = no limit.
 */
import type { QoS } from '../qos.ts'
import type { Traffic } from '../session/traffic.ts'

/** A session with its connection, if it has one. */
export interface ClientView {
  /** Place in the order of its shard's list. */
  readonly ordinal: number
  readonly clientId: string
  readonly username: string | undefined
  readonly connected: boolean
  readonly createdAtMs: number
  readonly connectedAtMs: number
  readonly disconnectedAtMs: number
  readonly expiryMs: number
  readonly durable: boolean
  /** Zone whose settings hold for it. */
  readonly zone: string
  /** Undefined when it has not been connected since the start of the process. */
  readonly connection: ConnectionView | undefined
  readonly subscriptions: number
  readonly subscriptionsMax: number
  readonly inflight: number
  readonly queued: number
  /** Messages that had no room in the queue since the session was made or loaded. */
  readonly queueDropped: number
  readonly queuedMax: number
  readonly awaitingRel: number
  readonly awaitingRelMax: number
}

/** The connection that a client has, or had last. */
export interface ConnectionView {
  readonly listener: string
  readonly peerHost: string
  readonly peerPort: number
  readonly protocolVersion: number
  readonly cleanStart: boolean
  readonly bridge: boolean
  readonly mountpoint: string
  readonly keepAliveSeconds: number
  readonly inflightMax: number
  readonly traffic: Readonly<Traffic>
}

/** Which clients are wanted; what is absent does not matter. All conditions hold together. */
export interface ClientQuery {
  readonly clientIds?: readonly string[] | undefined
  readonly usernames?: readonly string[] | undefined
  /** Part of the client id. */
  readonly likeClientId?: string | undefined
  readonly likeUsername?: string | undefined
  readonly ipAddress?: string | undefined
  readonly connected?: boolean | undefined
  readonly cleanStart?: boolean | undefined
  readonly protocolVersion?: number | undefined
  readonly createdFromMs?: number | undefined
  readonly createdToMs?: number | undefined
  readonly connectedFromMs?: number | undefined
  readonly connectedToMs?: number | undefined
}

/** Numbers and names that clients can be sorted by. */
const CLIENT_ORDERS = [
  'clientid',
  'username',
  'created_at',
  'connected_at',
  'subscriptions_cnt',
  'mqueue_len',
  'inflight_cnt',
] as const

/** An order of clients. */
export interface ClientOrder {
  readonly by: (typeof CLIENT_ORDERS)[number]
  readonly isDescending: boolean
}

/** A client with what it is sorted by. */
export interface ClientRank {
  readonly clientId: string
  readonly key: string | number
}

/** The first clients of a shard in an order. */
export interface ClientRanks {
  readonly ranks: readonly ClientRank[]
  /** All that match. */
  readonly matching: number
}

/** One subscription of a client. */
export interface SubscriptionView {
  readonly clientId: string
  /** As the client wrote it, `$share/…` included. */
  readonly filter: string
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: number
  readonly durable: boolean
}

/** Which part of a list is wanted. */
export interface ListRange {
  /** Begin behind this ordinal; 0 = from the start. */
  readonly after: number
  /** Matches to pass over first. */
  readonly skip: number
  readonly limit: number
}

/** A part of a list in the order of ordinals. */
export interface ListPart<Item> {
  readonly items: readonly Item[]
  /** Matches passed over: less than asked for when the list ended before. */
  readonly skipped: number
  /** Begin behind it for what follows; undefined = there is nothing. */
  readonly next: number | undefined
}

/** How a command for one client ended. */
export const CommandResult = { DONE: 'done', NO_CLIENT: 'no_client' } as const
export type CommandResult = (typeof CommandResult)[keyof typeof CommandResult]

/** A message that the operator publishes. */
export interface OperatorMessage {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  /** Client id shown as its publisher; empty = the broker. */
  readonly publisher: string
  readonly username: string | undefined
  readonly properties: OperatorProperties
}

export interface OperatorProperties {
  readonly payloadFormatIndicator?: 0 | 1
  readonly messageExpirySeconds?: number
  readonly responseTopic?: string
  readonly correlationData?: Uint8Array
  readonly contentType?: string
  readonly userProperties?: readonly (readonly [name: string, value: string])[]
}

/** What became of a publish: a reason code of MQTT 5, below 0x80 it is accepted. */
export interface PublishOutcome {
  readonly reason: number
  /** For a refusal. */
  readonly detail: string
}

/** A message as an operator sees it. */
export interface MessageView {
  readonly topic: string
  readonly qos: QoS
  readonly retain: boolean
  /** Client id of the publisher; empty = the broker. */
  readonly publisher: string
  readonly receivedAtMs: number
  /** Undefined when payloads were not asked for. */
  readonly payload: Uint8Array | undefined
  readonly payloadBytes: number
  /** With the payload, as it was published; without its expiry. Undefined when it has none. */
  readonly properties: OperatorProperties | undefined
  /** When it expires; 0 = never. */
  readonly expiresAtMs: number
}

/** A message that waits in a queue, or for its acknowledgement. */
export interface WaitingMessageView extends MessageView {
  /** 0 while it has none. */
  readonly packetId: number
  /** 0..255; undefined when the queue has no priorities. */
  readonly priority: number | undefined
}

/** A part of a list with texts as positions. */
export interface TextListPart<Item> {
  readonly items: readonly Item[]
  /** Begin here for what follows; undefined = there is nothing. */
  readonly next: string | undefined
}

/** Which part of a list of messages is wanted. */
export interface MessageRange {
  /** As an earlier part gave it; '' = from the start. */
  readonly from: string
  readonly limit: number
  readonly withPayload: boolean
  /** The part ends with the message whose payload passes it. */
  readonly payloadBytesMax: number
}

export interface DelayedView extends MessageView {
  readonly id: string
  readonly username: string | undefined
  readonly dueAtMs: number
}

/** A filter that somebody asked for. */
export interface RouteView {
  readonly filter: string
  /** Of a shared subscription. */
  readonly group: string | undefined
}

/** A topic with one subscriber, and who that is. */
export interface ExclusiveView {
  /** With its mountpoint, without `$exclusive/`. */
  readonly topic: string
  readonly clientId: string
}

/** Which subscriptions are wanted; what is absent does not matter. */
export interface SubscriptionQuery {
  readonly clientId?: string | undefined
  readonly qos?: number | undefined
  /** The filter as its client wrote it. */
  readonly filter?: string | undefined
  /** Filters, without a prefix, that match this topic, or that this filter covers. */
  readonly matchTopic?: string | undefined
  readonly shareGroup?: string | undefined
  readonly durable?: boolean | undefined
}

/** A subscription with its place in the order of its shard's list. */
export interface ListedSubscription extends SubscriptionView {
  readonly ordinal: number
  /** Among those of its session. */
  readonly number: number
}

/** Which levels below a topic are wanted. */
export interface LevelQuery {
  /** Undefined: the first levels of all topics. */
  readonly parent: string | undefined
  /** Only names behind this one, in the order of their UTF-8 bytes. */
  readonly after: string | undefined
  readonly limit: number
}

/** A level below a topic. */
export interface LevelView {
  readonly name: string
  /** Topics met at this level or below. */
  readonly topics: number
  /** Filters at this level or below. */
  readonly filters: number
  /** Messages were met on just this topic. */
  readonly isMet: boolean
  /** It has a retained message itself. */
  readonly isRetained: boolean
  /** There are levels below. */
  readonly isDeeper: boolean
}
