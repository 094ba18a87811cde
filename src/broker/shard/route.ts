import type { HookedConnection } from '../hooks.ts'
import type { Message } from '../message.ts'
import type { Delivery, GroupRoute } from '../router/routes.ts'
import type { PickMemory, SharedPicker } from '../router/shared-strategy.ts'
import { deliver, deliveryQos } from '../session/deliver.ts'
import { groupHasReceived } from '../session/origin.ts'
import type { Session } from '../session/session.ts'
import { QUEUE_GROUP } from '../topics/special-topic.ts'
import type { ShardCore } from './core.ts'
import type { Links } from './links.ts'
import { admitDuringMove, deliverOrForward } from './move-gate.ts'

/** What routing needs beside the core. */
export interface Routing {
  readonly core: ShardCore
  readonly links: Links
  readonly picker: SharedPicker
  /** What the session that published the message now being routed remembers of its groups. */
  publisher: PickMemory | undefined
  /** The connection it came by; undefined for messages of the broker itself. */
  connection: HookedConnection | undefined
}

/**
 * Brings a message that entered the broker at this shard to everyone who wants it [MQTT-4.5.0-1]
 * in the order of arrival [MQTT-4.6.0-5]: local sessions, one member of each matching group, and
 * the shards that announced interest. It crosses shards at most once. Results are left in the
 * core's `route…` fields. Hot path.
 */
export function routeMessage(routing: Routing, message: Message): void {
  const { core } = routing
  const entry = message.topic
  core.router.resolve(entry)
  const { deliveryCount, groups } = entry
  core.routeRemote = 0
  core.routeReceivers = deliveryCount
  core.routeShared = deliveryCount + groups.length > 1
  deliverLocally(routing, message, core.shard)
  if (entry.remoteShards !== 0) sendToShards(routing, message, entry.remoteShards)
  for (const group of groups) {
    if (groupHasReceived(core.store, message, group)) continue
    routeToGroup(routing, message, group, undefined, 0)
  }
}

/**
 * Gives a message to the ordinary subscribers of this shard. Hot path.
 * @param source shard at which the message entered the broker
 */
export function deliverLocally(routing: Routing, message: Message, source: number): void {
  const { core } = routing
  const { only, several } = message.topic
  if (core.topicWatch !== undefined) {
    core.topicWatch.delivered(message, message.topic.deliveryCount)
  }
  const shared = core.routeShared
  if (only !== undefined) {
    deliverTo(routing, message, only, source, shared)
    return
  }
  for (let index = 0; index < several.length; index++) {
    deliverTo(routing, message, several[index]!, source, shared) // In range: the loop's condition.
  }
}

function deliverTo(
  routing: Routing,
  message: Message,
  granted: Delivery,
  source: number,
  shared: boolean,
): void {
  const { core } = routing
  let delivery = granted
  // Subscribers of a shard are its sessions.
  const session = delivery.subscriber as Session
  if (session.clientId === message.publisher) {
    const own = ownDelivery(core, session, message, delivery)
    if (own === undefined) return
    delivery = own
  }
  if (session.move !== undefined) {
    if (!admitDuringMove(core, routing.links, session, message, delivery, source)) return
  }
  deliver(core, session, message, delivery, shared)
}

/** What a session gets of its own message: no local [MQTT-3.8.3-3]; undefined = nothing. */
function ownDelivery(
  core: ShardCore,
  session: Session,
  message: Message,
  delivery: Delivery,
): Delivery | undefined {
  if (session.zone.mqtt.ignoreLoopDeliver && (session.connection?.version ?? 5) < 5) {
    core.countNoLocal(session, message)
    return undefined
  }
  if (delivery.own === undefined) return delivery
  if (delivery.own === null) {
    core.countNoLocal(session, message)
    return undefined
  }
  return delivery.own
}

function sendToShards(routing: Routing, message: Message, shards: number): void {
  const { core, links } = routing
  for (let shard = 0; shard < core.shardCount; shard++) {
    if ((shards & (1 << shard)) === 0 || shard === core.shard) continue
    links.publish(shard, message)
    core.routeRemote |= 1 << shard
    core.routeReceivers++
  }
}

/**
 * Gives a message to one member of a shared subscription (§4.8.2).
 * @param exclude client ids that had their chance
 * @param hops shards the message has crossed for this group
 */
export function routeToGroup(
  routing: Routing,
  message: Message,
  group: GroupRoute,
  exclude: ReadonlySet<string> | undefined,
  hops: number,
): boolean {
  const { core, links, picker } = routing
  const member = picker.pick(group, message.topic, routing.publisher, exclude)
  if (member === undefined) return false
  core.routeReceivers++
  if (member.shard === core.shard) {
    const session = core.sessions.get(member.clientId)
    if (session === undefined) return false
    return deliverToMember(routing, session, message, group)
  }
  links.publishToMember(member.shard, message, group, member.clientId, hops + 1)
  core.routeRemote |= 1 << member.shard
  return true
}

/** Gives a message of a shared subscription to the member chosen, a session of this shard. */
export function deliverToMember(
  routing: Routing,
  session: Session,
  message: Message,
  group: GroupRoute,
): boolean {
  const { core, links } = routing
  const held = session.subscriptions.get(groupFilter(group))
  if (held === undefined) return false
  if (core.topicWatch !== undefined) core.topicWatch.delivered(message, 1)
  const { subscription } = held
  const qos = deliveryQos(session, message, subscription.qos)
  const retain = message.retain && subscription.retainAsPublished
  const ids = subscription.subscriptionId === 0 ? undefined : [subscription.subscriptionId]
  // Until the new owner's membership is known here, what comes to one that moved is forwarded.
  deliverOrForward(core, links, session, message, qos, retain, ids, group, core.routeShared)
  return true
}

/** The filter as the session holds it. */
function groupFilter(group: GroupRoute): string {
  if (group.group === QUEUE_GROUP) return `$queue/${group.filter}`
  return `$share/${group.group}/${group.filter}`
}
