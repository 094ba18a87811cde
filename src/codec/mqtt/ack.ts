import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { AckProperties, Properties, UserProperty } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { buildProperties, checkProperties } from './property-decode.ts'
import {
  fitProperties,
  propertiesLength,
  propertySectionSize,
  putProperties,
} from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { beginPacket, putUint16 } from './put.ts'
import { BAD_VARINT, TRAILING, TRUNCATED, ZERO_PACKET_ID } from './reader.ts'
import { ReasonCode, isReasonOf } from './reason-codes.ts'
import { readVarint, varintLength } from './varint.ts'

/** PUBACK 4, PUBREC 5, PUBREL 6 or PUBCOMP 7. */
export type AckType =
  | typeof PacketType.PUBACK
  | typeof PacketType.PUBREC
  | typeof PacketType.PUBREL
  | typeof PacketType.PUBCOMP

/** What `decodeAck` found; reused. Plain fields: hot. */
export class AckView {
  packetId = 0
  /** 0 in 3.x and when the packet leaves it out. */
  reason = 0
  /** Content of the property section, validated; equal when there is none. */
  propsStart = 0
  propsEnd = 0
}

const UNKNOWN_REASON: Readonly<Record<AckType, DecodeFailure>> = {
  [PacketType.PUBACK]: unknownReason('PUBACK', '[MQTT-3.4.2-1]'),
  [PacketType.PUBREC]: unknownReason('PUBREC', '[MQTT-3.5.2-1]'),
  [PacketType.PUBREL]: unknownReason('PUBREL', '[MQTT-3.6.2-1]'),
  [PacketType.PUBCOMP]: unknownReason('PUBCOMP', '[MQTT-3.7.2-1]'),
}

function unknownReason(packet: string, tag: string): DecodeFailure {
  return new DecodeFailure(ReasonCode.PROTOCOL_ERROR, `the ${packet} reason code is unknown`, tag)
}

/**
 * Decodes the body of PUBACK, PUBREC, PUBREL or PUBCOMP (§3.4 - 3.7) into `view`. Hot path:
 * allocates nothing, never throws.
 *
 *     packet identifier (uint16) [reason (byte) [properties]], MQTT 5
 */
export function decodeAck(
  bytes: Uint8Array,
  type: AckType,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  view: AckView,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): DecodeFailure | undefined {
  const length = bodyEnd - bodyStart
  if (length < 2) return TRUNCATED
  const packetId = (bytes[bodyStart]! << 8) | bytes[bodyStart + 1]! // In range: length checked.
  view.packetId = packetId
  view.reason = 0
  view.propsStart = bodyEnd
  view.propsEnd = bodyEnd
  if (packetId === 0) return ZERO_PACKET_ID // [MQTT-2.2.1-3]: no message has it.
  if (length === 2) return undefined
  if (version !== ProtocolVersion.V5) return TRAILING
  const reason = bytes[bodyStart + 2]! // In range: length is 3 or more.
  view.reason = reason
  // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
  if (reason !== 0 && !isReasonOf(type, reason)) return UNKNOWN_REASON[type]
  if (length === 3) return undefined
  return decodeAckSection(bytes, type, bodyStart + 3, bodyEnd, view, userPropertiesMax)
}

function decodeAckSection(
  bytes: Uint8Array,
  type: AckType,
  start: number,
  bodyEnd: number,
  view: AckView,
  userPropertiesMax: number,
): DecodeFailure | undefined {
  const length = readVarint(bytes, start, bodyEnd)
  if (length < 0) return BAD_VARINT
  view.propsStart = start + varintLength(length)
  view.propsEnd = view.propsStart + length
  if (view.propsEnd > bodyEnd) return TRUNCATED
  if (view.propsEnd < bodyEnd) return TRAILING
  return checkProperties(bytes, view.propsStart, bodyEnd, type, userPropertiesMax)
}

/** Properties of a decoded acknowledgement as a plain object. */
export function decodeAckProperties(bytes: Uint8Array, view: AckView): AckProperties {
  return buildProperties(bytes, view.propsStart, view.propsEnd)
}

/**
 * Writes PUBACK, PUBREC, PUBREL or PUBCOMP: without a reason when it is 0 and nothing follows,
 * without a property section when there are no properties. In 3.x only the packet identifier.
 * @param packetBytesMax the peer's maximum packet size; the user properties, then the reason
 *   string are left out when the packet would be larger [MQTT-3.4.2-2] [MQTT-3.4.2-3]
 *   [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]
 */
export function encodeAck(
  w: ByteWriter,
  type: AckType,
  version: ProtocolVersion,
  packetId: number,
  reason: number,
  reasonString?: string,
  userProperties?: readonly UserProperty[],
  packetBytesMax: number = Infinity,
): void {
  if (version === ProtocolVersion.V5) {
    if (reasonString !== undefined || (userProperties !== undefined && userProperties.length > 0)) {
      const props: Properties = {}
      if (reasonString !== undefined) props.reasonString = reasonString
      if (userProperties !== undefined) props.userProperties = [...userProperties]
      if (putAckWithProperties(w, type, packetId, reason, props, packetBytesMax)) return
    }
    if (reason !== 0) return putShortAck(w, type, packetId, reason)
  }
  w.ensure(4)
  const bytes = w.bytes
  const at = w.offset
  bytes[at] = firstByte(type)
  bytes[at + 1] = 2
  bytes[at + 2] = packetId >>> 8
  bytes[at + 3] = packetId
  w.offset = at + 4
}

function putShortAck(w: ByteWriter, type: AckType, packetId: number, reason: number): void {
  w.ensure(5)
  const bytes = w.bytes
  const at = w.offset
  bytes[at] = firstByte(type)
  bytes[at + 1] = 3
  bytes[at + 2] = packetId >>> 8
  bytes[at + 3] = packetId
  bytes[at + 4] = reason
  w.offset = at + 5
}

/** False, with nothing written, when no property fits. */
function putAckWithProperties(
  w: ByteWriter,
  type: AckType,
  packetId: number,
  reason: number,
  properties: Properties,
  packetBytesMax: number,
): boolean {
  const props = fitProperties(properties, (content) => {
    const body = 3 + propertySectionSize(content)
    return 1 + varintLength(body) + body <= packetBytesMax
  })
  const propsLength = propertiesLength(props)
  if (propsLength === 0) return false
  beginPacket(w, firstByte(type), 3 + propertySectionSize(propsLength))
  putUint16(w, packetId)
  w.bytes[w.offset++] = reason
  putProperties(w, props, propsLength)
  return true
}

function firstByte(type: AckType): number {
  return type === PacketType.PUBREL ? 0x62 : type << 4 // [MQTT-3.6.1-1]
}
