import { decodeAck, AckView } from '#codec/mqtt/ack.ts'
import type { AckType } from '#codec/mqtt/ack.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Metric } from '../metrics.ts'
import type { ShardCore } from '../shard/core.ts'
import type { Connection } from './connection.ts'
import { pump } from './deliver.ts'
import { OutgoingState } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'
import { PendingAck } from './pending-ack.ts'
import { forgetIncoming } from './session-record.ts'
import type { Session } from './session.ts'

const view: AckView = new AckView()

/**
 * PUBACK, PUBREC, PUBREL and PUBCOMP from the client (MQTT 5 §3.4 - 3.7). Hot path.
 * @returns a failure when the packet is malformed
 */
export function handleAck(
  core: ShardCore,
  connection: Connection,
  session: Session,
  bytes: Buffer,
  frame: Frame,
): DecodeFailure | undefined {
  const type = frame.type as AckType // The dispatcher calls this for these four types only.
  const { bodyStart, bodyEnd } = frame
  const { userPropertiesMax } = connection.zone.mqtt
  const { version } = connection
  const failure = decodeAck(bytes, type, bodyStart, bodyEnd, version, view, userPropertiesMax)
  if (failure !== undefined) return failure
  if (type === PacketType.PUBACK) handlePuback(core, session, view.packetId)
  else if (type === PacketType.PUBREC) handlePubrec(core, connection, session)
  else if (type === PacketType.PUBREL) handlePubrel(core, connection, session)
  else handlePubcomp(core, session, view.packetId)
  return undefined
}

/**
 * The client has the QoS 1 message, or refuses it: it is done either way [MQTT-4.3.2-3]
 * [MQTT-4.4.0-2].
 */
function handlePuback(core: ShardCore, session: Session, packetId: number): void {
  const { values } = core.metrics
  values[Metric.PACKETS_PUBACK_RECEIVED]!++ // Indexes come from the table, here and below.
  const outgoing = session.inflight.get(packetId)
  if (outgoing === undefined || outgoing.qos !== 1) {
    values[Metric.PACKETS_PUBACK_MISSED]!++
    return
  }
  values[Metric.MESSAGES_ACKED]!++
  if (core.hooks.acked !== undefined) tellAcked(core, session, outgoing)
  if (core.slowWatch !== undefined) noteSlow(core, session, outgoing)
  session.inflight.delete(packetId)
  session.queue.forget(outgoing)
  pump(core, session)
}

function tellAcked(core: ShardCore, session: Session, { message, qos }: Outgoing): void {
  if (message !== undefined) {
    core.hooks.acked?.(session.connection?.identity ?? session, message, qos)
  }
}

function noteSlow(core: ShardCore, { clientId }: Session, outgoing: Outgoing): void {
  core.slowWatch?.acknowledged(clientId, outgoing, core.nowMs)
}

/** The client has the QoS 2 message: release it [MQTT-4.3.3-3] [MQTT-4.3.3-4]. */
function handlePubrec(core: ShardCore, connection: Connection, session: Session): void {
  const { packetId, reason } = view
  core.metrics.increment(Metric.PACKETS_PUBREC_RECEIVED)
  const outgoing = session.inflight.get(packetId)
  if (outgoing === undefined || outgoing.qos !== 2) {
    core.metrics.increment(Metric.PACKETS_PUBREC_MISSED)
    const answer = reason < 0x80 ? ReasonCode.PACKET_IDENTIFIER_NOT_FOUND : ReasonCode.SUCCESS
    if (reason < 0x80) ackInOrder(core, connection, PacketType.PUBREL, packetId, answer, false)
    return
  }
  if (reason >= 0x80) {
    // The client refused it: nobody gets it any more [MQTT-4.4.0-2] [MQTT-4.8.2-6].
    core.metrics.increment(Metric.MESSAGES_ACKED)
    session.inflight.delete(packetId)
    session.queue.forget(outgoing)
    pump(core, session)
    return
  }
  if (outgoing.state !== OutgoingState.RELEASED) {
    core.metrics.increment(Metric.MESSAGES_ACKED)
    if (core.hooks.acked !== undefined) tellAcked(core, session, outgoing)
    if (core.slowWatch !== undefined) noteSlow(core, session, outgoing)
    outgoing.state = OutgoingState.RELEASED
    session.queue.dropBody(outgoing) // Never sent again once released [MQTT-4.3.3-6].
    session.queue.update(outgoing)
    if (outgoing.key !== '') outgoing.releasedInTick = core.tick
  }
  sendRelease(core, connection, outgoing)
}

/**
 * PUBREL for a message that the client has, once that is stored: the client forgets the packet
 * identifier with it, so that after a crash the message must not be sent again [MQTT-4.3.3-6].
 */
export function sendRelease(core: ShardCore, connection: Connection, outgoing: Outgoing): void {
  const { packetId, releasedInTick } = outgoing
  const waits = releasedInTick > core.durableTick
  ackInOrder(core, connection, PacketType.PUBREL, packetId, ReasonCode.SUCCESS, waits)
}

/**
 * The client releases a QoS 2 packet identifier of its own [MQTT-4.3.3-11] [MQTT-4.3.3-12],
 * whatever became of the message [MQTT-4.3.3-13].
 */
function handlePubrel(core: ShardCore, connection: Connection, session: Session): void {
  const { packetId } = view
  core.metrics.increment(Metric.PACKETS_PUBREL_RECEIVED)
  const known = forgetIncoming(core.store, session, packetId)
  connection.inheritedRel?.delete(packetId)
  if (!known) core.metrics.increment(Metric.PACKETS_PUBREL_MISSED)
  // A client that has not seen PUBCOMP releases again on its next connection: that is no error.
  const isFine = known || connection.inheritedRel !== undefined
  const reason = isFine ? ReasonCode.SUCCESS : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND
  // A PUBCOMP before the removal is durable would make the next message under this identifier
  // look like a duplicate after a crash. That of an unknown one may be under way.
  ackInOrder(core, connection, PacketType.PUBCOMP, packetId, reason, session.persistent)
}

/** The QoS 2 message is done [MQTT-4.3.3-5]. */
function handlePubcomp(core: ShardCore, session: Session, packetId: number): void {
  core.metrics.increment(Metric.PACKETS_PUBCOMP_RECEIVED)
  const outgoing = session.inflight.get(packetId)
  if (outgoing === undefined || outgoing.state !== OutgoingState.RELEASED) {
    core.metrics.increment(Metric.PACKETS_PUBCOMP_MISSED)
    return
  }
  session.inflight.delete(packetId)
  session.queue.forget(outgoing)
  pump(core, session)
}

/**
 * Sends an acknowledgement, with the identifier of what it answers [MQTT-2.2.1-5], in its turn: at
 * once when nothing is before it and it need not wait for the commit [MQTT-4.6.0-2] [MQTT-4.6.0-3]
 * [MQTT-4.6.0-4].
 */
export function ackInOrder(
  core: ShardCore,
  connection: Connection,
  type: AckType,
  packetId: number,
  reason: number,
  afterCommit: boolean,
): void {
  if (!afterCommit && connection.acks.isNext(type)) {
    connection.sendAck(type, packetId, reason)
    return
  }
  const ack = new PendingAck(connection, type, packetId, reason, 0)
  connection.acks.push(ack)
  if (afterCommit) core.awaitCommit(ack)
}
