import type { QoS } from '../message.ts'

/** What the router knows of a local subscriber. The session implements it. */
export interface Subscriber {
  readonly clientId: string
}

/** One subscription of a local session, as the router keeps it. */
export interface Subscription {
  readonly subscriber: Subscriber
  /** Filter without the `$share/group/` prefix. */
  readonly filter: string
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  /** 0 = none. */
  readonly subscriptionId: number
}

/**
 * What one local session gets of a message: all its matching ordinary subscriptions merged into
 * the highest QoS and the list of subscription identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3]
 * [MQTT-3.3.4-4].
 */
export interface Delivery {
  readonly subscriber: Subscriber
  readonly qos: QoS
  /** True if any matching subscription asked for it. */
  readonly retainAsPublished: boolean
  readonly subscriptionIds: readonly number[] | undefined
  /**
   * What this session gets of its own messages: undefined when there is no difference, null when
   * all matching subscriptions say no local [MQTT-3.8.3-3], else the merge of the others.
   */
  readonly own: Delivery | null | undefined
}

/** A member of a shared subscription; members of other shards have no `subscription`. */
export interface GroupMember {
  readonly clientId: string
  readonly shard: number
  online: boolean
  readonly subscription: Subscription | undefined
}

/** A shared subscription (`group` and filter together) with its members over all shards. */
export interface GroupRoute {
  readonly group: string
  readonly filter: string
  readonly members: readonly GroupMember[]
}
