import type { FilterRoute } from './filter-route.ts'
import { countDeliveries, listDeliveries } from './local-set.ts'
import { mergeDeliveries } from './merged-delivery.ts'
import { NO_DELIVERIES } from './routes.ts'
import type { Delivery, Subscriber } from './routes.ts'

/**
 * What each local session gets by these filters, which all match one topic: one delivery for each
 * session. The list is never changed; that of a single filter is shared by all its topics.
 */
export function mergeLocal(routes: readonly FilterRoute[]): readonly Delivery[] {
  let largest: FilterRoute | undefined
  let size = 0
  let filters = 0
  for (const route of routes) {
    const count = countDeliveries(route.local)
    if (count > 0) filters++
    if (count <= size) continue
    largest = route
    size = count
  }
  if (largest === undefined) return NO_DELIVERIES
  const base = listDeliveries(largest.local)
  return filters === 1 ? base : overlay(base, routes, largest)
}

/** Merges the deliveries of all other routes into those of the largest. */
function overlay(
  base: readonly Delivery[],
  routes: readonly FilterRoute[],
  largest: FilterRoute,
): readonly Delivery[] {
  const others = new Map<Subscriber, Delivery>()
  for (const route of routes) {
    if (route === largest || route.local === undefined) continue
    for (const delivery of listDeliveries(route.local)) {
      const present = others.get(delivery.subscriber)
      const merged = present === undefined ? delivery : mergeDeliveries(present, delivery)
      others.set(delivery.subscriber, merged)
    }
  }
  const merged: Delivery[] = []
  for (const delivery of base) {
    const other = others.get(delivery.subscriber)
    if (other === undefined) merged.push(delivery)
    else {
      merged.push(mergeDeliveries(delivery, other))
      others.delete(delivery.subscriber)
    }
  }
  for (const delivery of others.values()) merged.push(delivery)
  return merged
}
