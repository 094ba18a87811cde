import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { AckProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode, isReasonOf } from './reason-codes.ts'
import { putMultiAck } from './suback.ts'

export interface UnsubackPacket {
  packetId: number
  /** One per filter of the UNSUBSCRIBE, in its order; empty before MQTT 5. */
  reasons: number[]
  /** Empty before MQTT 5. */
  properties: AckProperties
}

const UNKNOWN_REASON = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'an unsubscribe reason code is unknown',
  '[MQTT-3.11.3-2]',
)
const NO_REASON = new DecodeFailure(ReasonCode.MALFORMED_PACKET, 'UNSUBACK has no reason code')

/**
 * Decodes the body of UNSUBACK (§3.11).
 *
 *     packet identifier (uint16) [properties, reason (byte) one per filter; MQTT 5]
 */
export function decodeUnsuback(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
): UnsubackPacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const packetId = reader.packetId()
  const reasons: number[] = []
  if (version !== ProtocolVersion.V5) {
    return reader.finish() ?? { packetId, reasons, properties: {} }
  }
  const properties: AckProperties = readProperties(
    reader,
    PacketType.UNSUBACK,
    USER_PROPERTIES_MAX_DEFAULT,
  )
  if (reader.left() === 0) reader.fail(NO_REASON)
  while (reader.failure === undefined && reader.left() > 0) {
    const reason = reader.uint8()
    reasons.push(reason)
    if (!isReasonOf(PacketType.UNSUBACK, reason)) reader.fail(UNKNOWN_REASON) // [MQTT-3.11.3-2]
  }
  return reader.finish() ?? { packetId, reasons, properties }
}

/**
 * Writes an UNSUBACK; 3.x has no reasons on the wire.
 * @param packetBytesMax the client's maximum packet size; user properties, then the reason string
 *   are left out when the packet would be larger [MQTT-3.11.2-1] [MQTT-3.11.2-2]
 */
export function encodeUnsuback(
  w: ByteWriter,
  version: ProtocolVersion,
  packetId: number,
  reasons: readonly number[],
  properties: AckProperties = {},
  packetBytesMax: number = Infinity,
): void {
  const sent = version === ProtocolVersion.V5 ? reasons : []
  putMultiAck(w, PacketType.UNSUBACK, version, packetId, sent, properties, packetBytesMax)
}
