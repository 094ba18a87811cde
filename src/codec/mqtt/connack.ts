import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { ConnackProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import {
  fitProperties,
  propertiesLength,
  propertySectionSize,
  putProperties,
} from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { beginPacket } from './put.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode, connackV3Code, isReasonOf, reasonOfConnackV3 } from './reason-codes.ts'
import { varintLength } from './varint.ts'

export interface ConnackPacket {
  sessionPresent: boolean
  /** Return codes 1..5 of 3.1 and 3.1.1 are given as 0x84, 0x85, 0x88, 0x86 and 0x87. */
  reason: ReasonCode
  /** Empty before MQTT 5. */
  properties: ConnackProperties
}

const RESERVED_BITS = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'a reserved bit of the acknowledge flags is set',
  '[MQTT-3.2.2-1]',
)
const UNKNOWN_REASON = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the connect reason code is unknown',
  '[MQTT-3.2.2-8]',
)
const SESSION_IN_REFUSAL = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'Session Present is set in a refusal',
  '[MQTT-3.2.2-6]',
)

/**
 * Decodes the body of CONNACK (§3.2). Everything returned is a copy.
 *
 *     acknowledge flags (byte, bit 0: session present) reason (byte) [properties, MQTT 5]
 */
export function decodeConnack(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
): ConnackPacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  // In 3.1 this byte is reserved and carries nothing.
  const first = reader.uint8()
  const flags = version === ProtocolVersion.V31 ? 0 : first
  const code = reader.uint8()
  if (flags > 1) reader.fail(RESERVED_BITS) // [MQTT-3.2.2-1]
  const isV5 = version === ProtocolVersion.V5
  const reason = isV5 ? connectReason(code) : reasonOfConnackV3(code)
  if (reason === undefined) reader.fail(UNKNOWN_REASON) // [MQTT-3.2.2-8]
  if (flags === 1 && code !== 0) reader.fail(SESSION_IN_REFUSAL) // [MQTT-3.2.2-6]
  const properties: ConnackProperties = isV5
    ? readProperties(reader, PacketType.CONNACK, USER_PROPERTIES_MAX_DEFAULT)
    : {}
  return reader.finish() ?? { sessionPresent: flags === 1, reason: reason!, properties }
}

function connectReason(code: number): ReasonCode | undefined {
  // The table knows only values of ReasonCode.
  return isReasonOf(PacketType.CONNACK, code) ? (code as ReasonCode) : undefined
}

/**
 * Writes a CONNACK. `reason` is a code of MQTT 5 in all versions; Session Present goes out only
 * with success [MQTT-3.2.2-6].
 *
 * @param packetBytesMax what the client said it accepts: user properties, then the reason string
 *   are left out when the packet would be larger [MQTT-3.2.2-19] [MQTT-3.2.2-20]
 * @returns false, with nothing written, when the version is 3.x and `connackV3Code(reason)` is -1
 */
export function encodeConnack(
  w: ByteWriter,
  version: ProtocolVersion,
  sessionPresent: boolean,
  reason: ReasonCode,
  properties: ConnackProperties = {},
  packetBytesMax: number = Infinity,
): boolean {
  const present = sessionPresent && reason === ReasonCode.SUCCESS ? 1 : 0 // [MQTT-3.2.2-6]
  if (version !== ProtocolVersion.V5) {
    const code = connackV3Code(reason)
    if (code < 0) return false
    beginPacket(w, PacketType.CONNACK << 4, 2)
    w.bytes[w.offset++] = version === ProtocolVersion.V31 ? 0 : present
    w.bytes[w.offset++] = code
    return true
  }
  const props = fitProperties(properties, (content) => {
    const body = 2 + propertySectionSize(content)
    return 1 + varintLength(body) + body <= packetBytesMax
  })
  const propsLength = propertiesLength(props)
  beginPacket(w, PacketType.CONNACK << 4, 2 + propertySectionSize(propsLength))
  w.bytes[w.offset++] = present
  w.bytes[w.offset++] = reason
  putProperties(w, props, propsLength)
  return true
}
