import { sameDelivery } from './merged-delivery.ts'
import { NO_DELIVERIES } from './routes.ts'
import type { Delivery, Subscriber } from './routes.ts'

/** Subscribers of one filter up to which a list is searched from end to end. */
const LIST_MAX = 16

/** Many subscribers of one filter, and what `listDeliveries` made of them last. */
class Crowd {
  readonly bySubscriber: Map<Subscriber, Delivery>
  list: readonly Delivery[] | undefined

  constructor(list: readonly Delivery[]) {
    this.bySubscriber = new Map()
    for (const delivery of list) this.bySubscriber.set(delivery.subscriber, delivery)
    this.list = list
  }
}

/**
 * Local ordinary subscribers of one filter. Most filters have one, whose delivery then stands for
 * the set; a short list is copied on change, so that topics may share it; a crowd has an index.
 */
export type LocalSet = undefined | Delivery | readonly Delivery[] | Crowd

/** Subscribers in the set. */
export function countDeliveries(set: LocalSet): number {
  if (set === undefined) return 0
  if (set instanceof Crowd) return set.bySubscriber.size
  return isList(set) ? set.length : 1
}

/** All deliveries of the set as a list that is never changed; may be shared by many topics. */
export function listDeliveries(set: LocalSet): readonly Delivery[] {
  if (set === undefined) return NO_DELIVERIES
  if (set instanceof Crowd) {
    set.list ??= Array.from(set.bySubscriber.values())
    return set.list
  }
  return isList(set) ? set : [set]
}

/** The set with this delivery in it, in place of an earlier one of the same subscriber. */
export function withDelivery(set: LocalSet, delivery: Delivery): LocalSet {
  if (set === undefined) return delivery
  if (set instanceof Crowd) {
    set.bySubscriber.set(delivery.subscriber, delivery)
    set.list = undefined
    return set
  }
  if (!isList(set)) return set.subscriber === delivery.subscriber ? delivery : [set, delivery]
  const list = set.filter((other) => other.subscriber !== delivery.subscriber)
  list.push(delivery)
  return list.length > LIST_MAX ? new Crowd(list) : list
}

/** The set without this subscriber; unchanged when he is not in it. */
export function withoutSubscriber(set: LocalSet, subscriber: Subscriber): LocalSet {
  if (set === undefined) return undefined
  if (set instanceof Crowd) {
    if (!set.bySubscriber.delete(subscriber)) return set
    set.list = undefined
    return set.bySubscriber.size <= LIST_MAX / 2 ? listDeliveries(set) : set
  }
  if (!isList(set)) return set.subscriber === subscriber ? undefined : set
  const list = set.filter((other) => other.subscriber !== subscriber)
  return list.length > 1 ? list : list[0]
}

/** True when the set already holds just this delivery for its subscriber. */
export function hasDelivery(set: LocalSet, delivery: Delivery): boolean {
  const present = deliveryFor(set, delivery.subscriber)
  return present !== undefined && sameDelivery(present, delivery)
}

/** What the set holds for one subscriber. */
function deliveryFor(set: LocalSet, subscriber: Subscriber): Delivery | undefined {
  if (set === undefined) return undefined
  if (set instanceof Crowd) return set.bySubscriber.get(subscriber)
  if (isList(set)) return set.find((delivery) => delivery.subscriber === subscriber)
  return set.subscriber === subscriber ? set : undefined
}

/** `Array.isArray` does not narrow read-only arrays. */
function isList(set: Delivery | readonly Delivery[]): set is readonly Delivery[] {
  return Array.isArray(set)
}
