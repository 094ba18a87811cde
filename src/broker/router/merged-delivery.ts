import type { QoS } from '../qos.ts'
import type { Delivery, Subscriber, Subscription } from './routes.ts'

/** The one class of deliveries, so that all have the same shape. Never changed once made. */
export class MergedDelivery implements Delivery {
  readonly subscriber: Subscriber
  readonly qos: QoS
  readonly retainAsPublished: boolean
  readonly subscriptionIds: readonly number[] | undefined
  readonly own: Delivery | null | undefined

  constructor(
    subscriber: Subscriber,
    qos: QoS,
    retainAsPublished: boolean,
    subscriptionIds: readonly number[] | undefined,
    own: Delivery | null | undefined,
  ) {
    this.subscriber = subscriber
    this.qos = qos
    this.retainAsPublished = retainAsPublished
    this.subscriptionIds = subscriptionIds
    this.own = own
  }
}

/** What a session gets by one subscription alone. */
export function deliveryOf(subscription: Subscription): MergedDelivery {
  const { subscriptionId } = subscription
  return new MergedDelivery(
    subscription.subscriber,
    subscription.qos,
    subscription.retainAsPublished,
    subscriptionId === 0 ? undefined : [subscriptionId],
    subscription.noLocal ? null : undefined, // [MQTT-3.8.3-3]
  )
}

/** What one session gets by two overlapping subscriptions, or two merges of some. */
export function mergeDeliveries(a: Delivery, b: Delivery): MergedDelivery {
  return new MergedDelivery(
    a.subscriber,
    a.qos > b.qos ? a.qos : b.qos, // [MQTT-3.3.4-2]
    a.retainAsPublished || b.retainAsPublished,
    joinIds(a.subscriptionIds, b.subscriptionIds),
    mergeOwn(a, b),
  )
}

/** True when both give the same session the same. For deliveries of one subscription each. */
export function sameDelivery(a: Delivery, b: Delivery): boolean {
  return (
    a.subscriber === b.subscriber &&
    a.qos === b.qos &&
    a.retainAsPublished === b.retainAsPublished &&
    a.own === b.own &&
    a.subscriptionIds?.[0] === b.subscriptionIds?.[0]
  )
}

/** What is left for the session's own messages when no local drops out of the merge. */
function mergeOwn(a: Delivery, b: Delivery): Delivery | null | undefined {
  if (a.own === undefined && b.own === undefined) return undefined
  const ownA = a.own === undefined ? a : a.own
  const ownB = b.own === undefined ? b : b.own
  if (ownA === null) return ownB
  return ownB === null ? ownA : mergeDeliveries(ownA, ownB)
}

/**
 * Identifiers of all matching subscriptions [MQTT-3.3.4-3] [MQTT-3.3.4-4]; one that was given to
 * several subscriptions is there several times (§3.3.4).
 */
function joinIds(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): readonly number[] | undefined {
  if (a === undefined) return b
  return b === undefined ? a : a.concat(b)
}
