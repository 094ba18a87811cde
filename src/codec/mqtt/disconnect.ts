import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { DisconnectProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import { putReasonPacket } from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { beginPacket } from './put.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode, isReasonOf } from './reason-codes.ts'

export interface DisconnectPacket {
  /** 0 before MQTT 5 and when left out. */
  reason: number
  /** Empty before MQTT 5. */
  properties: DisconnectProperties
}

const UNKNOWN_REASON = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the disconnect reason code is unknown',
  '[MQTT-3.14.2-1]',
)
const EXPIRY_FROM_SERVER = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a server must not send a Session Expiry Interval in DISCONNECT',
  '[MQTT-3.14.2-2]',
)

/**
 * Decodes the body of DISCONNECT (§3.14). Everything returned is a copy.
 *
 *     [reason (byte) [properties]], MQTT 5; nothing before
 *
 * @param fromServer the packet comes from a server (client, bridge): no session expiry then
 *   [MQTT-3.14.2-2]
 */
export function decodeDisconnect(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  fromServer: boolean = false,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): DisconnectPacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const packet: DisconnectPacket = { reason: 0, properties: {} }
  if (version === ProtocolVersion.V5 && reader.left() > 0) {
    packet.reason = reader.uint8()
    if (!isReasonOf(PacketType.DISCONNECT, packet.reason)) reader.fail(UNKNOWN_REASON)
    if (reader.left() > 0) {
      packet.properties = readProperties(reader, PacketType.DISCONNECT, userPropertiesMax)
    }
    if (fromServer && packet.properties.sessionExpiryIntervalSeconds !== undefined) {
      reader.fail(EXPIRY_FROM_SERVER) // [MQTT-3.14.2-2]
    }
  }
  return reader.finish() ?? packet
}

/**
 * Writes a DISCONNECT. In 3.x only a client sends one, and it has no body.
 * @param packetBytesMax the peer's maximum packet size; user properties, then the reason string
 *   are left out when the packet would be larger [MQTT-3.14.2-3] [MQTT-3.14.2-4]
 */
export function encodeDisconnect(
  w: ByteWriter,
  version: ProtocolVersion,
  reason: number,
  properties: DisconnectProperties = {},
  packetBytesMax: number = Infinity,
): void {
  if (version === ProtocolVersion.V5) {
    putReasonPacket(w, PacketType.DISCONNECT << 4, reason, properties, packetBytesMax)
  } else {
    beginPacket(w, PacketType.DISCONNECT << 4, 0)
  }
}
