import { assert } from '#kernel/assert.ts'
import { hashBytes, hashString } from '#kernel/hash.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import { validateTopicName } from '#codec/mqtt/topic.ts'
import { decodeUtf8 } from '#codec/mqtt/utf8.ts'
import { FilterRoute, NO_NODE, NO_ROUTES, hasWildcard } from './filter-route.ts'
import { countDeliveries, hasDelivery, withDelivery, withoutSubscriber } from './local-set.ts'
import { assignRoutes, isUnchanged } from './assign-routes.ts'
import { deliveryOf } from './merged-delivery.ts'
import type { RouterCounts } from './router-counts.ts'
import type { GroupMember, GroupRoute, MessageTap, Subscriber, Subscription } from './routes.ts'
import { SharedGroup } from './shared-group.ts'
import { SplitMap } from './split-map.ts'
import { TapSet } from './tap-set.ts'
import { TopicCache } from './topic-cache.ts'
import { EntryVersion, TopicEntry } from './topic-entry.ts'
import { TopicTrie } from './topic-trie.ts'

/** Shards a bit mask can name: bits 0..30 keep it a small positive integer. */
export const SHARDS_MAX = 31

/** References that cached topics own together unless the limits say otherwise: 32 MiB. */
const TOPIC_CACHE_REFS_MAX = 4_194_304

export interface RouterLimits {
  /** Levels a topic name may have. */
  readonly topicLevelsMax: number
  /** Topics kept with their routes, at least 1. */
  readonly topicCacheEntriesMax: number
  /** References to deliveries, filters and groups that kept topics own together. */
  readonly topicCacheRefsMax?: number
}

/** A filter and the shards that asked for it (bit s = shard s). */
export interface FilterInterest {
  readonly filter: string
  /** Undefined for ordinary subscriptions. */
  readonly group: string | undefined
  readonly shardMask: number
}

/**
 * What one shard knows of all subscriptions: those of its own sessions, that a sibling has some
 * for a filter, and the members of all groups. Finds topics by bytes and what they match.
 *
 * Filters and topics given as strings are valid: whoever takes them from outside has checked them.
 * Filters without wildcard are found by the topic itself, the others through a trie. A change of
 * the first kind outdates the one topic it concerns; a change of the second kind outdates all, and
 * a topic that is then asked for is matched again but keeps its routes if none of them changed.
 */
export class Router {
  /** Public for `resolve` only, which must be small enough to be inlined. */
  version: number
  readonly #ownShard: number
  #limits: RouterLimits
  readonly #exact: SplitMap<FilterRoute>
  readonly #wild: TopicTrie
  readonly #groups: Map<string, SharedGroup>
  readonly #cache: TopicCache
  /** Routes found by the match under way. */
  readonly #matched: FilterRoute[]
  #localSubscriptions: number
  /** Filters with an ordinary subscription in any shard. */
  #ordinaryFilters: number
  #groupMembers: number

  /** @param ownShard number of this shard, 0..30 */
  constructor(ownShard: number, limits: RouterLimits) {
    assertShard(ownShard)
    this.version = 0
    this.#ownShard = ownShard
    this.#limits = limits
    this.#exact = new SplitMap()
    this.#wild = new TopicTrie()
    this.#groups = new Map()
    this.#cache = new TopicCache(
      limits.topicCacheEntriesMax,
      limits.topicCacheRefsMax ?? TOPIC_CACHE_REFS_MAX,
    )
    this.#matched = []
    this.#localSubscriptions = 0
    this.#ordinaryFilters = 0
    this.#groupMembers = 0
  }

  /** Most levels of topics that are seen from now on for the first time. */
  setTopicLevelsMax(topicLevelsMax: number): void {
    this.#limits = { ...this.#limits, topicLevelsMax }
  }

  get counts(): RouterCounts {
    return {
      filters: this.#exact.size + this.#wild.routeCount,
      wildcardFilters: this.#wild.routeCount,
      topics: this.#ordinaryFilters + this.#groups.size,
      localSubscriptions: this.#localSubscriptions,
      groups: this.#groups.size,
      groupMembers: this.#groupMembers,
      cachedTopics: this.#cache.count,
      topicEvictions: this.#cache.evictions,
    }
  }

  /**
   * The entry of the topic name in these bytes, which stay the caller's. A topic not in the cache
   * is checked: a failure says that it is no valid topic name [MQTT-4.7.0-1] or has too many
   * levels (0x90). Hot path.
   */
  entryForBytes(bytes: Uint8Array, start: number, end: number): TopicEntry | DecodeFailure {
    const hash = hashBytes(bytes, start, end)
    return this.#cache.findBytes(bytes, start, end, hash) ?? this.#newEntry(bytes, start, end)
  }

  /** The entry of a valid topic name. */
  entryFor(topic: string): TopicEntry {
    const known = this.#cache.findText(topic, hashString(topic))
    if (known !== undefined) return known
    const bytes = Buffer.from(topic)
    return this.#listed(new TopicEntry(topic, ownBytes(bytes, 0, bytes.length)))
  }

  /** Brings the routes of an entry up to date; cheap when they are. Hot path. */
  resolve(entry: TopicEntry): void {
    if (entry.version !== this.version) this.#refresh(entry)
  }

  /**
   * Keeps the cache free of outdated topics that nobody asks for; looks at `places` of its places.
   * The host calls it now and then between two ticks, never while a message is being routed.
   */
  sweepTopics(places: number): void {
    this.#cache.sweep(places, this.version)
  }

  /**
   * Adds an ordinary subscription of a local session, or replaces the one this session has for
   * the filter [MQTT-3.8.4-3].
   * @returns true when it is the first for this filter: siblings must hear of it
   */
  addLocal(subscription: Subscription): boolean {
    const route = this.#obtain(subscription.filter)
    const delivery = deliveryOf(subscription)
    if (hasDelivery(route.local, delivery)) return false
    const before = countDeliveries(route.local)
    if (!route.ordinary) this.#ordinaryFilters++
    route.local = withDelivery(route.local, delivery)
    this.#localSubscriptions += countDeliveries(route.local) - before
    this.#changed(route)
    return before === 0
  }

  /**
   * Removes the subscription a local session has for the filter.
   * @returns true when it was the last one for this filter: siblings must hear of it
   */
  removeLocal(filter: string, subscriber: Subscriber): boolean {
    const route = this.#find(filter)
    if (route === undefined) return false
    const before = countDeliveries(route.local)
    route.local = withoutSubscriber(route.local, subscriber)
    const after = countDeliveries(route.local)
    if (after === before) return false
    this.#localSubscriptions--
    if (!route.ordinary) this.#ordinaryFilters--
    this.#changed(route)
    return after === 0
  }

  /** Notes that another shard has ordinary subscriptions for the filter. */
  addRemote(shard: number, filter: string): void {
    this.#assertSibling(shard)
    const route = this.#obtain(filter)
    const mask = route.remoteShards | (1 << shard)
    if (mask === route.remoteShards) return
    if (!route.ordinary) this.#ordinaryFilters++
    route.remoteShards = mask
    this.#changed(route)
  }

  /** Notes that another shard has no ordinary subscription for the filter any more. */
  removeRemote(shard: number, filter: string): void {
    this.#assertSibling(shard)
    const route = this.#find(filter)
    if (route === undefined || (route.remoteShards & (1 << shard)) === 0) return
    route.remoteShards &= ~(1 << shard)
    route.remoteStored &= ~(1 << shard)
    if (!route.ordinary) this.#ordinaryFilters--
    this.#changed(route)
  }

  /**
   * Counts a subscription of a local stored session after `addLocal`, or before `removeLocal`.
   * @returns true when it is the first or last for this filter: siblings must hear of it
   */
  countStored(filter: string, by: 1 | -1): boolean {
    const route = this.#find(filter)
    assert(route !== undefined, 'it has a subscription')
    route.storedLocal += by
    return route.storedLocal === (by === 1 ? 1 : 0)
  }

  /** Notes whether another shard that has subscriptions for the filter has stored ones. */
  setRemoteStored(shard: number, filter: string, stored: boolean): void {
    this.#assertSibling(shard)
    const route = this.#find(filter)
    if (route === undefined || (route.remoteShards & (1 << shard)) === 0) return
    const mask = stored ? route.remoteStored | (1 << shard) : route.remoteStored & ~(1 << shard)
    if (mask === route.remoteStored) return
    route.remoteStored = mask
    this.#changed(route)
  }

  /** Has the tap see the messages of a valid filter that enter the broker at this shard. */
  addTap(filter: string, tap: MessageTap): void {
    const route = this.#obtain(filter)
    route.taps ??= new TapSet()
    if (route.taps.add(tap)) this.#changed(route)
  }

  /** Takes a tap from a filter. */
  removeTap(filter: string, tap: MessageTap): void {
    const route = this.#find(filter)
    if (route?.taps?.delete(tap) !== true) return
    if (route.taps.size === 0) route.taps = undefined
    this.#changed(route)
  }

  /**
   * Adds a member of any shard to a shared subscription, or gives the one of this client id and
   * shard new properties. `filter` is without `$share/group/`.
   */
  joinGroup(groupName: string, filter: string, member: GroupMember): void {
    assertShard(member.shard)
    const key = groupKey(groupName, filter)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = new SharedGroup(groupName, filter, this.#ownShard)
      this.#groups.set(key, group)
      const route = this.#obtain(filter)
      route.groups ??= []
      group.index = route.groups.push(group) - 1
      this.#changed(route)
    }
    if (group.join(member)) this.#groupMembers++
  }

  /** Removes a member of a shard from a shared subscription; with the last one the group ends. */
  leaveGroup(groupName: string, filter: string, clientId: string, shard: number): void {
    const key = groupKey(groupName, filter)
    const group = this.#groups.get(key)
    const member = group?.find(clientId, shard)
    if (group === undefined || member === undefined) return
    group.leave(member)
    this.#groupMembers--
    if (group.members.length > 0) return
    this.#groups.delete(key)
    this.#removeFromRoute(group)
  }

  /** Notes whether a member of a shard is connected. */
  setMemberOnline(
    groupName: string,
    filter: string,
    clientId: string,
    shard: number,
    online: boolean,
  ): void {
    const group = this.#groups.get(groupKey(groupName, filter))
    const member = group?.find(clientId, shard)
    if (group !== undefined && member !== undefined) group.setOnline(member, online)
  }

  /** The shared subscription of this name and filter, undefined when it has no member. */
  findGroup(groupName: string, filter: string): GroupRoute | undefined {
    return this.#groups.get(groupKey(groupName, filter))
  }

  /** All filters and which shards asked for them. */
  *filters(): Generator<FilterInterest> {
    for (const route of this.#routes()) yield* this.#interest(route)
  }

  /** Topics this shard has met lately. One may be left out that comes or goes meanwhile. */
  *cachedTopics(): Generator<string> {
    for (let place = 0; place < this.#cache.entries.length; place++) {
      const entry = this.#cache.entries[place]
      if (entry !== undefined) yield entry.topic
    }
  }

  /** True when any filter matches a valid topic name; does not put the topic into the cache. */
  isWanted(topic: string): boolean {
    const matched = this.#matched
    this.#match(topic, hashString(topic), matched)
    const isWanted = matched.length > 0
    matched.length = 0
    return isWanted
  }

  #newEntry(bytes: Uint8Array, start: number, end: number): TopicEntry | DecodeFailure {
    const failure = validateTopicName(bytes, start, end, this.#limits.topicLevelsMax)
    if (isFailure(failure)) return failure
    const copy = ownBytes(bytes, start, end)
    return this.#listed(new TopicEntry(decodeUtf8(copy, 0, copy.length), copy))
  }

  #listed(entry: TopicEntry): TopicEntry {
    if (this.#cache.admits(entry.hash)) this.#cache.add(entry)
    else entry.version = EntryVersion.PASSED_OVER
    return entry
  }

  #refresh(entry: TopicEntry): void {
    if (entry.version === EntryVersion.UNLISTED && !this.#takeBack(entry)) return
    const matched = this.#matched
    this.#match(entry.topic, entry.hash, matched)
    if (entry.version === EntryVersion.PASSED_OVER) {
      // Whoever asks only once has what he needs; whoever asks again gets it listed.
      assignRoutes(entry, matched)
      entry.version = EntryVersion.UNLISTED
    } else {
      if (entry.version === EntryVersion.STALE || !isUnchanged(entry, matched)) {
        this.#cache.charge(entry, assignRoutes(entry, matched))
      }
      entry.version = this.version
    }
    matched.length = 0
  }

  /**
   * Puts an entry that somebody still holds back into the cache, without which it would not hear
   * of changes. If its topic has another entry by now, that one's routes are copied instead, with
   * every use, and false is returned.
   */
  #takeBack(entry: TopicEntry): boolean {
    const { bytes, hash } = entry
    const current = this.#cache.findBytes(bytes, 0, bytes.length, hash)
    if (current === undefined) {
      entry.version = EntryVersion.STALE
      this.#cache.add(entry)
      return true
    }
    this.resolve(current)
    entry.deliveries = current.deliveries
    entry.remoteShards = current.remoteShards
    entry.remoteStored = current.remoteStored
    entry.groups = current.groups
    entry.taps = current.taps
    entry.matched = NO_ROUTES
    return false
  }

  /** Appends all filters that match the topic. */
  #match(topic: string, hash: number, into: FilterRoute[]): void {
    const exact = this.#exact.get(topic, hash)
    if (exact !== undefined) into.push(exact)
    this.#wild.match(topic, into)
  }

  #find(filter: string): FilterRoute | undefined {
    return hasWildcard(filter)
      ? this.#wild.find(filter)
      : this.#exact.get(filter, hashString(filter))
  }

  #obtain(filter: string): FilterRoute {
    if (hasWildcard(filter)) return this.#wild.obtain(filter)
    const hash = hashString(filter)
    let route = this.#exact.get(filter, hash)
    if (route === undefined) {
      route = new FilterRoute(filter, NO_NODE)
      this.#exact.set(filter, hash, route)
    }
    return route
  }

  /** Outdates the topics that a changed filter matches, and drops the filter if it is unused. */
  #changed(route: FilterRoute): void {
    if (route.node === NO_NODE) {
      const hash = hashString(route.filter)
      const entry = this.#cache.findText(route.filter, hash)
      if (entry !== undefined) entry.version = EntryVersion.STALE
      if (route.unused) this.#exact.delete(route.filter, hash)
    } else {
      this.version++
      route.changedAt = this.version
      if (route.unused) this.#wild.remove(route)
    }
  }

  #removeFromRoute(group: SharedGroup): void {
    const route = this.#find(group.filter)
    const groups = route?.groups
    assert(route !== undefined && groups !== undefined, 'a group stands at its filter')
    const last = groups.pop()
    if (last !== undefined && last !== group) {
      groups[group.index] = last
      last.index = group.index
    }
    if (groups.length === 0) route.groups = undefined
    this.#changed(route)
  }

  *#routes(): Generator<FilterRoute> {
    yield* this.#exact.values()
    yield* this.#wild
  }

  *#interest(route: FilterRoute): Generator<FilterInterest> {
    const { filter } = route
    const own = route.local === undefined ? 0 : 1 << this.#ownShard
    const shardMask = route.remoteShards | own
    if (shardMask !== 0) yield { filter, group: undefined, shardMask }
    for (const { group, members } of route.groups ?? []) {
      yield {
        filter,
        group,
        shardMask: members.reduce((mask, { shard }) => mask | (1 << shard), 0),
      }
    }
  }

  #assertSibling(shard: number): void {
    assertShard(shard)
    assert(shard !== this.#ownShard, 'interest of siblings is not of this shard')
  }
}

/** A slash cannot stand in the name of a group [MQTT-4.8.2-2], so the key is unique. */
function groupKey(groupName: string, filter: string): string {
  return `${groupName}/${filter}`
}

/**
 * A copy outside the pool: a small view would keep a whole block of it alive. Copied by hand, which
 * for the length of a topic is faster than to make a view and have that copied.
 */
function ownBytes(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(end - start)
  for (let at = start; at < end; at++) copy[at - start] = bytes[at]! // The caller's range.
  return copy
}

function assertShard(shard: number): void {
  assert(shard >= 0 && shard < SHARDS_MAX, 'a shard has a number of 0..30')
}
