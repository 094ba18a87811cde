import { encodeConnack } from '#codec/mqtt/connack.ts'
import { answerVersion, decodeConnect } from '#codec/mqtt/connect.ts'
import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import type { ConnackProperties } from '#codec/mqtt/properties.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { utf8Length } from '#codec/mqtt/utf8.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { Gauge, Metric } from '../metrics.ts'
import type { Accepted, Refused } from '../ports.ts'
import type { Broker } from '../shard/broker.ts'
import type { TopicValues } from '../topics/template.ts'
import { compileMountpoint, renderMountpoint } from '../topics/mountpoint.ts'
import { ConnectionState } from './connection.ts'
import type { Connection } from './connection.ts'
import { clientFacts, leaveAlone } from './lifecycle.ts'
import type { HeldWill, Session } from './session.ts'
import { certificateName } from './certificate-name.ts'
import { checkWill } from './check-will.ts'
import { takeCredentials } from './credentials.ts'
import { Exchange, methodOf } from './exchange.ts'
import { resumeSession } from './resume.ts'
import { authorizeWill } from './will-access.ts'

const EXPIRY_NEVER = 0xffffffff
const PORT_MAX = 65_535
/** First size of the memory for a CONNACK. */
const CONNACK_BYTES = 64
/** Random bytes in a client id that the broker assigns. */
const ASSIGNED_ID_BYTES = 12

const fail = (reason: ReasonCode, detail: string): DecodeFailure =>
  new DecodeFailure(reason, detail)

/** CONNECT, the first packet of every connection (MQTT 5 §3.1). */
export function handleConnect(
  broker: Broker,
  connection: Connection,
  bytes: Buffer,
  frame: Frame,
): void {
  const { core } = broker
  const { mqtt } = connection.zone
  const packet = decodeConnect(bytes, frame.bodyStart, frame.bodyEnd, mqtt.userPropertiesMax)
  connection.state = ConnectionState.CONNECTING // Left once, with the only CONNACK [MQTT-3.2.0-2].
  core.metrics.increment(Metric.PACKETS_CONNECT_RECEIVED)
  if (isFailure(packet)) {
    connection.version = answerVersion(bytes, frame.bodyStart, frame.bodyEnd)
    refuse(broker, connection, undefined, packet)
    return
  }
  connection.version = packet.version
  takeLimits(connection, packet)
  const { refusal } = connection.wire.info
  const unwanted = refusal && fail(refusal.reason, refusal.reasonString)
  const invalid = unwanted ?? checkConnect(broker, connection, packet)
  if (invalid !== undefined) {
    refuse(broker, connection, packet, invalid)
    return
  }
  core.metrics.increment(Metric.CLIENT_CONNECT)
  authenticate(broker, connection, packet)
}

/** Answers with CONNACK and closes [MQTT-3.1.4-1] [MQTT-3.2.2-7]. */
function refuse(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket | undefined,
  failure: DecodeFailure,
): void {
  broker.core.hooks.connack?.(connection, packet, failure.reason)
  connection.close({
    reason: failure.reason,
    code: `connect_refused`,
    text: failure.tag === '' ? failure.detail : `${failure.detail} ${failure.tag}`,
  })
}

function takeLimits(connection: Connection, packet: ConnectPacket): void {
  const { mqtt } = connection.zone
  const { properties } = packet
  connection.cleanStart = packet.cleanStart
  connection.bridge = packet.bridge
  // [MQTT-4.9.0-1] [MQTT-3.3.4-9]
  connection.inflightMax = Math.min(properties.receiveMaximum ?? PORT_MAX, mqtt.inflightMax)
  connection.packetBytesMax = properties.maximumPacketSizeBytes ?? Number.POSITIVE_INFINITY
  connection.setAliasesOutMax(Math.min(properties.topicAliasMaximum ?? 0, mqtt.topicAliasMax))
  connection.problemInformation = properties.requestProblemInformation ?? true
  connection.authenticationMethod = properties.authenticationMethod
  connection.expiryMs = expiryOf(connection, packet)
  connection.askedExpiry = (properties.sessionExpiryIntervalSeconds ?? 0) > 0
}

/**
 * How long the session outlives the connection, in ms [MQTT-3.1.2-23]; before MQTT 5 Clean Session
 * says whether it does [MQTT311-3.1.2-4] [MQTT311-3.1.2-6].
 */
function expiryOf(connection: Connection, packet: ConnectPacket): number {
  const { mqtt } = connection.zone
  if (packet.version !== ProtocolVersion.V5) return packet.cleanStart ? 0 : mqtt.sessionExpiryMs
  const seconds = packet.properties.sessionExpiryIntervalSeconds ?? 0
  const askedMs = seconds === EXPIRY_NEVER ? Number.POSITIVE_INFINITY : seconds * 1000
  return Math.min(askedMs, mqtt.sessionExpiryMaxMs)
}

/** Finds the client id and checks what needs no waiting. */
function checkConnect(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
): DecodeFailure | undefined {
  const { mqtt } = connection.zone
  const clientId = clientIdOf(broker, connection, packet)
  if (isFailure(clientId)) return clientId
  connection.clientId = clientId
  if (utf8Length(clientId) > mqtt.clientIdBytesMax) {
    const detail = `the client identifier is longer than ${mqtt.clientIdBytesMax} bytes`
    return fail(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, detail) // [MQTT-3.1.3-8] [MQTT311-3.1.3-9]
  }
  return checkWill(mqtt, packet, broker.core.nowMs) ?? checkConnackSize(broker, connection, packet)
}

/** A client that could not even be sent its CONNACK is not let in [MQTT-3.1.2-24]. */
function checkConnackSize(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
): DecodeFailure | undefined {
  const { version, packetBytesMax } = connection
  if (packetBytesMax === Number.POSITIVE_INFINITY) return undefined
  const properties = connackProperties(broker, connection, packet)
  const writer = new ByteWriter(CONNACK_BYTES)
  encodeConnack(writer, version, false, ReasonCode.SUCCESS, properties, packetBytesMax)
  if (writer.offset <= packetBytesMax) return undefined
  return fail(ReasonCode.PACKET_TOO_LARGE, 'the CONNACK is larger than the client takes')
}

function clientIdOf(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
): string | DecodeFailure {
  const { mqtt } = connection.zone
  const { info } = connection.wire
  // Whatever takes the place of an empty one: CONNACK returns it.
  connection.assignedClientId = packet.clientId === '' // [MQTT-3.1.3-7] [MQTT-3.2.2-16]
  const fromCert = certificateName(mqtt.peerCertAsClientId, info)
  if (fromCert !== undefined) return fromCert
  if (mqtt.useUsernameAsClientId && packet.username !== undefined && packet.username !== '') {
    return packet.username
  }
  if (packet.clientId !== '') return packet.clientId // Any text will do [MQTT-3.1.3-5].
  const mayBeEmpty = packet.version === ProtocolVersion.V5 || packet.cleanStart
  if (packet.version === ProtocolVersion.V31 || !mayBeEmpty) {
    // [MQTT311-3.1.3-8]
    const detail = 'the client identifier is empty; only clean sessions may leave it out'
    return fail(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, detail)
  }
  // [MQTT-3.1.3-6] [MQTT311-3.1.3-6]
  return `auto-${broker.core.ports.random.hexId(ASSIGNED_ID_BYTES)}`
}

function authenticate(broker: Broker, connection: Connection, packet: ConnectPacket): void {
  const { core } = broker
  const { wire, clientId } = connection
  const username = usernameOf(broker, connection, packet)
  connection.clientAttributes = connection.zone.attributeRules.attributesOf({
    clientId,
    username,
    wire: wire.info,
    packet,
  })
  core.metrics.increment(Metric.CLIENT_AUTHENTICATE)
  connection.park()
  const request = {
    clientId,
    username,
    password: packet.password,
    protocolVersion: packet.version,
    cleanStart: packet.cleanStart,
    keepAliveSeconds: packet.keepAliveSeconds,
    wire: wire.info,
    clientAttributes: connection.clientAttributes,
    ...methodOf(connection, packet.properties.authenticationData),
  }
  const decided = (result: Accepted | Refused): void => {
    authenticated(broker, connection, packet, username, result)
  }
  if (connection.authenticationMethod !== undefined) {
    // Until it is complete only AUTH and DISCONNECT may come [MQTT-3.1.2-30].
    const exchange = new Exchange(broker, connection, { accepted: decided, refused: decided })
    connection.exchange = exchange
    core.access.authenticate(request, (result) => exchange.decided(result))
    return
  }
  core.access.authenticate(request, (result) => {
    if (result.allowed === 'continue') throw new Error('there is no method to continue with')
    if (connection.state !== ConnectionState.CONNECTING) return // It left meanwhile.
    decided(result)
  })
}

function usernameOf(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
): string | undefined {
  const source = connection.zone.mqtt.peerCertAsUsername
  return certificateName(source, connection.wire.info) ?? packet.username
}

function authenticated(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
  claimedName: string | undefined,
  result: Accepted | Refused,
): void {
  const { metrics } = broker.core
  if (!result.allowed) {
    metrics.increment(Metric.AUTHENTICATION_FAILURE)
    broker.core.hooks.authenticated?.(connection, claimedName, result.reason, false)
    refuse(broker, connection, packet, fail(result.reason, result.reasonString)) // [MQTT-3.1.4-2]
    return
  }
  metrics.increment(Metric.AUTHENTICATION_SUCCESS)
  const { clientId, listener } = connection
  const username = claimedName ?? result.username
  broker.core.hooks.authenticated?.(connection, username, ReasonCode.SUCCESS, result.isSuperuser)
  takeCredentials(broker, connection, username, result)
  connection.authenticationData = result.methodData
  const tooLarge = result.methodData && checkConnackSize(broker, connection, packet)
  if (tooLarge !== undefined) {
    refuse(broker, connection, packet, tooLarge)
    return
  }
  const refused = admit(broker, connection)
  if (refused !== undefined) {
    refuse(broker, connection, packet, fail(refused.reason, refused.reasonString))
    return
  }
  const mountpoint = renderMountpoint(compileMountpoint(listener.mountpoint), {
    clientId,
    username,
    ...attributesOf(connection),
  })
  if (mountpoint === undefined) {
    const detail =
      'the mountpoint of the listener needs a user name or an attribute, without wildcards'
    refuse(broker, connection, packet, fail(ReasonCode.NOT_AUTHORIZED, detail))
    return
  }
  connection.mountpoint = mountpoint
  connection.mountpointBytes = utf8Length(mountpoint)
  if (connection.expiryMs > 0 && !broker.core.store.healthy) {
    const detail = 'the broker cannot store sessions at the moment'
    refuse(broker, connection, packet, fail(ReasonCode.QUOTA_EXCEEDED, detail))
    return
  }
  authorizeWill(broker, connection, packet, (accepted) => {
    // [MQTT-3.1.2-4] [MQTT-3.1.4-4]
    broker.claims.claim(clientId, accepted.cleanStart, (session) => {
      claimed(broker, connection, accepted, username, session)
    })
  })
}

/** Asks access whether there is room for the client; it counts until its connection is gone. */
function admit(broker: Broker, connection: Connection): Refused | undefined {
  const { identity } = connection
  if (identity === undefined) return undefined
  const refused = broker.core.access.admit(identity)
  if (refused === undefined) connection.admitted = identity
  return refused
}

function attributesOf({ identity }: Connection): Pick<TopicValues, 'attributes'> {
  const attributes = identity?.clientAttributes
  return attributes === undefined ? {} : { attributes }
}

/** This shard has the client id now, and its session if there was one to keep. */
function claimed(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
  username: string | undefined,
  found: Session | undefined,
): void {
  const { core, sessions, claims } = broker
  const { clientId } = connection
  if (connection.state !== ConnectionState.CONNECTING) {
    // The client left while its session was being fetched: the session stays, offline.
    if (found !== undefined) {
      sessions.armExpiry(found)
      if (found.move === undefined) leaveAlone(broker, found)
      broker.wills.connectionBroke(found)
    }
    claims.settled(clientId)
    return
  }
  // In a session that is taken over here with expiry 0 there is nothing to keep.
  // [MQTT-3.1.2-5] [MQTT-3.1.2-6]
  const session = found ?? sessions.create(clientId, connection.expiryMs)
  if (found !== undefined) core.metrics.increment(Metric.SESSION_RESUMED)
  session.username = username
  session.zone = connection.zone
  session.expiryMs = connection.expiryMs
  if (session.expiryMs > 0 && !session.persistent) throw new Error('a resumed session is stored')
  broker.wills.cancel(session) // [MQTT-3.1.3-9]
  session.will = willOf(connection, packet, username) // [MQTT-3.1.2-7] [MQTT311-3.1.2-8]
  sessions.disarmExpiry(session)
  session.connection = connection
  session.lastConnection = undefined
  session.disconnectedAtMs = 0
  connection.session = session
  connection.connectedAtMs = core.nowMs
  connection.state = ConnectionState.CONNECTED
  sessions.save(session)
  armKeepAlive(broker, connection, packet)
  sendConnack(broker, connection, packet, found !== undefined) // [MQTT-3.1.4-5]
  welcome(broker, connection, session, packet, found !== undefined)
  // The next claim may end this connection: CONNACK comes first [MQTT-3.2.0-1] [MQTT-3.14.0-1].
  claims.settled(clientId)
}

function welcome(
  broker: Broker,
  connection: Connection,
  session: Session,
  packet: ConnectPacket,
  isResumed: boolean,
): void {
  const { core } = broker
  core.metrics.increment(Metric.CLIENT_CONNECTED)
  core.metrics.addGauge(Gauge.LIVE_CONNECTIONS, 1)
  const { keepAliveSeconds, cleanStart } = packet
  const connect = { keepAliveSeconds, cleanStart, sessionExpiryMs: session.expiryMs }
  const facts = clientFacts(connection, session)
  broker.announce(broker.events.connected(facts, connect, core.nowMs))
  core.hooks.connected?.(connection, packet)
  resumeSession(broker, connection, session, isResumed)
  connection.unpark()
}

function willOf(
  connection: Connection,
  packet: ConnectPacket,
  username: string | undefined,
): HeldWill | undefined {
  const { will } = packet
  if (will === undefined) return undefined
  const delayMs = (will.properties.willDelayIntervalSeconds ?? 0) * 1000
  return { will, username, mountpoint: connection.mountpoint, delayMs }
}

/**
 * The server's keep alive wins over the client's, which it is told in CONNACK; before MQTT 5 it
 * cannot be told, and its own holds [MQTT-3.2.2-22].
 */
function armKeepAlive(broker: Broker, connection: Connection, packet: ConnectPacket): void {
  const { core } = broker
  const { serverKeepAliveSeconds, keepAliveMultiplier } = connection.zone.mqtt
  const ours = packet.version === ProtocolVersion.V5 ? serverKeepAliveSeconds : 0
  const seconds = ours > 0 ? ours : packet.keepAliveSeconds
  connection.keepAliveMs = seconds * 1000 * keepAliveMultiplier // [MQTT-3.1.2-22]
  if (connection.keepAliveMs === 0) core.timers.cancel(connection.timer)
  else core.timers.schedule(connection.timer, connection.keepAliveMs)
}

function sendConnack(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
  sessionPresent: boolean,
): void {
  const { metrics } = broker.core
  const v5 = connection.version === ProtocolVersion.V5
  const properties = v5 ? connackProperties(broker, connection, packet) : {}
  // 3.1 has no such flag; 3.1.1 and 5.0 do [MQTT-3.2.2-2] [MQTT-3.2.2-3].
  const present = sessionPresent && connection.version !== ProtocolVersion.V31
  encodeConnack(
    connection.outbox,
    connection.version,
    present,
    ReasonCode.SUCCESS,
    properties,
    connection.packetBytesMax,
  )
  metrics.increment(Metric.PACKETS_CONNACK_SENT)
  metrics.increment(Metric.PACKETS_SENT)
  connection.traffic.controlOut++
  metrics.increment(Metric.CLIENT_CONNACK)
  broker.core.hooks.connack?.(connection, packet, ReasonCode.SUCCESS)
  connection.markDirty()
}

function connackProperties(
  broker: Broker,
  connection: Connection,
  packet: ConnectPacket,
): ConnackProperties {
  const { mqtt } = connection.zone
  const asked = packet.properties
  const properties: ConnackProperties = {
    maximumPacketSizeBytes: mqtt.packetBytesMax,
    receiveMaximum: Math.min(PORT_MAX, mqtt.awaitingRelMax),
    topicAliasMaximum: mqtt.topicAliasMax,
  }
  const granted = connection.expiryMs
  const askedMs = (asked.sessionExpiryIntervalSeconds ?? 0) * 1000
  const never = asked.sessionExpiryIntervalSeconds === EXPIRY_NEVER
  if (granted < askedMs && !(never && granted === Number.POSITIVE_INFINITY)) {
    properties.sessionExpiryIntervalSeconds = Math.floor(granted / 1000)
  }
  if (mqtt.qosMax < 2) properties.maximumQos = mqtt.qosMax // [MQTT-3.2.2-9]
  if (!mqtt.retainAvailable) properties.retainAvailable = false
  if (!mqtt.wildcardSubscription) properties.wildcardSubscriptionAvailable = false
  if (!mqtt.sharedSubscription) properties.sharedSubscriptionAvailable = false
  if (connection.assignedClientId) properties.assignedClientIdentifier = connection.clientId
  if (mqtt.serverKeepAliveSeconds > 0) {
    properties.serverKeepAliveSeconds = mqtt.serverKeepAliveSeconds
  }
  const { authenticationMethod, authenticationData } = connection
  if (authenticationMethod !== undefined) {
    properties.authenticationMethod = authenticationMethod // [MQTT-4.12.0-5] [MQTT-4.12.0-6]
    if (authenticationData !== undefined) {
      properties.authenticationData = Buffer.from(authenticationData)
    }
  }
  const { responseInformation } = mqtt
  if (asked.requestResponseInformation === true && responseInformation !== '') {
    properties.responseInformation = responseInformation // [MQTT-3.1.2-28]
  }
  return properties
}
