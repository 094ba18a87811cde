import { isFailure } from '#codec/mqtt/decode-failure.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import {
  decodePublish,
  forwardableProperties,
  PublishView,
  validatePayloadFormat,
} from '#codec/mqtt/publish.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { validateTopicNameText } from '#codec/mqtt/topic.ts'
import { Message } from '../message.ts'
import { Metric, type Metrics } from '../metrics.ts'
import { Access } from '../ports.ts'
import type { Identity } from '../ports.ts'
import type { QoS } from '../qos.ts'
import type { TopicEntry } from '../router/topic-entry.ts'
import type { Broker } from '../shard/broker.ts'
import { delayMessage } from '../shard/delay-message.ts'
import { publishMessage } from '../shard/publisher.ts'
import { DELAYED_LEVELS, DELAYED_PREFIX } from '../delayed/delayed-topic.ts'
import { mountTopic } from '../topics/mountpoint.ts'
import { isFilterPrefix, rewritePublish, withoutDelay } from '../topics/publish-topic.ts'
import { ackInOrder } from './acks.ts'
import { closeDenied } from './close-denied.ts'
import { ConnectionState } from './connection.ts'
import type { Connection } from './connection.ts'
import type { AckHold } from './ack-hold.ts'
import { PendingAck } from './pending-ack.ts'
import { NO_RETAIN, QOS_TOO_HIGH, TOO_MANY } from './publish-failures.ts'
import { fingerprintOf } from './origin.ts'
import { needsStore, setOrigin } from './publish-store.ts'
import { forgetIncoming, incomingPrint, saveIncoming } from './session-record.ts'
import type { Session } from './session.ts'
import { topicOf } from './topic-of.ts'
import type { Traffic } from './traffic.ts'

const NO_BYTES = Buffer.alloc(0)
const view: PublishView = new PublishView()

/**
 * PUBLISH from a client (MQTT 5 §3.3). Hot path.
 * @returns a failure that ends the connection
 */
export function handlePublish(
  broker: Broker,
  connection: Connection,
  session: Session,
  bytes: Buffer,
  frame: Frame,
  owned: boolean,
): DecodeFailure | undefined {
  const { core } = broker
  const { mqtt } = connection.zone
  const { version } = connection
  const failure = decodePublish(
    bytes,
    frame.flags,
    frame.bodyStart,
    frame.bodyEnd,
    version,
    view,
    mqtt.userPropertiesMax,
  )
  if (failure !== undefined) return failure
  const qos = view.qos as QoS // 0..2: the decoder checks.
  countReceived(core.metrics, connection.traffic, qos)
  if (qos > mqtt.qosMax) return QOS_TOO_HIGH
  if (view.retain && !mqtt.retainAvailable) return NO_RETAIN
  const topic = topicOf(broker, connection, view, bytes)
  if (isFailure(topic)) return topic
  const { packetId } = view
  const print = qos === 2 && session.persistent ? fingerprintOf(topic.bytes, bytes, view) : ''
  if (qos > 0) {
    const refused = admit(broker, connection, session, qos, packetId, print)
    if (refused === ALREADY_ANSWERED) return undefined
    if (refused !== undefined) return refused
    connection.unackedIn++
  }
  if (connection.rate?.admit(core.monotonicMs) === false) {
    answer(broker, connection, session, qos, packetId, ReasonCode.QUOTA_EXCEEDED)
    return undefined
  }
  const message = messageOf(broker, connection, bytes, topic, qos, owned)
  message.print = print
  if (qos === 0 && !view.retain && !view.forwardNeedsRewrite) {
    message.bodyStart = frame.bodyStart
    message.isBodyV5 = version === ProtocolVersion.V5
  }
  // Sent again: sessions may have it from before a crash, see origin.ts.
  message.checkOrigin = print !== '' && (view.dup || session.origins.has(packetId))
  if (view.payloadFormat === 1 && validatePayloadFormat(bytes, view) !== undefined) {
    answer(broker, connection, session, qos, packetId, ReasonCode.PAYLOAD_FORMAT_INVALID)
    return undefined
  }
  if (topic.isSpecial || broker.rewriting || connection.mountpointBytes > 0) {
    publishSpecial(broker, connection, session, message, packetId)
    return undefined
  }
  authorize(broker, connection, session, message, packetId, topic)
  return undefined
}

const ALREADY_ANSWERED = 'answered'

/**
 * Checks the packet identifier and the receive maximum of a QoS 1 or 2 message. Identifiers of
 * QoS 1 are not remembered: after PUBACK each means a new message [MQTT-4.3.2-5].
 */
function admit(
  broker: Broker,
  connection: Connection,
  session: Session,
  qos: QoS,
  packetId: number,
  print: string,
): DecodeFailure | typeof ALREADY_ANSWERED | undefined {
  const { store } = broker.core
  const { mqtt } = connection.zone
  const v5 = connection.version === ProtocolVersion.V5
  const isOpen = session.awaitingRel.has(packetId)
  // Before MQTT 5 PUBACK cannot refuse: a QoS 1 message under the identifier is taken.
  if (isOpen && (qos === 2 ? !session.unfinished.has(packetId) : v5)) {
    // Received before and not yet released: acknowledged again, never delivered again
    // [MQTT-4.3.3-10]. A new message under the identifier is the client's mistake.
    const known = print === '' ? undefined : incomingPrint(store, session, packetId)
    const repeated = qos === 2 && (view.dup || (known === undefined ? !v5 : known === print))
    if (repeated || v5) {
      const reason = repeated ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_IN_USE
      const type = qos === 2 ? PacketType.PUBREC : PacketType.PUBACK
      if (repeated && session.persistent) acknowledgeAgain(broker, connection, packetId)
      else ackInOrder(broker.core, connection, type, packetId, reason, false)
      return ALREADY_ANSWERED
    }
    // Before MQTT 5 it cannot be told so: its client has lost its half of the session.
    forgetIncoming(store, session, packetId)
    connection.inheritedRel?.delete(packetId)
  }
  const inherited = connection.inheritedRel?.size ?? 0
  const unacknowledged = connection.unackedIn + session.awaitingRel.size - inherited
  if (v5 && unacknowledged >= mqtt.awaitingRelMax) return TOO_MANY // [MQTT-3.3.4-7]
  return undefined
}

/** PUBREC for a message sent again, which other shards may still be storing. */
function acknowledgeAgain(broker: Broker, connection: Connection, packetId: number): void {
  const { core, links } = broker
  const ack = new PendingAck(connection, PacketType.PUBREC, packetId, ReasonCode.SUCCESS, 0)
  connection.acks.push(ack)
  core.awaitCommit(ack)
  links.awaitShards(ack, links.siblings)
}

/** The message as it goes on: its expiry in absolute time, its DUP forgotten [MQTT-3.3.1-3]. */
function messageOf(
  broker: Broker,
  connection: Connection,
  bytes: Buffer,
  topic: TopicEntry,
  qos: QoS,
  owned: boolean,
): Message {
  const { core } = broker
  const { nowMs } = core
  const { messageExpiryMs } = connection.zone.mqtt
  let expiresAtMs = 0
  if (view.messageExpirySeconds >= 0 || messageExpiryMs !== Number.POSITIVE_INFINITY) {
    const asked =
      view.messageExpirySeconds >= 0 ? view.messageExpirySeconds * 1000 : Number.POSITIVE_INFINITY
    expiresAtMs = nowMs + Math.min(asked, messageExpiryMs)
  }
  const properties =
    view.propsEnd === view.propsStart
      ? NO_BYTES
      : view.forwardNeedsRewrite
        ? forwardableProperties(bytes, view)
        : bytes.subarray(view.propsStart, view.propsEnd)
  const message = new Message(
    topic,
    bytes,
    qos,
    view.retain,
    properties,
    expiresAtMs,
    connection.clientId,
    nowMs,
    !owned,
  )
  message.setPayloadRange(view.payloadStart, view.payloadEnd)
  return message
}

/** Topics that need more than routing: rewriting, mountpoints, `$delayed/`, `$SYS` and the like. */
function publishSpecial(
  broker: Broker,
  connection: Connection,
  session: Session,
  message: Message,
  packetId: number,
): void {
  const refuse = (reason: number): void => {
    answer(broker, connection, session, message.qos, packetId, reason)
  }
  const client = { clientId: connection.clientId, username: session.username }
  const original = message.topic.topic
  const rewritten = rewritePublish(broker.rewriter, original, client)
  if (rewritten === undefined || isFilterPrefix(withoutDelay(rewritten))) {
    refuse(ReasonCode.TOPIC_NAME_INVALID)
    return
  }
  const text = mountTopic(connection.mountpoint, rewritten)
  if (text !== original) {
    const { topicLevelsMax } = connection.zone.mqtt
    const invalid = validateTopicNameText(text, topicLevelsMax + DELAYED_LEVELS)
    if (invalid !== undefined) {
      refuse(invalid.reason)
      return
    }
  }
  const moved = text === original ? message.topic : broker.core.router.entryFor(text)
  if (withoutDelay(rewritten).startsWith('$SYS/')) {
    refuse(ReasonCode.NOT_AUTHORIZED) // Only the broker speaks there.
    return
  }
  const target = moved === message.topic ? message : message.withTopic(moved)
  authorize(broker, connection, session, target, packetId, message.topic)
}

/**
 * Asks access about the topic that the client wrote; while the answer is awaited the connection
 * takes no further packets. Hot path.
 */
function authorize(
  broker: Broker,
  connection: Connection,
  session: Session,
  message: Message,
  packetId: number,
  asked: TopicEntry,
): void {
  const { identity } = connection
  if (identity === undefined) return
  const topic = asked.isSpecial ? withoutDelay(asked.topic) : asked.topic
  const { access, hooks } = broker.core
  const known = access.recallPublish(identity, topic, message.qos, message.retain)
  if (known !== Access.PENDING) {
    hooks.authorized?.(identity, 'publish', topic, known === Access.ALLOW, access.decidedBy)
  }
  if (known === Access.ALLOW) accept(broker, connection, session, message, packetId)
  else if (known === Access.DENY) deny(broker, connection, session, message, packetId)
  else decide(broker, connection, session, message, packetId, identity, topic)
}

function decide(
  broker: Broker,
  connection: Connection,
  session: Session,
  message: Message,
  packetId: number,
  identity: Identity,
  topic: string,
): void {
  const { access, hooks } = broker.core
  const decided = (allowed: boolean): void => {
    hooks.authorized?.(identity, 'publish', topic, allowed, access.decidedBy)
    if (allowed) accept(broker, connection, session, message, packetId)
    else deny(broker, connection, session, message, packetId)
  }
  const { qos, retain } = message
  const decision = access.authorizePublish(identity, topic, qos, retain, (allowed) => {
    decided(allowed)
    connection.unpark()
  })
  if (decision === Access.PENDING) {
    message.own()
    connection.park()
  } else decided(decision === Access.ALLOW)
}

/** 3.x clients get the usual acknowledgement [MQTT311-3.3.5-2]. */
function deny(
  broker: Broker,
  connection: Connection,
  session: Session,
  message: Message,
  packetId: number,
): void {
  const { core } = broker
  core.warnRepeated('cannot_publish_to_topic_due_to_not_authorized', {
    clientid: connection.clientId,
    topic: message.topic.topic,
  })
  const isEnd = core.settings.denyAction === 'disconnect'
  // An acknowledgement is counted when it is sent.
  if (isEnd || message.qos === 0) core.metrics.increment(Metric.PACKETS_PUBLISH_AUTH_ERROR)
  if (isEnd) closeDenied(connection, 'publish')
  else answer(broker, connection, session, message.qos, packetId, ReasonCode.NOT_AUTHORIZED)
}

/** Hot path. */
function countReceived({ values }: Metrics, traffic: Traffic, qos: QoS): void {
  values[Metric.PACKETS_PUBLISH_RECEIVED]!++ // Indexes come from the table, here and below.
  values[Metric.MESSAGES_RECEIVED]!++
  if (qos === 0) {
    values[Metric.MESSAGES_QOS0_RECEIVED]!++
    traffic.qos0In++
  } else if (qos === 1) {
    values[Metric.MESSAGES_QOS1_RECEIVED]!++
    traffic.qos1In++
  } else {
    values[Metric.MESSAGES_QOS2_RECEIVED]!++
    traffic.qos2In++
  }
}

/** Lets the message pass if nobody objects to it. Hot path. */
function accept(
  broker: Broker,
  connection: Connection,
  session: Session,
  message: Message,
  packetId: number,
): void {
  const { publishing } = broker.core.hooks
  // What is delayed is looked at when its time has come.
  if (publishing === undefined || message.topic.topic.startsWith(DELAYED_PREFIX)) {
    publish(broker, connection, session, message, message.qos, packetId)
    return
  }
  const verdict = publishing(message, connection)
  if (typeof verdict !== 'string') {
    publish(broker, connection, session, verdict, message.qos, packetId)
    return
  }
  broker.core.metrics.increment(Metric.MESSAGES_DROPPED)
  if (verdict === 'drop') {
    const reason = ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR
    answer(broker, connection, session, message.qos, packetId, reason)
  } else {
    connection.close({
      reason: ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
      code: 'message_refused',
      text: 'A message does not pass a validation or transformation.',
    })
  }
}

/**
 * Publishes the message and acknowledges it when it is safe. Hot path.
 * @param qos with which the client published it: that of the acknowledgement
 */
function publish(
  broker: Broker,
  connection: Connection,
  session: Session,
  message: Message,
  qos: QoS,
  packetId: number,
): void {
  const { core } = broker
  if (
    qos > 0 &&
    (!core.store.healthy || broker.links.unhealthy !== 0) &&
    needsStore(broker, session, message)
  ) {
    refuseUnstored(broker, connection, session, qos, packetId)
    return
  }
  core.routeHold = undefined // That of the message before is not for this one.
  if (message.topic.isSpecial && message.topic.topic.startsWith(DELAYED_PREFIX)) {
    const refused = delayMessage(broker, message, session.username, connection.zone)
    if (refused !== undefined) {
      answer(broker, connection, session, qos, packetId, refused)
      return
    }
  } else {
    if (qos === 2 && session.persistent) setOrigin(broker, session, message, packetId)
    broker.routing.publisher = connection.pickMemory
    broker.routing.connection = connection
    core.routeAnswered = qos === 1
    publishMessage(broker, message)
    core.routeAnswered = false
    if (core.routeRemote !== 0) broker.links.throttle(connection, core.routeRemote)
  }
  if (qos === 0) return
  const none = core.routeReceivers === 0
  const v5 = connection.version === ProtocolVersion.V5
  const reason = none && v5 ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS
  answer(broker, connection, session, qos, packetId, reason, message.print, core.openHold)
}

/**
 * The message cannot be stored now. 3.x clients know no refusal but the end of the connection
 * [MQTT311-4.8.0-2].
 */
function refuseUnstored(
  broker: Broker,
  connection: Connection,
  session: Session,
  qos: QoS,
  packetId: number,
): void {
  if (connection.version === ProtocolVersion.V5) {
    answer(broker, connection, session, qos, packetId, ReasonCode.QUOTA_EXCEEDED)
    return
  }
  connection.close({
    reason: ReasonCode.QUOTA_EXCEEDED,
    code: 'storage_failed',
    text: 'The broker cannot store messages at the moment.',
  })
}

/**
 * Acknowledges a QoS 1 or 2 message [MQTT-3.3.4-1]: at once when nothing must be waited for, else
 * after the commit and the answers of the shards it went to [MQTT-4.3.2-4] [MQTT-4.3.3-8]. The
 * identifier of a refused one is not remembered [MQTT-4.3.3-9]. Hot path.
 */
function answer(
  broker: Broker,
  connection: Connection,
  session: Session,
  qos: QoS,
  packetId: number,
  reason: number,
  print = '',
  hold?: AckHold,
): void {
  if (qos === 0 || connection.state === ConnectionState.CLOSED) return
  const { core, links } = broker
  const refused = reason >= 0x80
  let needsCommit = !refused && core.routeNeedsCommit
  const remote = refused ? 0 : core.routeRemote
  if (qos === 2) connection.unackedIn-- // Counted among the unreleased from here on.
  if (qos === 2 && !refused) {
    session.awaitingRel.set(packetId, core.nowMs)
    if (session.persistent) {
      const complete = !session.origins.has(packetId)
      saveIncoming(core, session, packetId, complete, print)
      needsCommit = true
    }
  }
  const type = qos === 1 ? PacketType.PUBACK : PacketType.PUBREC
  const isEarly = !refused && core.routeEarly
  if (
    !needsCommit &&
    remote === 0 &&
    !isEarly &&
    hold === undefined &&
    connection.acks.isNext(type)
  ) {
    if (qos === 1) connection.unackedIn--
    connection.sendAck(type, packetId, reason)
    return
  }
  const ack = new PendingAck(connection, type, packetId, reason, 0)
  ack.publish = qos === 1
  if (hold === undefined) connection.acks.push(ack)
  else connection.acks.pushHeld(ack)
  if (needsCommit) core.awaitCommit(ack)
  if (remote !== 0) links.awaitShards(ack, remote)
  if (isEarly) core.awaitEarly(ack)
  if (hold !== undefined) {
    hold.delay(ack)
    connection.drainAcks()
  }
  if (connection.acks.count >= connection.zone.mqtt.pendingAcksMax) connection.holdUntilAcked()
}
