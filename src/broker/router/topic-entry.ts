import { hashBytes } from '#kernel/hash.ts'
import { NO_ROUTES } from './filter-route.ts'
import type { FilterRoute } from './filter-route.ts'
import { NO_DELIVERIES, NO_GROUPS, NO_TAPS } from './routes.ts'
import type { Delivery, GroupRoute, MessageTap } from './routes.ts'

const DOLLAR = 0x24

/** Values of `TopicEntry.version` that no router version has. */
export const EntryVersion = {
  /** Its routes must be computed. */
  STALE: -1,
  /** As STALE, and the cache does not hold the entry: it was dropped, or passed over when full. */
  UNLISTED: -2,
  /** As UNLISTED, and nobody has asked for its routes yet. */
  PASSED_OVER: -3,
} as const
export type EntryVersion = (typeof EntryVersion)[keyof typeof EntryVersion]

/**
 * One topic name as the shard knows it: the string, its bytes, and what it matched last.
 *
 * The publish path finds the entry by the bytes of the packet, so that a topic seen before is
 * neither decoded nor validated nor matched again. `version` is compared with the router's: an
 * entry whose routes are older is matched anew. An entry stays usable for as long as somebody
 * holds it, also when the cache does not hold it.
 *
 * The router replaces the arrays and never changes one. Whoever loops over them takes all he needs
 * into locals first: what a delivery sets off may give the entry new ones.
 */
export class TopicEntry {
  // What every message needs stands first, so that it shares a line of the processor's cache.
  /** Router version at which the routes below were computed, or an EntryVersion. */
  version: number
  /** The topic begins with `$`. */
  readonly isSpecial: boolean
  /** The delivery of a topic with a single local session; `several` is empty then. */
  only: Delivery | undefined
  /** One per local session, overlapping subscriptions merged [MQTT-3.3.4-2]. */
  several: readonly Delivery[]
  /** Bit s set: shard s has an ordinary subscription that matches. */
  remoteShards: number
  /** Bit s set: shard s has one of a stored session. */
  remoteStored: number
  /** Shared subscriptions that match, over all shards. */
  groups: readonly GroupRoute[]
  /** Each once, however many of its filters match. */
  taps: readonly MessageTap[]
  readonly topic: string
  readonly bytes: Buffer
  /** `hashBytes` of the bytes: the same in all shards. */
  readonly hash: number
  /** Router only: the filters that matched, to see that nothing relevant has changed. */
  matched: readonly FilterRoute[]
  /** Router only: references in arrays that no other entry shares, charged to the cache. */
  ownedRefs: number

  constructor(topic: string, bytes: Buffer) {
    this.version = EntryVersion.STALE
    this.isSpecial = bytes[0] === DOLLAR
    this.only = undefined
    this.several = NO_DELIVERIES
    this.remoteShards = 0
    this.remoteStored = 0
    this.groups = NO_GROUPS
    this.taps = NO_TAPS
    this.topic = topic
    this.bytes = bytes
    this.hash = hashBytes(bytes, 0, bytes.length)
    this.matched = NO_ROUTES
    this.ownedRefs = 0
  }

  /** Local sessions that get its messages. */
  get deliveryCount(): number {
    return this.only === undefined ? this.several.length : 1
  }

  /** What they get, for everything but the hot path. */
  get deliveries(): readonly Delivery[] {
    return this.only === undefined ? this.several : [this.only]
  }

  set deliveries(list: readonly Delivery[]) {
    this.only = list.length === 1 ? list[0] : undefined
    this.several = list.length === 1 ? NO_DELIVERIES : list
  }
}
