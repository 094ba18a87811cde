/** What publishing needs to know of the stores. */
import type { Message } from '../message.ts'
import type { GroupRoute } from '../router/routes.ts'
import type { Broker } from '../shard/broker.ts'
import { DELAYED_PREFIX } from '../delayed/delayed-topic.ts'
import { incomingKey } from './keys.ts'
import type { Session } from './session.ts'

/** A QoS 2 message that several shards will store gets an origin, see origin.ts. */
export function setOrigin(
  broker: Broker,
  session: Session,
  message: Message,
  packetId: number,
): void {
  const { topic } = message
  broker.core.router.resolve(topic)
  const several =
    topic.remoteShards !== 0 ||
    topic.groups.length > 0 ||
    // What comes for a session that moves away is stored by its new shard. A shard's subscribers
    // are its sessions.
    topic.deliveries.some(({ subscriber }) => (subscriber as Session).move !== undefined)
  if (broker.core.shardCount === 1 || !several) {
    if (!message.checkOrigin) return
  }
  message.origin = incomingKey(session.storeKey, packetId) + message.print
  session.origins.add(packetId)
  session.unfinished.delete(packetId)
}

/** A set of shards as bits. */
const ALL_SHARDS = -1

/**
 * While stores cannot write, here or in another shard, what must be stored is refused; everything
 * else goes on. All shards have the same disk. Which member of a group gets a message is not known
 * yet, so that one with a stored session decides.
 */
export function needsStore({ core, links }: Broker, session: Session, message: Message): boolean {
  const { topic, qos, retain } = message
  core.router.resolve(topic)
  const full = core.store.healthy ? links.unhealthy : ALL_SHARDS
  if ((topic.remoteStored & full) !== 0 || hasStoredMember(topic.groups, full)) return true
  if (core.store.healthy) return false
  if (retain || (qos === 2 && session.persistent)) return true
  if (topic.topic.startsWith(DELAYED_PREFIX)) return true
  // Subscribers of a shard are its sessions.
  return topic.deliveries.some(({ subscriber }) => (subscriber as Session).persistent)
}

function hasStoredMember(groups: readonly GroupRoute[], shards: number): boolean {
  return groups.some(({ members }) => {
    return members.some(({ shard, stored }) => stored && (shards & (1 << shard)) !== 0)
  })
}
