import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import { decodeDisconnect } from '#codec/mqtt/disconnect.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { decodePing, encodePingresp } from '#codec/mqtt/ping.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Metric } from '../metrics.ts'
import type { Broker } from '../shard/broker.ts'
import { handleAck } from './acks.ts'
import { handleConnect } from './connect.ts'
import { ConnectionState } from './connection.ts'
import type { Connection, ConnectionHandler } from './connection.ts'
import { pump } from './deliver.ts'
import { exchangePacket, handleAuth } from './exchange.ts'
import { acknowledgementFailed, connectionGone } from './lifecycle.ts'
import type { CloseCause } from './outlet.ts'
import type { PendingAck } from './pending-ack.ts'
import { handlePublish } from './publish-in.ts'
import type { Session } from './session.ts'
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts'

const SECOND_CONNECT = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a second CONNECT on the same connection',
  '[MQTT-3.1.0-2]',
)
const NOT_FOR_SERVERS = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'only a server sends this packet',
)
const EXPIRY_RAISED = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a session expiry in DISCONNECT after none in CONNECT',
)

/** Takes the packets of all connections of a shard to those who handle them. */
export class PacketHandler implements ConnectionHandler {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  /** Hot path for PUBLISH and acknowledgements. */
  packet(connection: Connection, bytes: Buffer, frame: Frame, owned: boolean): void {
    const { session, state } = connection
    if (state === ConnectionState.IDLE) {
      if (frame.type === PacketType.CONNECT) handleConnect(this.#broker, connection, bytes, frame)
      else this.#notConnected(connection)
      return
    }
    if (session === undefined) {
      // While CONNECT is being decided the connection is parked, unless the client has its turn.
      const { exchange } = connection
      if (exchange === undefined) return
      const failure = exchangePacket(this.#broker, connection, exchange, bytes, frame)
      if (failure !== undefined) this.#protocolError(connection, failure)
      return
    }
    const failure = this.#dispatch(connection, session, bytes, frame, owned)
    if (failure !== undefined) this.#protocolError(connection, failure)
  }

  gone(connection: Connection, cause: CloseCause, before: ConnectionState): void {
    connectionGone(this.#broker, connection, cause, before)
  }

  roomy(connection: Connection): void {
    const { session } = connection
    if (session !== undefined) pump(this.#broker.core, session)
  }

  timeUp(connection: Connection): void {
    const { core } = this.#broker
    if (connection.state !== ConnectionState.CONNECTED) {
      connection.close({
        reason: ReasonCode.UNSPECIFIED_ERROR,
        code: 'idle_timeout',
        text: 'CONNECT did not arrive, or was not decided, in time.',
        peerGone: connection.state === ConnectionState.IDLE,
      })
      return
    }
    // A connection that is not read cannot show that its client lives.
    const idleMs = connection.parked ? 0 : core.monotonicMs - connection.lastReceivedMs
    if (idleMs < connection.keepAliveMs) {
      core.timers.schedule(connection.timer, connection.keepAliveMs - idleMs)
      return
    }
    // One and a half times the keep alive without a packet [MQTT-3.1.2-22].
    connection.close({
      reason: ReasonCode.KEEP_ALIVE_TIMEOUT,
      code: 'keepalive_timeout',
      text: `No packet for ${Math.round(idleMs / 1000)} seconds.`,
    })
  }

  ackFailed(connection: Connection, ack: PendingAck): void {
    acknowledgementFailed(this.#broker, connection, ack)
  }

  #dispatch(
    connection: Connection,
    session: Session,
    bytes: Buffer,
    frame: Frame,
    owned: boolean,
  ): DecodeFailure | undefined {
    const broker = this.#broker
    switch (frame.type) {
      case PacketType.PUBLISH:
        return handlePublish(broker, connection, session, bytes, frame, owned)
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBREL:
      case PacketType.PUBCOMP:
        return handleAck(broker.core, connection, session, bytes, frame)
      case PacketType.SUBSCRIBE:
        return handleSubscribe(broker, connection, session, bytes, frame)
      case PacketType.UNSUBSCRIBE:
        return handleUnsubscribe(broker, connection, session, bytes, frame)
      case PacketType.PINGREQ:
        return this.#ping(connection, frame)
      case PacketType.DISCONNECT:
        return this.#disconnect(connection, session, bytes, frame)
      case PacketType.AUTH:
        return handleAuth(broker, connection, bytes, frame)
      case PacketType.CONNECT:
        return SECOND_CONNECT
      default:
        return NOT_FOR_SERVERS
    }
  }

  /** Answers PINGREQ [MQTT-3.12.4-1]. */
  #ping(connection: Connection, frame: Frame): DecodeFailure | undefined {
    const failure = decodePing(frame.bodyStart, frame.bodyEnd)
    if (failure !== undefined) return failure
    const { metrics } = this.#broker.core
    metrics.increment(Metric.PACKETS_PINGREQ_RECEIVED)
    metrics.increment(Metric.PACKETS_PINGRESP_SENT)
    metrics.increment(Metric.PACKETS_SENT)
    connection.traffic.controlOut++
    encodePingresp(connection.outbox)
    connection.markDirty()
    return undefined
  }

  /** DISCONNECT from the client (§3.14) [MQTT-3.14.4-3]. */
  #disconnect(
    connection: Connection,
    session: Session,
    bytes: Buffer,
    frame: Frame,
  ): DecodeFailure | undefined {
    const { core } = this.#broker
    const packet = decodeDisconnect(
      bytes,
      frame.bodyStart,
      frame.bodyEnd,
      connection.version,
      false,
      connection.zone.mqtt.userPropertiesMax,
    )
    if (isFailure(packet)) return packet
    core.metrics.increment(Metric.PACKETS_DISCONNECT_RECEIVED)
    const seconds = packet.properties.sessionExpiryIntervalSeconds
    if (seconds !== undefined) {
      if (!connection.askedExpiry && seconds > 0) return EXPIRY_RAISED
      const askedMs = seconds === 0xffffffff ? Number.POSITIVE_INFINITY : seconds * 1000
      session.expiryMs = Math.min(askedMs, connection.zone.mqtt.sessionExpiryMaxMs)
    }
    connection.close({
      reason: ReasonCode.NORMAL_DISCONNECTION,
      code: 'normal',
      text: 'The client disconnected.',
      byClient: true,
      // Any reason but 0 asks for the will [MQTT-3.1.2-8]; 0x04 says so explicitly.
      dropWill: packet.reason === ReasonCode.NORMAL_DISCONNECTION,
    })
    return undefined
  }

  /** The first packet must be CONNECT [MQTT-3.1.0-1]. */
  #notConnected(connection: Connection): void {
    connection.close({
      reason: ReasonCode.PROTOCOL_ERROR,
      code: 'connect_expected',
      text: 'The first packet is not CONNECT.',
      peerGone: true,
    })
  }

  /** [MQTT-4.13.1-1] [MQTT311-4.8.0-1] */
  #protocolError(connection: Connection, failure: DecodeFailure): void {
    connection.close({
      reason: failure.reason,
      code: failure.reason === ReasonCode.MALFORMED_PACKET ? 'malformed_packet' : 'protocol_error',
      text: failure.tag === '' ? `${failure.detail}.` : `${failure.detail} ${failure.tag}.`,
    })
  }
}
