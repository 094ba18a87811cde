import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { AckProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import {
  fitProperties,
  propertiesLength,
  propertySectionSize,
  putProperties,
} from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { beginPacket, putUint16 } from './put.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode, isReasonOf } from './reason-codes.ts'
import { varintLength } from './varint.ts'

export interface SubackPacket {
  packetId: number
  /** One per filter of the SUBSCRIBE, in its order. */
  reasons: number[]
  /** Empty before MQTT 5. */
  properties: AckProperties
}

const UNKNOWN_REASON = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a subscribe reason code is unknown',
  '[MQTT-3.9.3-2]',
)
const UNKNOWN_REASON_V3 = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a subscribe return code is reserved',
  '[MQTT311-3.9.3-2]',
)
const NO_REASON = new DecodeFailure(ReasonCode.MALFORMED_PACKET, 'SUBACK has no reason code')

/**
 * Decodes the body of SUBACK (§3.9).
 *
 *     packet identifier (uint16) [properties, MQTT 5] reason (byte), one per filter
 */
export function decodeSuback(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
): SubackPacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const packetId = reader.packetId()
  const isV5 = version === ProtocolVersion.V5
  const properties: AckProperties = isV5
    ? readProperties(reader, PacketType.SUBACK, USER_PROPERTIES_MAX_DEFAULT)
    : {}
  if (reader.left() === 0) reader.fail(NO_REASON)
  const reasons: number[] = []
  while (reader.failure === undefined && reader.left() > 0) {
    const reason = reader.uint8()
    reasons.push(reason)
    if (isV5) {
      if (!isReasonOf(PacketType.SUBACK, reason)) reader.fail(UNKNOWN_REASON) // [MQTT-3.9.3-2]
    } else if (reason > 2 && reason !== ReasonCode.UNSPECIFIED_ERROR) {
      reader.fail(UNKNOWN_REASON_V3) // [MQTT311-3.9.3-2]
    }
  }
  return reader.finish() ?? { packetId, reasons, properties }
}

/**
 * Writes a SUBACK. In 3.x every reason of 0x80 and above becomes 0x80 [MQTT311-3.9.3-2].
 * @param packetBytesMax the client's maximum packet size; user properties, then the reason string
 *   are left out when the packet would be larger [MQTT-3.9.2-1] [MQTT-3.9.2-2]
 */
export function encodeSuback(
  w: ByteWriter,
  version: ProtocolVersion,
  packetId: number,
  reasons: readonly number[],
  properties: AckProperties = {},
  packetBytesMax: number = Infinity,
): void {
  putMultiAck(w, PacketType.SUBACK, version, packetId, reasons, properties, packetBytesMax)
}

/** Writes SUBACK or UNSUBACK: packet identifier, properties, reasons. */
export function putMultiAck(
  w: ByteWriter,
  type: typeof PacketType.SUBACK | typeof PacketType.UNSUBACK,
  version: ProtocolVersion,
  packetId: number,
  reasons: readonly number[],
  properties: AckProperties,
  packetBytesMax: number,
): void {
  const isV5 = version === ProtocolVersion.V5
  const props = fitProperties(isV5 ? properties : {}, (content) => {
    const body = 2 + propertySectionSize(content) + reasons.length
    return 1 + varintLength(body) + body <= packetBytesMax
  })
  const propsLength = propertiesLength(props)
  const sectionSize = isV5 ? propertySectionSize(propsLength) : 0
  beginPacket(w, type << 4, 2 + sectionSize + reasons.length)
  putUint16(w, packetId)
  if (isV5) putProperties(w, props, propsLength)
  for (const reason of reasons) {
    w.bytes[w.offset++] = isV5 || reason < ReasonCode.UNSPECIFIED_ERROR ? reason : 0x80
  }
}
