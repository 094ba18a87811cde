import { NO_ROUTES } from './filter-route.ts'
import type { FilterRoute } from './filter-route.ts'
import { mergeLocal } from './merge-local.ts'
import { NO_GROUPS, NO_TAPS } from './routes.ts'
import type { GroupRoute, MessageTap } from './routes.ts'
import type { TopicEntry } from './topic-entry.ts'

/**
 * Computes the routes of an entry from the filters that match.
 * @returns references in arrays that are the entry's own
 */
export function assignRoutes(entry: TopicEntry, matched: readonly FilterRoute[]): number {
  let remoteShards = 0
  let remoteStored = 0
  let localRoutes = 0
  let groups: GroupRoute[] | undefined
  let taps = NO_TAPS
  for (const route of matched) {
    remoteShards |= route.remoteShards
    remoteStored |= route.remoteStored
    if (route.local !== undefined) localRoutes++
    if (route.taps !== undefined) taps = joinTaps(taps, route.taps.list)
    if (route.groups === undefined) continue
    groups ??= []
    for (const group of route.groups) groups.push(group)
  }
  entry.remoteShards = remoteShards
  entry.remoteStored = remoteStored
  entry.groups = groups ?? NO_GROUPS
  entry.taps = taps
  entry.deliveries = mergeLocal(matched)
  entry.matched = matched.length === 0 ? NO_ROUTES : matched.slice()
  const { length } = entry.deliveries
  // A single filter lends its list, unless it has but one subscriber.
  const ownDeliveries = localRoutes > 1 || length === 1 ? length : 0
  return ownDeliveries + entry.groups.length + entry.matched.length + taps.length
}

/** A filter alone lends its list; a tap with several matching filters is there once. */
function joinTaps(taps: readonly MessageTap[], more: readonly MessageTap[]): readonly MessageTap[] {
  return taps.length === 0 ? more : [...new Set([...taps, ...more])]
}

/** True when the same filters matched before and none of them changed since. */
export function isUnchanged(entry: TopicEntry, matched: readonly FilterRoute[]): boolean {
  const before = entry.matched
  if (before.length !== matched.length) return false
  for (let i = 0; i < before.length; i++) {
    const route = matched[i]! // In range: both have this length.
    if (route !== before[i] || route.changedAt > entry.version) return false
  }
  return true
}
