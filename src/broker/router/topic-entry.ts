import type { Delivery, GroupRoute } from './routes.ts'

/**
 * One topic name as the shard knows it: the string, its bytes, and what it matched last.
 *
 * The publish path finds the entry by the bytes of the packet, so that a topic seen before is
 * neither decoded nor validated nor matched again. `version` is compared with the router's: an
 * entry whose routes are older is matched anew.
 */
export class TopicEntry {
  readonly topic: string
  readonly bytes: Buffer
  /** Router version at which the routes below were computed; -1 = never. */
  version: number
  /** One per local session, overlapping subscriptions merged [MQTT-3.3.5-1]. */
  deliveries: readonly Delivery[]
  /** Bit s set: shard s has an ordinary subscription that matches. */
  remoteShards: number
  /** Shared subscriptions that match, over all shards. */
  groups: readonly GroupRoute[]

  constructor(topic: string, bytes: Buffer) {
    this.topic = topic
    this.bytes = bytes
    this.version = -1
    this.deliveries = NO_DELIVERIES
    this.remoteShards = 0
    this.groups = NO_GROUPS
  }
}

const NO_DELIVERIES: readonly Delivery[] = Object.freeze([])
const NO_GROUPS: readonly GroupRoute[] = Object.freeze([])
