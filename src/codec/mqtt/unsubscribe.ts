import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { Properties, UserProperty } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import { propertiesLength, propertySectionSize, putProperties } from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { beginPacket, putString, putUint16, stringSize } from './put.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode } from './reason-codes.ts'

export interface UnsubscribePacket {
  packetId: number
  userProperties: UserProperty[]
  /** At least one; UTF-8 checked, other rules of filters not. */
  filters: string[]
}

const NO_FILTER = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'UNSUBSCRIBE has no topic filter',
  '[MQTT-3.10.3-2]',
)

/**
 * Decodes the body of UNSUBSCRIBE (§3.10). Everything returned is a copy.
 *
 *     packet identifier (uint16) [properties, MQTT 5] then at least once: filter (string)
 */
export function decodeUnsubscribe(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): UnsubscribePacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const packetId = reader.packetId() // [MQTT-2.2.1-3]
  const properties: Properties =
    version === ProtocolVersion.V5
      ? readProperties(reader, PacketType.UNSUBSCRIBE, userPropertiesMax)
      : {}
  if (reader.left() === 0) reader.fail(NO_FILTER) // [MQTT-3.10.3-2]
  const filters: string[] = []
  while (reader.failure === undefined && reader.left() > 0) {
    filters.push(reader.text()) // [MQTT-3.10.3-1]
  }
  return reader.finish() ?? { packetId, userProperties: properties.userProperties ?? [], filters }
}

/** Writes a whole UNSUBSCRIBE packet, see the grammar at `decodeUnsubscribe`. */
export function encodeUnsubscribe(
  w: ByteWriter,
  version: ProtocolVersion,
  packet: UnsubscribePacket,
): void {
  const isV5 = version === ProtocolVersion.V5
  const props: Properties = { userProperties: packet.userProperties }
  const propsLength = isV5 ? propertiesLength(props) : 0
  let size = 2 + (isV5 ? propertySectionSize(propsLength) : 0)
  for (const filter of packet.filters) size += stringSize(filter)
  beginPacket(w, (PacketType.UNSUBSCRIBE << 4) | 2, size) // [MQTT-3.10.1-1]
  putUint16(w, packet.packetId)
  if (isV5) putProperties(w, props, propsLength)
  for (const filter of packet.filters) putString(w, filter)
}
