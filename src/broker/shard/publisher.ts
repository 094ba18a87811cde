import type { Message } from '../message.ts'
import { Metric } from '../metrics.ts'
import type { RetainedStore } from '../retained/retained-store.ts'
import { SetResult } from '../retained/retained-store.ts'
import { routeMessage } from './route.ts'
import type { Routing } from './route.ts'

/** What publishing needs beside routing. */
export interface PublishParts {
  readonly routing: Routing
  readonly retained: RetainedStore
}

/**
 * Takes a message into the broker: retains it if asked, and routes it. All ways in end here:
 * clients, wills, delayed messages, the API. Results are in the core's `route…` fields: the caller
 * lets its acknowledgement wait for them. Hot path.
 */
export function publishMessage(parts: PublishParts, message: Message): void {
  const { core } = parts.routing
  core.routeNeedsCommit = false
  core.routeRemote = 0
  core.routeEarly = false
  core.routeReceivers = 0
  core.metrics.values[Metric.MESSAGES_PUBLISH]!++ // The index comes from the table.
  const { topic } = message
  if (message.retain && !retain(parts, message)) core.router.resolve(topic)
  else route(parts.routing, message)
  if (core.topicWatch !== undefined) core.topicWatch.published(message, core.routeReceivers)
  core.hooks.routed?.(message, core.routeReceivers, parts.routing.connection)
  if (topic.taps.length > 0) core.hooks.published?.(message, topic.taps, parts.routing.connection)
}

/**
 * Publishes a message of nobody who is connected, as far as the hook lets it through.
 * @returns whether it does
 */
export function publishChecked(parts: PublishParts, message: Message): boolean {
  const { core } = parts.routing
  const verdict = core.hooks.publishing?.(message, undefined) ?? message
  if (typeof verdict !== 'string') {
    publishMessage(parts, verdict)
    return true
  }
  core.routeNeedsCommit = false
  core.routeRemote = 0
  core.routeEarly = false
  core.routeReceivers = 0
  core.metrics.increment(Metric.MESSAGES_DROPPED)
  return false
}

function route(routing: Routing, message: Message): void {
  const { core, connection } = routing
  routeMessage(routing, message)
  if (core.routeReceivers > 0) return
  core.metrics.increment(Metric.MESSAGES_DROPPED)
  core.metrics.increment(Metric.MESSAGES_DROPPED_NO_SUBSCRIBERS)
  core.hooks.dropped?.(message, connection)
}

/**
 * Runs `publish` while another message may be under way, on behalf of that one: what its
 * acknowledgement waits for is then what both need.
 */
export function publishOnBehalf(routing: Routing, publish: () => void): void {
  const { core, publisher, connection } = routing
  const { routeNeedsCommit, routeRemote, routeEarly, routeReceivers } = core
  routing.publisher = undefined
  routing.connection = undefined
  publish()
  routing.publisher = publisher
  routing.connection = connection
  core.routeNeedsCommit ||= routeNeedsCommit
  core.routeRemote |= routeRemote
  core.routeEarly ||= routeEarly
  core.routeReceivers = routeReceivers
}

/** False when the message only cleared a retained one and is not to be forwarded. */
function retain(parts: PublishParts, message: Message): boolean {
  const { core } = parts.routing
  const { retainer } = core.settings
  // What is refused because the store cannot write was refused before, but for QoS 0.
  if (!retainer.enable || (message.qos === 0 && !core.store.healthy)) return true
  const result = parts.retained.set(message)
  if (result === SetResult.STORED || result === SetResult.DELETED) {
    if (message.qos > 0) core.noteDurableWrite()
    else core.startTick()
  } else if (result !== SetResult.ABSENT) {
    core.warnRepeated('failed_to_retain_message', { topic: message.topic.topic, reason: result })
  }
  return !(retainer.stopPublishClearMessage && message.payloadLength === 0)
}
