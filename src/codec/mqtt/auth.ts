import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { AuthProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import { putReasonPacket } from './property-encode.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode, isReasonOf } from './reason-codes.ts'

export interface AuthPacket {
  /** 0x00, 0x18 or 0x19. */
  reason: number
  /** Empty only when the whole body is left out, which means success. */
  properties: AuthProperties
}

const UNKNOWN_REASON = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the authenticate reason code is unknown',
  '[MQTT-3.15.2-1]',
)
const METHOD_MISSING = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'Authentication Method is missing',
)

/**
 * Decodes the body of AUTH (§3.15, MQTT 5 only). Everything returned is a copy.
 *
 *     [reason (byte) properties]; an empty body is success without properties
 */
export function decodeAuth(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): AuthPacket | DecodeFailure {
  const packet: AuthPacket = { reason: 0, properties: {} }
  if (bodyStart === bodyEnd) return packet
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  packet.reason = reader.uint8()
  if (!isReasonOf(PacketType.AUTH, packet.reason)) reader.fail(UNKNOWN_REASON) // [MQTT-3.15.2-1]
  packet.properties = readProperties(reader, PacketType.AUTH, userPropertiesMax)
  if (packet.properties.authenticationMethod === undefined) {
    reader.fail(METHOD_MISSING) // §3.15.2.2.2
  }
  return reader.finish() ?? packet
}

/**
 * Writes an AUTH.
 * @param packetBytesMax the peer's maximum packet size; user properties, then the reason string
 *   are left out when the packet would be larger [MQTT-3.15.2-2] [MQTT-3.15.2-3]
 */
export function encodeAuth(
  w: ByteWriter,
  reason: number,
  properties: AuthProperties,
  packetBytesMax: number = Infinity,
): void {
  putReasonPacket(w, PacketType.AUTH << 4, reason, properties, packetBytesMax)
}
