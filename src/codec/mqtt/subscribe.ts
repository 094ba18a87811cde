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
import { isSharedFilter } from './topic.ts'

export interface SubscribeFilter {
  /** UTF-8 checked, rules for wildcards and `$share` not: see topic.ts. */
  filter: string
  qos: 0 | 1 | 2
  /** The next three are false, false and 0 before MQTT 5. */
  noLocal: boolean
  retainAsPublished: boolean
  /** 0 send retained, 1 only if the subscription is new, 2 never. */
  retainHandling: 0 | 1 | 2
}

export interface SubscribePacket {
  packetId: number
  /** 1..268_435_455 */
  subscriptionIdentifier?: number
  userProperties: UserProperty[]
  /** At least one. */
  filters: SubscribeFilter[]
}

const NO_FILTER = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'SUBSCRIBE has no topic filter',
  '[MQTT-3.8.3-2]',
)
const RESERVED_BITS = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'a reserved bit of the subscription options is set',
  '[MQTT-3.8.3-5]',
)
const QOS_3 = new DecodeFailure(ReasonCode.PROTOCOL_ERROR, 'the requested QoS is 3')
const QOS_3_V3 = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'the requested QoS is 3',
  '[MQTT311-3.8.3-4]',
)
const RETAIN_HANDLING_3 = new DecodeFailure(ReasonCode.PROTOCOL_ERROR, 'Retain Handling is 3')
const SHARED_NO_LOCAL = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'No Local is set on a shared subscription',
  '[MQTT-3.8.3-4]',
)

/**
 * Decodes the body of SUBSCRIBE (§3.8). Everything returned is a copy.
 *
 *     packet identifier (uint16) [properties, MQTT 5] then at least once:
 *     filter (string) options (byte: QoS in bits 0-1; MQTT 5: no local bit 2, retain as
 *     published bit 3, retain handling bits 4-5)
 *
 * Filters are checked for UTF-8 only, so that the caller can answer each bad one with 0x8F in
 * SUBACK: `validateTopicFilterText` in topic.ts.
 */
export function decodeSubscribe(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): SubscribePacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const packetId = reader.packetId() // [MQTT-2.2.1-3]
  const properties: Properties =
    version === ProtocolVersion.V5
      ? readProperties(reader, PacketType.SUBSCRIBE, userPropertiesMax)
      : {}
  const filters: SubscribeFilter[] = []
  if (reader.left() === 0) reader.fail(NO_FILTER) // [MQTT-3.8.3-2]
  while (reader.failure === undefined && reader.left() > 0) {
    const filter = reader.text() // [MQTT-3.8.3-1]
    const options = reader.uint8()
    const failure = checkOptions(filter, options, version)
    if (failure !== undefined) reader.fail(failure)
    // `checkOptions` has refused 3 for both; 3.1 and 3.1.1 have zeros in the other bits.
    const qos = (options & 3) as 0 | 1 | 2
    const isV5 = version === ProtocolVersion.V5
    filters.push({
      filter,
      qos,
      noLocal: isV5 && (options & 4) !== 0,
      retainAsPublished: isV5 && (options & 8) !== 0,
      retainHandling: isV5 ? (((options >> 4) & 3) as 0 | 1 | 2) : 0,
    })
  }
  const failure = reader.finish()
  if (failure !== undefined) return failure
  const packet: SubscribePacket = {
    packetId,
    userProperties: properties.userProperties ?? [],
    filters,
  }
  const subscriptionIdentifier = properties.subscriptionIdentifiers?.[0]
  if (subscriptionIdentifier !== undefined) packet.subscriptionIdentifier = subscriptionIdentifier
  return packet
}

function checkOptions(
  filter: string,
  options: number,
  version: ProtocolVersion,
): DecodeFailure | undefined {
  const qos = options & 3
  if (version === ProtocolVersion.V31) return qos === 3 ? QOS_3_V3 : undefined
  if (version === ProtocolVersion.V311) {
    if (options > 3) return RESERVED_BITS // [MQTT311-3.8.3-4]
    return qos === 3 ? QOS_3_V3 : undefined // [MQTT311-3.8.3-4]
  }
  if (options > 0x3f) return RESERVED_BITS // [MQTT-3.8.3-5]
  if (qos === 3) return QOS_3
  if (options >> 4 === 3) return RETAIN_HANDLING_3
  if ((options & 4) !== 0 && isSharedFilter(filter)) return SHARED_NO_LOCAL // [MQTT-3.8.3-4]
  return undefined
}

/** Writes a whole SUBSCRIBE packet, see the grammar at `decodeSubscribe`. */
export function encodeSubscribe(
  w: ByteWriter,
  version: ProtocolVersion,
  packet: SubscribePacket,
): void {
  const isV5 = version === ProtocolVersion.V5
  const { subscriptionIdentifier, userProperties } = packet
  const props: Properties = { userProperties }
  if (subscriptionIdentifier !== undefined) props.subscriptionIdentifiers = [subscriptionIdentifier]
  const propsLength = isV5 ? propertiesLength(props) : 0
  let size = 2 + (isV5 ? propertySectionSize(propsLength) : 0)
  for (const { filter } of packet.filters) size += stringSize(filter) + 1
  beginPacket(w, (PacketType.SUBSCRIBE << 4) | 2, size) // [MQTT-3.8.1-1]
  putUint16(w, packet.packetId)
  if (isV5) putProperties(w, props, propsLength)
  for (const { filter, qos, noLocal, retainAsPublished, retainHandling } of packet.filters) {
    putString(w, filter)
    const options = (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4)
    w.bytes[w.offset++] = isV5 ? qos | options : qos
  }
}
