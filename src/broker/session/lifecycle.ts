import { encodeConnack } from '#codec/mqtt/connack.ts'
import { encodeDisconnect } from '#codec/mqtt/disconnect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { isReasonOf, ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Gauge, Metric } from '../metrics.ts'
import type { Broker } from '../shard/broker.ts'
import { redispatchShared } from '../shard/redispatch.ts'
import { ConnectionState } from './connection.ts'
import type { Connection } from './connection.ts'
import { dropCredentialTimer } from './credentials.ts'
import type { CloseCause } from './outlet.ts'
import type { PendingAck } from './pending-ack.ts'
import { forgetIncoming } from './session-record.ts'
import type { LastConnection, Session } from './session.ts'

/** Bytes of the CONNACK of a refusal without a reason string. */
const CONNACK_BYTES_MIN = 5

/**
 * The end of a network connection, whoever ended it: tells the client why where the protocol has
 * a way to, closes the transport, and lets the session go on without it or end.
 */
export function connectionGone(
  broker: Broker,
  connection: Connection,
  cause: CloseCause,
  before: ConnectionState,
): void {
  const { core } = broker
  const { session } = connection
  core.connections.delete(connection)
  core.timers.cancel(connection.timer)
  dropCredentialTimer(broker, connection)
  connection.exchange?.stop()
  connection.rate?.stop()
  if (connection.admitted !== undefined) core.access.left(connection.admitted)
  sayGoodbye(broker, connection, cause, before)
  if (cause.peerGone === true) connection.wire.destroy()
  else {
    connection.flush()
    connection.wire.end() // [MQTT-3.14.4-2] [MQTT-4.13.2-1]
  }
  core.log[cause.byClient === true || cause.peerGone === true ? 'debug' : 'info'](
    'connection_closed',
    {
      clientid: connection.clientId,
      peername: `${connection.wire.info.peerHost}:${connection.wire.info.peerPort}`,
      reason: cause.code,
      detail: cause.text,
    },
  )
  if (session === undefined || session.connection !== connection) return
  core.metrics.increment(Metric.CLIENT_DISCONNECTED)
  core.metrics.addGauge(Gauge.LIVE_CONNECTIONS, -1)
  session.lastConnection = lastConnectionOf(connection)
  detach(broker, session, cause)
  // Only now: the client may have subscribed to it, and nothing follows DISCONNECT.
  announceDisconnected(broker, connection, session, cause) // [MQTT-3.14.4-1]
}

/** Its own object: the connection with all its buffers can go. */
function lastConnectionOf(connection: Connection): LastConnection {
  const { version, cleanStart, bridge, mountpoint } = connection
  const { keepAliveMs, connectedAtMs, inflightMax, traffic } = connection
  return {
    wire: { info: connection.wire.info },
    version,
    cleanStart,
    bridge,
    mountpoint,
    keepAliveMs,
    connectedAtMs,
    inflightMax,
    traffic,
  }
}

/** CONNACK or DISCONNECT with the reason; 3.x has the former only [MQTT-3.14.0-1]. */
function sayGoodbye(
  broker: Broker,
  connection: Connection,
  cause: CloseCause,
  state: ConnectionState,
): void {
  if (cause.peerGone === true || cause.byClient === true) return
  const { outbox, version, packetBytesMax } = connection
  const { metrics } = broker.core
  // Acknowledgements have no reason string for anybody [MQTT-3.1.2-29].
  const properties = connection.problemInformation ? { reasonString: cause.text } : {}
  if (state === ConnectionState.CONNECTING) {
    const reason = connackReason(cause.reason)
    const sent =
      packetBytesMax >= CONNACK_BYTES_MIN &&
      encodeConnack(outbox, version, false, reason, properties, packetBytesMax)
    if (sent) metrics.increment(Metric.PACKETS_CONNACK_SENT)
    metrics.increment(Metric.PACKETS_CONNACK_ERROR)
    const auth =
      reason === ReasonCode.BAD_USER_NAME_OR_PASSWORD || reason === ReasonCode.NOT_AUTHORIZED
    if (auth) metrics.increment(Metric.PACKETS_CONNACK_AUTH_ERROR)
  } else if (state === ConnectionState.CONNECTED && version === ProtocolVersion.V5) {
    encodeDisconnect(outbox, version, disconnectReason(cause.reason), properties, packetBytesMax)
    metrics.increment(Metric.PACKETS_DISCONNECT_SENT)
    metrics.increment(Metric.PACKETS_SENT)
  }
}

/** DISCONNECT has no code of its own for a ban. */
function disconnectReason(reason: ReasonCode): ReasonCode {
  return reason === ReasonCode.BANNED ? ReasonCode.ADMINISTRATIVE_ACTION : reason
}

/** A reason that CONNACK may carry [MQTT-3.2.2-8]. */
function connackReason(reason: ReasonCode): ReasonCode {
  if (isReasonOf(PacketType.CONNACK, reason)) return reason
  const isGoing = reason === ReasonCode.SERVER_SHUTTING_DOWN
  return isGoing ? ReasonCode.SERVER_UNAVAILABLE : ReasonCode.UNSPECIFIED_ERROR
}

/** The session goes on without a connection, or ends with it [MQTT-3.1.2-23]. */
function detach(broker: Broker, session: Session, cause: CloseCause): void {
  const { core, sessions, wills } = broker
  session.connection = undefined
  session.disconnectedAtMs = core.nowMs
  session.resumeFeeds()
  if (cause.dropWill === true) session.will = undefined // [MQTT-3.14.4-3] [MQTT-3.1.2-10]
  else wills.connectionBroke(session)
  if (session.expiryMs === 0) {
    endSession(broker, session)
    return
  }
  sessions.setOnline(session, false)
  sessions.save(session)
  sessions.armExpiry(session)
  // A client that is back already gets what it has not acknowledged on its new connection.
  const returned = cause.reason === ReasonCode.SESSION_TAKEN_OVER
  if (!returned) leaveAlone(broker, session)
}

/** Nobody comes for a session: others get its shared messages, and the rest leaves memory. */
export function leaveAlone(broker: Broker, session: Session): void {
  redispatchShared(broker.routing, session, false)
  session.queue.unload(session.inflight.values())
}

/** Ends a session: its will is sent first, its shared messages go to other members. */
export function endSession(broker: Broker, session: Session): void {
  if (session.ended) return
  if (session.move?.role === 'target') {
    session.expiryMs = 0
    session.endWhenMoved = true
    return
  }
  broker.sessions.ensureLoaded(session)
  broker.wills.sendNow(session)
  redispatchShared(broker.routing, session, true)
  const beingStored = session.queue.isGiving || session.leavingWill !== undefined
  // Its records are what siblings have not stored yet, or what they store is noted under its key:
  // they go once that is safe.
  if (beingStored || session.origins.size > 0) {
    broker.sessions.end(session, (remove) => removeWhenSafe(broker, remove))
  } else broker.sessions.end(session)
}

function removeWhenSafe(broker: Broker, remove: () => void): void {
  broker.links.whenAllSafe((failure) => {
    if (failure === undefined) remove()
    else broker.core.atNextAdvance(() => removeWhenSafe(broker, remove))
  })
}

/**
 * Another connection, here or in another shard, takes the session over [MQTT-3.1.4-3]
 * [MQTT311-3.1.4-2].
 */
export function takeSessionOver(broker: Broker, session: Session, discard: boolean): void {
  const { metrics } = broker.core
  session.connection?.close({
    reason: ReasonCode.SESSION_TAKEN_OVER,
    code: discard ? 'discarded' : 'takenover',
    text: 'Another connection uses this client identifier.',
  })
  // Made in time: a will that waits for its delay is not sent [MQTT-3.1.3-9].
  if (!discard) broker.wills.cancel(session)
  if (discard && !session.ended) {
    metrics.increment(Metric.SESSION_DISCARDED)
    endSession(broker, session)
  }
}

/** What an acknowledgement promises could not be made safe. */
export function acknowledgementFailed(
  broker: Broker,
  connection: Connection,
  ack: PendingAck,
): void {
  const { failure, lost } = ack
  const reason =
    failure?.kind === 'full' ? ReasonCode.QUOTA_EXCEEDED : ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR
  const { session } = connection
  const answers =
    ack.type === PacketType.PUBACK ||
    (ack.type === PacketType.PUBREC && session !== undefined && !session.persistent)
  if (answers && connection.version === ProtocolVersion.V5) {
    ack.reason = reason
    if (ack.type === PacketType.PUBREC && session !== undefined) {
      forgetIncoming(broker.core.store, session, ack.packetId)
    }
    return
  }
  // 3.x has no negative acknowledgement, and other packets promise what cannot be kept: without
  // an answer the client tries again after it has reconnected. The same for a QoS 2 message of a
  // stored session: it has been routed, the store writes it later, and if the refusal got lost
  // on the way the message would be sent again as a new one.
  connection.close(
    failure === undefined
      ? { reason, code: 'action_failed', text: `An action lost a message: ${lost ?? 'unknown'}.` }
      : { reason, code: 'storage_failed', text: `The broker cannot store: ${failure.message}.` },
  )
}

function announceDisconnected(
  broker: Broker,
  connection: Connection,
  session: Session,
  cause: CloseCause,
): void {
  const facts = clientFacts(connection, session)
  broker.announce(broker.events.disconnected(facts, cause.code, broker.core.nowMs))
  broker.core.hooks.disconnected?.(connection, cause.code)
}

/** What presence messages say of a client. */
export function clientFacts(
  connection: Connection,
  session: Session,
): Parameters<Broker['events']['disconnected']>[0] {
  const { info } = connection.wire
  return {
    clientId: connection.clientId,
    username: session.username,
    peerHost: info.peerHost,
    localPort: info.localPort,
    protocol: 'mqtt',
    protocolName: connection.version === ProtocolVersion.V31 ? 'MQIsdp' : 'MQTT',
    protocolVersion: connection.version,
    connectedAtMs: connection.connectedAtMs,
  }
}
