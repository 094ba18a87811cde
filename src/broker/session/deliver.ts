import {
  deliveryPropertiesLength,
  encodePublishBody,
  encodePublishHead,
  publishFirstByte,
  publishFrameSize,
} from '#codec/mqtt/publish.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { putRange } from '#codec/mqtt/put.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import type { Message } from '../message.ts'
import type { QoS } from '../qos.ts'
import { Metric } from '../metrics.ts'
import type { TopicEntry } from '../router/topic-entry.ts'
import type { Delivery } from '../router/routes.ts'
import type { SessionContext } from './context.ts'
import { SHARED_PAYLOAD_BYTES_MIN } from './outbox.ts'
import type { Outlet } from './outlet.ts'
import { Outgoing, OutgoingState } from './outgoing.ts'
import type { GroupName } from './outgoing.ts'
import { hasReceived } from './origin.ts'
import type { Session } from './session.ts'
import type { Traffic } from './traffic.ts'

const NO_BYTES = Buffer.alloc(0)
const NO_PROPERTIES = NO_BYTES
/** Identifier and number of a topic alias. */
const ALIAS_PROPERTY_BYTES = 3
const FRAME_WRITER_BYTES = 8_192
const FIXED_HEADER_BYTES_MAX = 5
const QOS0_FIRST_BYTE = publishFirstByte(0, false, false) // [MQTT-4.3.1-1]
/** With so few messages in its queue a session takes retained messages again. */
const QUEUED_FEED_LOW = 64
const frameWriter: ByteWriter = new ByteWriter(FRAME_WRITER_BYTES)

/**
 * Gives a message to one session as its merged subscriptions say. Hot path.
 * @param shared other local sessions get it too: encode once, store the body once
 */
export function deliver(
  context: SessionContext,
  session: Session,
  message: Message,
  delivery: Delivery,
  shared: boolean,
): void {
  // [MQTT-3.3.1-12] [MQTT-3.3.1-13]; subscriptions of 3.x have no such option [MQTT311-3.3.1-9].
  const retain = message.retain && delivery.retainAsPublished
  const qos = deliveryQos(session, message, delivery.qos)
  deliverAs(context, session, message, qos, retain, delivery.subscriptionIds, undefined, shared)
}

/** The lower of the two QoS [MQTT-3.8.4-8], or the higher where the owner chose so. */
export function deliveryQos(session: Session, message: Message, granted: QoS): QoS {
  if (session.zone.mqtt.upgradeQos) return message.qos > granted ? message.qos : granted
  return message.qos < granted ? message.qos : granted
}

/**
 * Sends a message to a session now, or puts it into its queue: while the session is offline, its
 * in-flight window is full, its transport is congested, or older messages wait
 * [MQTT311-3.1.2-5]. A full window holds up nothing but QoS 1 and 2 [MQTT-3.3.4-10]. Hot path.
 */
export function deliverAs(
  context: SessionContext,
  session: Session,
  message: Message,
  qos: QoS,
  retain: boolean,
  subscriptionIds: readonly number[] | undefined,
  group: GroupName | undefined,
  shared: boolean,
): void {
  const outlet = session.connection
  const open = outlet !== undefined && !outlet.congested
  if (qos === 0) {
    const { qos0Count } = session.queue
    // Those that wait, if only because the session moved, go first [MQTT-4.6.0-5].
    if (open && qos0Count === 0) {
      writeQos0(context, outlet, message, retain, subscriptionIds, shared)
      return
    }
    // Nobody relies on QoS 0 being stored, so a store that cannot write is not given more of it.
    const keep = session.persistent ? context.store.healthy : outlet !== undefined
    if (!keep || (qos0Count === 0 && !session.zone.mqtt.queueStoreQos0)) {
      countDropped(context, Metric.DELIVERY_DROPPED_QOS0_MSG)
      context.hooks.deliveryDropped?.(session, message, 'qos0_msg')
      return
    }
  }
  const { checkOrigin } = message
  if (checkOrigin && group === undefined && hasReceived(context.store, message, session.storeKey))
    return
  const outgoing = new Outgoing(message, qos, retain, subscriptionIds, group)
  // [MQTT-4.9.0-2]
  if (open && session.queue.count === 0 && session.inflight.size < outlet.inflightMax) {
    sendFirst(context, session, outlet, outgoing, shared)
  } else session.queue.add(outgoing, shared)
}

/** First sending of a message that never was in the queue [MQTT-4.3.2-2] [MQTT-4.3.3-2]. */
function sendFirst(
  context: SessionContext,
  session: Session,
  outlet: Outlet,
  outgoing: Outgoing,
  shared: boolean,
): void {
  outgoing.message?.own()
  outgoing.packetId = session.takePacketId()
  session.inflight.set(outgoing.packetId, outgoing)
  if (session.queue.stored) {
    const hold = mustHold(session, outgoing)
    outgoing.sentBefore = true
    outgoing.state = hold ? OutgoingState.HELD : OutgoingState.SENT
    session.queue.persist(outgoing, shared)
    outgoing.sentBefore = false
    if (hold) {
      session.held++
      context.holdUntilCommit(session, outgoing)
      return
    }
  }
  sendOutgoing(context, session, outlet, outgoing)
}

/**
 * A QoS 2 message to a stored session is sent once its identifier is on disk: after a crash it is
 * sent again under the same one, so that the client does not take it for another message
 * [MQTT-4.3.3-2]. What follows a held message waits with it, so that order is kept.
 */
function mustHold(session: Session, outgoing: Outgoing): boolean {
  return outgoing.qos === 2 || session.held > 0
}

/**
 * Moves messages from the queue into the window as far as there is room. Called after
 * acknowledgements, on resume and when the transport has drained.
 */
export function pump(context: SessionContext, session: Session): void {
  const outlet = session.connection
  if (outlet === undefined) return
  if (session.resend.length > 0) resendWindow(context, session, outlet)
  if (session.queue.count === 0 || session.resend.length > 0) return
  const { outboxBytesHigh } = session.zone.mqtt
  while (!outlet.congested && session.inflight.size < outlet.inflightMax) {
    if (outlet.outbox.length > outboxBytesHigh) {
      context.pumpLater(session)
      return
    }
    const outgoing = session.queue.take()
    if (outgoing === undefined) break
    sendQueued(context, session, outlet, outgoing)
  }
  if (session.waitingFeeds.length > 0 && session.queue.count <= QUEUED_FEED_LOW) {
    session.resumeFeeds()
  }
}

/** Sends again what the former connection left open, as far as the new window allows. */
function resendWindow(context: SessionContext, session: Session, outlet: Outlet): void {
  const { resend, inflight } = session
  let sent = 0
  for (const outgoing of resend) {
    if (inflight.size - resend.length + sent >= outlet.inflightMax) break // [MQTT-3.3.4-9]
    sent++
    const current = inflight.get(outgoing.packetId) === outgoing
    if (current) sendOutgoing(context, session, outlet, outgoing)
  }
  resend.splice(0, sent)
}

function sendQueued(
  context: SessionContext,
  session: Session,
  outlet: Outlet,
  outgoing: Outgoing,
): void {
  const { message } = outgoing
  if (message === undefined || isExpired(context, message)) {
    session.queue.forget(outgoing)
    if (message === undefined) return
    countDropped(context, Metric.DELIVERY_DROPPED_EXPIRED)
    outlet.traffic.expired++
    context.hooks.deliveryDropped?.(outlet.identity ?? session, message, 'expired')
    return
  }
  if (outgoing.qos === 0) {
    session.queue.forget(outgoing)
    writePublish(context, outlet, message, 0, outgoing.retain, false, 0, outgoing.subscriptionIds)
    return
  }
  outgoing.packetId = session.takePacketId()
  session.inflight.set(outgoing.packetId, outgoing)
  if (session.queue.stored) {
    const { sentBefore } = outgoing
    const hold = mustHold(session, outgoing)
    outgoing.sentBefore = true
    outgoing.state = hold ? OutgoingState.HELD : OutgoingState.SENT
    session.queue.update(outgoing)
    outgoing.sentBefore = sentBefore
    if (hold) {
      session.held++
      context.holdUntilCommit(session, outgoing)
      return
    }
  }
  sendOutgoing(context, session, outlet, outgoing)
}

/** Writes a message of the window; one that cannot be sent at all leaves it. */
export function sendOutgoing(
  context: SessionContext,
  session: Session,
  outlet: Outlet,
  outgoing: Outgoing,
): void {
  const { message, qos, retain, packetId, subscriptionIds, sentBefore } = outgoing
  outgoing.state = OutgoingState.SENT
  outgoing.sentAtMs = context.nowMs
  if (message === undefined) return
  outgoing.sentBefore = true
  // DUP says that this is not the first try [MQTT-3.3.1-1].
  const sent = writePublish(
    context,
    outlet,
    message,
    qos,
    retain,
    sentBefore,
    packetId,
    subscriptionIds,
  )
  if (sent) return
  session.inflight.delete(packetId)
  session.queue.forget(outgoing)
}

/** A QoS 0 message to an open connection; shares the encoded frame where it can. Hot path. */
function writeQos0(
  context: SessionContext,
  outlet: Outlet,
  message: Message,
  retain: boolean,
  subscriptionIds: readonly number[] | undefined,
  shared: boolean,
): void {
  const plain =
    !retain &&
    subscriptionIds === undefined &&
    message.expiresAtMs === 0 &&
    outlet.mountpointBytes === 0 &&
    message.payloadLength < SHARED_PAYLOAD_BYTES_MIN
  const v5 = outlet.version === ProtocolVersion.V5
  const hasBody = message.bodyStart >= 0 && message.isBodyV5 === v5
  if (!plain || !(shared || hasBody) || (v5 && outlet.hasAliasFor(message.topic))) {
    writePublish(context, outlet, message, 0, retain, false, 0, subscriptionIds)
    return
  }
  if (!shared) {
    writeBody(context, outlet, message)
    return
  }
  const frame = v5
    ? (message.frameV5 ??= frameOf(message, ProtocolVersion.V5))
    : (message.frameV3 ??= frameOf(message, ProtocolVersion.V311))
  if (frame.length > outlet.packetBytesMax) {
    notSent(context, outlet, message, 'too_large')
    return
  }
  outlet.outbox.appendCopy(frame)
  outlet.markDirty()
  sent(context, outlet, message, 0, false, false)
}

/** Sends the packet on as it came, under a new fixed header. */
function writeBody(context: SessionContext, outlet: Outlet, message: Message): void {
  const { source, bodyStart, payloadEnd } = message
  const length = payloadEnd - bodyStart
  if (FIXED_HEADER_BYTES_MAX + length > outlet.packetBytesMax) {
    writePublish(context, outlet, message, 0, false, false, 0, undefined)
    return
  }
  encodePublishBody(outlet.outbox, QOS0_FIRST_BYTE, source, bodyStart, payloadEnd)
  outlet.markDirty()
  sent(context, outlet, message, 0, false, false)
}

function frameOf(message: Message, version: ProtocolVersion): Buffer {
  frameWriter.offset = 0
  const { payloadLength } = message
  encodePublishHead(
    frameWriter,
    version,
    QOS0_FIRST_BYTE,
    message.topic.bytes,
    0,
    message.properties,
    -1,
    0,
    undefined,
    payloadLength,
    payloadLength,
  )
  putRange(frameWriter, message.source, message.payloadStart, message.payloadEnd)
  const frame = Buffer.allocUnsafe(frameWriter.offset)
  frameWriter.bytes.copy(frame, 0, 0, frameWriter.offset)
  return frame
}

/**
 * Encodes one PUBLISH into the outbox. False when it was dropped because it has expired or is
 * larger than the client accepts [MQTT-3.1.2-25].
 */
function writePublish(
  context: SessionContext,
  outlet: Outlet,
  message: Message,
  qos: QoS,
  retain: boolean,
  dup: boolean,
  packetId: number,
  subscriptionIds: readonly number[] | undefined,
): boolean {
  const v5 = outlet.version === ProtocolVersion.V5
  const { topic, payloadLength } = message
  const properties = v5 ? message.properties : NO_PROPERTIES
  // What was sent before does not expire any more [MQTT-4.3.3-7].
  if (!dup && isExpired(context, message)) {
    notSent(context, outlet, message, 'expired')
    return false
  }
  const expirySeconds = secondsLeft(context, message)
  let alias = v5 ? outlet.aliasFor(topic) : 0
  if (outlet.packetBytesMax !== Number.POSITIVE_INFINITY) {
    const idsLength = deliveryPropertiesLength(expirySeconds, 0, subscriptionIds)
    if (alias !== 0 && !fits(outlet, message, qos, idsLength, alias)) {
      if (alias < 0) outlet.withdrawAlias(topic)
      alias = 0
    }
    if (alias === 0 && !fits(outlet, message, qos, idsLength, alias)) {
      notSent(context, outlet, message, 'too_large')
      return false
    }
  }
  const topicBytes = alias > 0 ? NO_BYTES : topicBytesFor(outlet, topic)
  const first = publishFirstByte(qos, retain, dup)
  const aliasNumber = alias < 0 ? -alias : alias
  const { outbox, version } = outlet
  const isCopied = payloadLength < SHARED_PAYLOAD_BYTES_MIN
  if (!isCopied && (!message.borrowed || !context.lend(message))) message.own()
  encodePublishHead(
    outbox,
    version,
    first,
    topicBytes,
    packetId,
    properties,
    expirySeconds,
    aliasNumber,
    subscriptionIds,
    payloadLength,
    isCopied ? payloadLength : 0,
  )
  if (isCopied) putRange(outbox, message.source, message.payloadStart, message.payloadEnd)
  else outbox.appendShared(message.payload)
  outlet.markDirty()
  sent(context, outlet, message, qos, retain, dup)
  return true
}

/** A message is in the outbox. */
function sent(
  context: SessionContext,
  outlet: Outlet,
  message: Message,
  qos: QoS,
  retain: boolean,
  dup: boolean,
): void {
  countSent(context, outlet.traffic, qos)
  if (context.hooks.delivered !== undefined && !dup) {
    tellDelivered(context, outlet, message, qos, retain)
  }
}

function tellDelivered(
  context: SessionContext,
  outlet: Outlet,
  message: Message,
  qos: QoS,
  retain: boolean,
): void {
  if (outlet.identity === undefined) return
  context.hooks.delivered?.(outlet.identity, message, qos, retain)
}

function notSent(
  context: SessionContext,
  outlet: Outlet,
  message: Message,
  reason: 'expired' | 'too_large',
): void {
  const isLarge = reason === 'too_large'
  countDropped(
    context,
    isLarge ? Metric.DELIVERY_DROPPED_TOO_LARGE : Metric.DELIVERY_DROPPED_EXPIRED,
  )
  if (isLarge) outlet.traffic.tooLarge++
  else outlet.traffic.expired++
  if (outlet.identity !== undefined) {
    context.hooks.deliveryDropped?.(outlet.identity, message, reason)
  }
}

/**
 * True when the client takes the packet with this alias (as `aliasFor` gives it) [MQTT-3.1.2-24].
 * @param moreLength bytes of the properties that the message does not bring along
 */
function fits(
  outlet: Outlet,
  message: Message,
  qos: QoS,
  moreLength: number,
  alias: number,
): boolean {
  const aliasLength = alias === 0 ? 0 : ALIAS_PROPERTY_BYTES
  const size = publishFrameSize(
    outlet.version,
    alias > 0 ? 0 : topicBytesFor(outlet, message.topic).length,
    qos,
    message.properties.length + moreLength + aliasLength,
    message.payloadLength,
  )
  return size <= outlet.packetBytesMax
}

/** The topic as the client's filters know it: without its mountpoint [MQTT-3.3.2-3]. */
function topicBytesFor(outlet: Outlet, topic: TopicEntry): Buffer {
  const { mountpoint, mountpointBytes } = outlet
  if (mountpointBytes === 0 || !topic.topic.startsWith(mountpoint)) return topic.bytes
  return topic.bytes.subarray(mountpointBytes)
}

/** What is left of the expiry, as it is sent [MQTT-3.3.2-6]; -1 = the message never expires. */
function secondsLeft(context: SessionContext, message: Message): number {
  if (message.expiresAtMs === 0) return -1
  return Math.max(0, Math.ceil((message.expiresAtMs - context.nowMs) / 1000))
}

/** True when the message's expiry has passed [MQTT-3.3.2-5]. */
export function isExpired(context: SessionContext, message: Message): boolean {
  return message.expiresAtMs > 0 && message.expiresAtMs <= context.nowMs
}

function countDropped(context: SessionContext, metric: number): void {
  context.metrics.increment(Metric.DELIVERY_DROPPED)
  context.metrics.increment(metric)
}

function countSent(context: SessionContext, traffic: Traffic, qos: QoS): void {
  const { values } = context.metrics
  values[Metric.PACKETS_SENT]!++ // Indexes come from the table, here and below.
  values[Metric.PACKETS_PUBLISH_SENT]!++
  values[Metric.MESSAGES_SENT]!++
  values[Metric.MESSAGES_DELIVERED]!++
  if (qos === 0) {
    values[Metric.MESSAGES_QOS0_SENT]!++
    traffic.qos0Out++
  } else if (qos === 1) {
    values[Metric.MESSAGES_QOS1_SENT]!++
    traffic.qos1Out++
  } else {
    values[Metric.MESSAGES_QOS2_SENT]!++
    traffic.qos2Out++
  }
}
