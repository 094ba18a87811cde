import type { QoS } from '../qos.ts'

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

/**
 * A member of a shared subscription; members of other shards have no `subscription`. What is given
 * to the router is copied: only the router changes `online`.
 */
export interface GroupMember {
  readonly clientId: string
  readonly shard: number
  online: boolean
  /** Its session is stored: what it gets with QoS 1 or 2 has to be. */
  readonly stored: boolean
  /** Holds the QoS granted to this very member [MQTT-4.8.2-3]. */
  readonly subscription: Subscription | undefined
}

/**
 * A shared subscription (`group` and filter together) with its members over all shards
 * [MQTT-4.8.2-1]. The router makes it; it lives as long as it has members.
 */
export interface GroupRoute {
  readonly group: string
  readonly filter: string
  /** In no lasting order, and changed in place. */
  readonly members: readonly GroupMember[]
}

/** Somebody beside subscribers who sees the messages of filters, such as a rule. */
export interface MessageTap {
  /** For logs. */
  readonly id: string
}

export const NO_TAPS: readonly MessageTap[] = Object.freeze([])
export const NO_DELIVERIES: readonly Delivery[] = Object.freeze([])
export const NO_GROUPS: readonly GroupRoute[] = Object.freeze([])
