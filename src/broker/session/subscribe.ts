import { isFailure } from '#codec/mqtt/decode-failure.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import type { UserProperty } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { decodeSubscribe } from '#codec/mqtt/subscribe.ts'
import type { SubscribeFilter } from '#codec/mqtt/subscribe.ts'
import { encodeSuback } from '#codec/mqtt/suback.ts'
import { decodeUnsubscribe } from '#codec/mqtt/unsubscribe.ts'
import { encodeUnsuback } from '#codec/mqtt/unsuback.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { Metric } from '../metrics.ts'
import { Access } from '../ports.ts'
import type { QoS } from '../qos.ts'
import type { Broker } from '../shard/broker.ts'
import { mountFilter } from '../topics/mountpoint.ts'
import { parseSubscription, splitSubscription } from '../topics/special-topic.ts'
import type { SubscriptionTarget } from '../topics/special-topic.ts'
import { ConnectionState } from './connection.ts'
import type { Connection } from './connection.ts'
import { closeDenied } from './close-denied.ts'
import { clientFacts } from './lifecycle.ts'
import { PendingAck } from './pending-ack.ts'
import { sendRetained } from './send-retained.ts'
import type { Session } from './session.ts'

const ACK_BYTES = 64

/** One filter of a SUBSCRIBE on its way to its reason code. */
interface Request {
  readonly wanted: SubscribeFilter
  readonly subscriptionId: number
  readonly userProperties: readonly UserProperty[]
  reason: number
  /** Set once it is subscribed: retained messages follow the SUBACK. */
  filter: string
  isNew: boolean
}

/** SUBSCRIBE (MQTT 5 §3.8). @returns a failure that ends the connection */
export function handleSubscribe(
  broker: Broker,
  connection: Connection,
  session: Session,
  bytes: Buffer,
  frame: Frame,
): DecodeFailure | undefined {
  const { core } = broker
  const { metrics } = core
  const { version } = connection
  const { userPropertiesMax } = connection.zone.mqtt
  const packet = decodeSubscribe(bytes, frame.bodyStart, frame.bodyEnd, version, userPropertiesMax)
  if (isFailure(packet)) return packet
  metrics.increment(Metric.PACKETS_SUBSCRIBE_RECEIVED)
  metrics.increment(Metric.CLIENT_SUBSCRIBE)
  const { userProperties, subscriptionIdentifier: subscriptionId = 0 } = packet
  // Each filter is treated as if it had a packet of its own [MQTT-3.8.4-5].
  const requests: Request[] = packet.filters.map((wanted) => {
    return { wanted, subscriptionId, userProperties, reason: wanted.qos, filter: '', isNew: false }
  })
  // What follows a SUBSCRIBE waits until it is decided: order is kept, and siblings that must
  // hear of it first have heard.
  connection.park()
  let open = requests.length
  for (const request of requests) {
    subscribeOne(broker, connection, session, request, () => {
      if (--open === 0) finishSubscribe(broker, connection, session, packet.packetId, requests)
    })
  }
  return undefined
}

/** A subscription that the broker makes by itself; nobody is answered. */
export function subscribeForClient(
  broker: Broker,
  connection: Connection,
  session: Session,
  wanted: SubscribeFilter,
): void {
  const request: Request = {
    wanted,
    subscriptionId: 0,
    userProperties: [],
    reason: wanted.qos,
    filter: '',
    isNew: false,
  }
  subscribeOne(broker, connection, session, request, () => {
    const { filter, isNew } = request
    if (filter === '') return
    broker.links.whenAllSafe(() => sendRetained(broker, session, filter, wanted, isNew))
  })
}

/** Decides one filter; `done` is called once its reason is final. */
function subscribeOne(
  broker: Broker,
  connection: Connection,
  session: Session,
  request: Request,
  done: () => void,
): void {
  const { core } = broker
  const { wanted } = request
  const refuse = (reason: number): void => {
    request.reason = reason
    done()
  }
  const client = { clientId: connection.clientId, username: session.username }
  const rewritten = broker.rewriter.rewriteFilter(wanted.filter, client)
  if (rewritten === undefined) return refuse(ReasonCode.TOPIC_FILTER_INVALID)
  const filter = mountFilter(connection.mountpoint, rewritten)
  const target = parseSubscription(filter, session.zone.mqtt)
  if (isFailure(target)) return refuse(target.reason)
  if (isFull(session, filter)) return refuse(ReasonCode.QUOTA_EXCEEDED)
  if (session.persistent && !core.store.healthy) return refuse(ReasonCode.QUOTA_EXCEEDED)
  const { identity } = connection
  if (identity === undefined) return refuse(ReasonCode.NOT_AUTHORIZED)
  const decided = (allowed: boolean): void => {
    core.hooks.authorized?.(identity, 'subscribe', target.filter, allowed, core.access.decidedBy)
    if (allowed) acquire(broker, connection, session, request, filter, target, done)
    else refuse(ReasonCode.NOT_AUTHORIZED)
  }
  const asked = filter === wanted.filter ? target : splitSubscription(wanted.filter)
  const access = core.access.authorizeSubscribe(identity, asked.filter, wanted.qos, decided)
  if (access !== Access.PENDING) decided(access === Access.ALLOW)
}

/** True when the session has as many subscriptions as it may, and this would be a further one. */
function isFull({ subscriptions, zone }: Session, filter: string): boolean {
  return subscriptions.size >= zone.mqtt.subscriptionsMax && !subscriptions.has(filter)
}

/** Takes an exclusive topic first, then subscribes. */
function acquire(
  broker: Broker,
  connection: Connection,
  session: Session,
  request: Request,
  filter: string,
  target: SubscriptionTarget,
  done: () => void,
): void {
  if (target.kind !== 'exclusive') {
    subscribe(broker, connection, session, request, filter, target, done)
    return
  }
  broker.exclusive.acquire(target.filter, session.clientId, (acquired) => {
    if (acquired) subscribe(broker, connection, session, request, filter, target, done)
    else {
      request.reason = ReasonCode.QUOTA_EXCEEDED
      done()
    }
  })
}

function subscribe(
  broker: Broker,
  connection: Connection,
  session: Session,
  request: Request,
  filter: string,
  target: SubscriptionTarget,
  done: () => void,
): void {
  const { wanted, subscriptionId } = request
  // It left while access or a sibling was asked, or another filter took the last place.
  const late = session.connection !== connection || isFull(session, filter)
  if (late) {
    // What its session has held before, it keeps.
    if (target.kind === 'exclusive' && !session.subscriptions.has(filter)) {
      broker.exclusive.release(target.filter, session.clientId)
    }
    request.reason = ReasonCode.QUOTA_EXCEEDED
    done()
    return
  }
  // [MQTT-3.2.2-10]
  const qos = Math.min(wanted.qos, session.zone.mqtt.qosMax) as QoS // At most 2, as both.
  request.reason = qos // [MQTT-3.8.4-7]
  request.filter = filter
  const { retainHandling } = wanted
  // A bridge without the options of 5.0 would get its own messages back, round and round, and
  // could not know what to retain. Mosquitto gives bridges these two for the same reason.
  const isBridge = connection.bridge && connection.version !== ProtocolVersion.V5
  const noLocal = wanted.noLocal || (isBridge && target.kind !== 'shared')
  const retainAsPublished = wanted.retainAsPublished || isBridge
  request.isNew = broker.sessions.subscribe(session, filter, target, {
    qos,
    noLocal,
    retainAsPublished,
    subscriptionId,
  })
  const facts = clientFacts(connection, session)
  const options = {
    qos,
    noLocal,
    retainAsPublished,
    retainHandling,
    subscriptionId: subscriptionId === 0 ? undefined : subscriptionId,
    isNew: request.isNew,
  }
  broker.announce(broker.events.subscribed(facts, wanted.filter, options, broker.core.nowMs))
  broker.core.hooks.subscribed?.(connection, {
    filter: wanted.filter,
    qos,
    subscriptionId,
    userProperties: request.userProperties,
  })
  done()
}

/**
 * SUBACK once everything is decided and stored and all siblings know of it; then the retained
 * messages [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-4]. What a sibling published before it knew
 * is in the retained store by then.
 */
function finishSubscribe(
  broker: Broker,
  connection: Connection,
  session: Session,
  packetId: number,
  requests: readonly Request[],
): void {
  const { core } = broker
  if (connection.state === ConnectionState.CLOSED) return
  const reasons = requests.map((request) => request.reason)
  if (reasons.some((reason) => reason >= 0x80)) {
    core.metrics.increment(Metric.PACKETS_SUBSCRIBE_ERROR)
    if (reasons.includes(ReasonCode.NOT_AUTHORIZED)) {
      core.metrics.increment(Metric.PACKETS_SUBSCRIBE_AUTH_ERROR)
      if (core.settings.denyAction === 'disconnect') return closeDenied(connection, 'subscribe')
    }
  }
  const writer = new ByteWriter(ACK_BYTES)
  // Under its identifier [MQTT-2.2.1-6], one code per filter, in their order [MQTT-3.8.4-6]
  // [MQTT-3.9.3-1].
  encodeSuback(writer, connection.version, packetId, reasons, {}, connection.packetBytesMax)
  core.metrics.increment(Metric.PACKETS_SUBACK_SENT)
  sendInTurn(broker, connection, writer, session.persistent, broker.links.siblings, () => {
    for (const { filter, wanted, isNew } of requests) {
      if (filter !== '') sendRetained(broker, session, filter, wanted, isNew)
    }
  })
  connection.unpark()
}

/**
 * UNSUBSCRIBE (MQTT 5 §3.10): always answered, with one code per filter in their order
 * [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1].
 * @returns a failure that ends the connection
 */
export function handleUnsubscribe(
  broker: Broker,
  connection: Connection,
  session: Session,
  bytes: Buffer,
  frame: Frame,
): DecodeFailure | undefined {
  const { core } = broker
  const { metrics } = core
  const { version } = connection
  const { userPropertiesMax } = connection.zone.mqtt
  const packet = decodeUnsubscribe(
    bytes,
    frame.bodyStart,
    frame.bodyEnd,
    version,
    userPropertiesMax,
  )
  if (isFailure(packet)) return packet
  metrics.increment(Metric.PACKETS_UNSUBSCRIBE_RECEIVED)
  metrics.increment(Metric.CLIENT_UNSUBSCRIBE)
  const client = { clientId: connection.clientId, username: session.username }
  // Filters are compared character by character [MQTT-3.10.4-1], after the same rewriting.
  const reasons = packet.filters.map((text) => {
    const rewritten = broker.rewriter.rewriteFilter(text, client)
    if (rewritten === undefined) return ReasonCode.TOPIC_FILTER_INVALID
    const filter = mountFilter(connection.mountpoint, rewritten)
    if (!broker.sessions.unsubscribe(session, filter)) return ReasonCode.NO_SUBSCRIPTION_EXISTED
    const facts = clientFacts(connection, session)
    broker.announce(broker.events.unsubscribed(facts, text, core.nowMs))
    core.hooks.unsubscribed?.(connection, text, packet.userProperties)
    return ReasonCode.SUCCESS
  })
  const writer = new ByteWriter(ACK_BYTES)
  encodeUnsuback(writer, version, packet.packetId, reasons, {}, connection.packetBytesMax)
  metrics.increment(Metric.PACKETS_UNSUBACK_SENT)
  sendInTurn(broker, connection, writer, session.persistent, 0, undefined)
  if (version !== ProtocolVersion.V5 && reasons.includes(ReasonCode.TOPIC_FILTER_INVALID)) {
    metrics.increment(Metric.PACKETS_UNSUBSCRIBE_ERROR)
  }
  return undefined
}

/** Sends a finished packet in the order of acknowledgements, after the commit if stored. */
function sendInTurn(
  broker: Broker,
  connection: Connection,
  writer: ByteWriter,
  stored: boolean,
  siblings: number,
  onSent: (() => void) | undefined,
): void {
  if (writer.offset > connection.packetBytesMax) {
    connection.close({
      reason: ReasonCode.PACKET_TOO_LARGE, // [MQTT-3.1.2-24]
      code: 'packet_too_large',
      text: `The answer is larger than the ${connection.packetBytesMax} bytes the client takes.`,
    })
    return
  }
  const ack = new PendingAck(connection, 0, 0, 0, 0)
  ack.frame = writer.bytes.subarray(0, writer.offset)
  ack.onSent = onSent
  broker.core.metrics.increment(Metric.PACKETS_SENT)
  connection.traffic.controlOut++
  connection.acks.push(ack)
  if (stored) broker.core.awaitCommit(ack)
  broker.links.awaitTakenIn(ack, siblings)
  if (ack.waiting === 0) connection.drainAcks()
  else broker.core.startTick()
}
