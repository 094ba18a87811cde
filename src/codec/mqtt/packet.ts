import type { ByteWriter } from '#kernel/byte-writer.ts'
import { AckView, decodeAck, decodeAckProperties, encodeAck } from './ack.ts'
import type { AckType } from './ack.ts'
import { decodeAuth, encodeAuth } from './auth.ts'
import type { AuthPacket } from './auth.ts'
import { decodeConnack, encodeConnack } from './connack.ts'
import type { ConnackPacket } from './connack.ts'
import { decodeConnect, encodeConnect } from './connect.ts'
import type { ConnectPacket } from './connect.ts'
import { DecodeFailure, isFailure } from './decode-failure.ts'
import { decodeDisconnect, encodeDisconnect } from './disconnect.ts'
import type { DisconnectPacket } from './disconnect.ts'
import type { Frame } from './frame.ts'
import { PacketType } from './packet-type.ts'
import { decodePing, encodePingreq, encodePingresp } from './ping.ts'
import type { AckProperties, PublishProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'
import {
  PublishView,
  decodePublish,
  decodePublishProperties,
  encodePublish,
  encodePublishProperties,
  publishFirstByte,
  validatePayloadFormat,
} from './publish.ts'
import { ReasonCode } from './reason-codes.ts'
import { decodeSuback, encodeSuback } from './suback.ts'
import type { SubackPacket } from './suback.ts'
import { decodeSubscribe, encodeSubscribe } from './subscribe.ts'
import type { SubscribePacket } from './subscribe.ts'
import { validateTopicName } from './topic.ts'
import { decodeUnsuback, encodeUnsuback } from './unsuback.ts'
import type { UnsubackPacket } from './unsuback.ts'
import { decodeUnsubscribe, encodeUnsubscribe } from './unsubscribe.ts'
import type { UnsubscribePacket } from './unsubscribe.ts'
import { decodeUtf8 } from './utf8.ts'

/** PUBLISH as a plain object. */
export interface PublishPacket {
  /** Empty when the alias stands for it. */
  topic: string
  qos: 0 | 1 | 2
  dup: boolean
  retain: boolean
  /** 0 for QoS 0. */
  packetId: number
  payload: Buffer
  /** Empty before MQTT 5. */
  properties: PublishProperties
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP as a plain object. */
export interface AckPacket {
  packetId: number
  /** 0 before MQTT 5. */
  reason: number
  /** Empty before MQTT 5. */
  properties: AckProperties
}

/** Any control packet as a plain object, told apart by `type`. */
export type Packet =
  | ({ type: typeof PacketType.CONNECT } & ConnectPacket)
  | ({ type: typeof PacketType.CONNACK } & ConnackPacket)
  | ({ type: typeof PacketType.PUBLISH } & PublishPacket)
  | ({ type: AckType } & AckPacket)
  | ({ type: typeof PacketType.SUBSCRIBE } & SubscribePacket)
  | ({ type: typeof PacketType.SUBACK } & SubackPacket)
  | ({ type: typeof PacketType.UNSUBSCRIBE } & UnsubscribePacket)
  | ({ type: typeof PacketType.UNSUBACK } & UnsubackPacket)
  | { type: typeof PacketType.PINGREQ | typeof PacketType.PINGRESP }
  | ({ type: typeof PacketType.DISCONNECT } & DisconnectPacket)
  | ({ type: typeof PacketType.AUTH } & AuthPacket)

const NO_SUCH_TYPE = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'the packet type is reserved',
  '[MQTT-2.1.3-1]',
)

/**
 * Decodes the packet that `readFrame` found, whatever it is, into a copy with plain fields. For
 * clients, tools and tests; the broker calls the decoder of each type. A PUBLISH is checked
 * completely here, its topic and its payload format too.
 * @param fromServer the packet comes from a server
 */
export function decodePacket(
  bytes: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer: boolean,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): Packet | DecodeFailure {
  const { type, bodyStart, bodyEnd } = frame
  const max = userPropertiesMax
  switch (type) {
    case PacketType.CONNECT:
      return typed(type, decodeConnect(bytes, bodyStart, bodyEnd, max))
    case PacketType.CONNACK:
      return typed(type, decodeConnack(bytes, bodyStart, bodyEnd, version))
    case PacketType.PUBLISH:
      return typed(type, decodePublishPacket(bytes, frame, version, fromServer, max))
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return typed(type, decodeAckPacket(bytes, type, frame, version, max))
    case PacketType.SUBSCRIBE:
      return typed(type, decodeSubscribe(bytes, bodyStart, bodyEnd, version, max))
    case PacketType.SUBACK:
      return typed(type, decodeSuback(bytes, bodyStart, bodyEnd, version))
    case PacketType.UNSUBSCRIBE:
      return typed(type, decodeUnsubscribe(bytes, bodyStart, bodyEnd, version, max))
    case PacketType.UNSUBACK:
      return typed(type, decodeUnsuback(bytes, bodyStart, bodyEnd, version))
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return decodePing(bodyStart, bodyEnd) ?? { type }
    case PacketType.DISCONNECT:
      return typed(type, decodeDisconnect(bytes, bodyStart, bodyEnd, version, fromServer, max))
    case PacketType.AUTH:
      return typed(type, decodeAuth(bytes, bodyStart, bodyEnd, max))
    default:
      return NO_SUCH_TYPE
  }
}

function typed<N extends PacketType, T extends object>(
  type: N,
  decoded: T | DecodeFailure,
): ({ type: N } & T) | DecodeFailure {
  return isFailure(decoded) ? decoded : { type, ...decoded }
}

function decodePublishPacket(
  bytes: Uint8Array,
  frame: Frame,
  version: ProtocolVersion,
  fromServer: boolean,
  userPropertiesMax: number,
): PublishPacket | DecodeFailure {
  const view = new PublishView(fromServer)
  const { flags, bodyStart, bodyEnd } = frame
  const failure =
    decodePublish(bytes, flags, bodyStart, bodyEnd, version, view, userPropertiesMax) ??
    (view.topicStart < view.topicEnd
      ? validateTopicName(bytes, view.topicStart, view.topicEnd)
      : undefined) ??
    validatePayloadFormat(bytes, view)
  if (failure !== undefined) return failure
  return {
    topic: decodeUtf8(bytes, view.topicStart, view.topicEnd),
    qos: view.qos as 0 | 1 | 2, // `decodePublish` has refused 3.
    dup: view.dup,
    retain: view.retain,
    packetId: view.packetId,
    payload: Buffer.from(bytes.subarray(view.payloadStart, view.payloadEnd)),
    properties: decodePublishProperties(bytes, view.propsStart, view.propsEnd),
  }
}

function decodeAckPacket(
  bytes: Uint8Array,
  type: AckType,
  frame: Frame,
  version: ProtocolVersion,
  userPropertiesMax: number,
): AckPacket | DecodeFailure {
  const view = new AckView()
  const { bodyStart, bodyEnd } = frame
  const failure = decodeAck(bytes, type, bodyStart, bodyEnd, version, view, userPropertiesMax)
  if (failure !== undefined) return failure
  const properties = decodeAckProperties(bytes, view)
  return { packetId: view.packetId, reason: view.reason, properties }
}

/** Writes any packet; see the encoder of its type. A CONNECT goes out in its own version. */
export function encodePacket(w: ByteWriter, version: ProtocolVersion, packet: Packet): void {
  switch (packet.type) {
    case PacketType.CONNECT:
      return encodeConnect(w, packet)
    case PacketType.CONNACK: {
      const { sessionPresent, reason, properties } = packet
      encodeConnack(w, version, sessionPresent, reason, properties)
      return
    }
    case PacketType.PUBLISH:
      return encodePublishPacket(w, version, packet)
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP: {
      const { reasonString, userProperties } = packet.properties
      const { type, packetId, reason } = packet
      return encodeAck(w, type, version, packetId, reason, reasonString, userProperties)
    }
    case PacketType.SUBSCRIBE:
      return encodeSubscribe(w, version, packet)
    case PacketType.SUBACK:
      return encodeSuback(w, version, packet.packetId, packet.reasons, packet.properties)
    case PacketType.UNSUBSCRIBE:
      return encodeUnsubscribe(w, version, packet)
    case PacketType.UNSUBACK:
      return encodeUnsuback(w, version, packet.packetId, packet.reasons, packet.properties)
    case PacketType.PINGREQ:
      return encodePingreq(w)
    case PacketType.PINGRESP:
      return encodePingresp(w)
    case PacketType.DISCONNECT:
      return encodeDisconnect(w, version, packet.reason, packet.properties)
    case PacketType.AUTH:
      return encodeAuth(w, packet.reason, packet.properties)
  }
}

function encodePublishPacket(w: ByteWriter, version: ProtocolVersion, packet: PublishPacket): void {
  const { topic, qos, dup, retain, packetId, payload, properties } = packet
  const first = publishFirstByte(qos, retain, dup)
  const props = encodePublishProperties(properties)
  encodePublish(w, version, first, Buffer.from(topic), packetId, props, -1, 0, undefined, payload)
}
