import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { ConnectProperties, WillProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { readProperties } from './property-decode.ts'
import { propertiesLength, propertySectionSize, putProperties } from './property-encode.ts'
import { WILL_CONTEXT } from './property-table.ts'
import { ProtocolVersion } from './protocol-version.ts'
import { beginPacket, binarySize, putBinary, putString, putUint16, stringSize } from './put.ts'
import { PacketReader } from './reader.ts'
import { ReasonCode } from './reason-codes.ts'
import { validateTopicNameText } from './topic.ts'

export interface Will {
  topic: string
  payload: Buffer
  qos: 0 | 1 | 2
  retain: boolean
  /** Empty before MQTT 5. */
  properties: WillProperties
}

export interface ConnectPacket {
  /** `MQIsdp` (3.1) or `MQTT`. */
  protocolName: string
  version: ProtocolVersion
  /** Bit 0x80 of the protocol level: the peer is a broker that bridges (a Mosquitto habit). */
  bridge: boolean
  /** Clean Session before MQTT 5. */
  cleanStart: boolean
  /** 0: no keep alive. */
  keepAliveSeconds: number
  /** May be empty. */
  clientId: string
  username?: string
  password?: Buffer
  will?: Will
  /** Empty before MQTT 5. */
  properties: ConnectProperties
}

const { MALFORMED_PACKET, PROTOCOL_ERROR } = ReasonCode

const UNKNOWN_PROTOCOL = new DecodeFailure(
  ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
  'the protocol name is neither MQTT nor MQIsdp',
  '[MQTT-3.1.2-1]',
)
const UNKNOWN_LEVEL = new DecodeFailure(
  ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
  'the protocol level is unknown',
  '[MQTT-3.1.2-2]',
)
const RESERVED_FLAG = new DecodeFailure(
  MALFORMED_PACKET,
  'the reserved connect flag is set',
  '[MQTT-3.1.2-3]',
)
const WILL_QOS_WITHOUT_WILL = new DecodeFailure(
  MALFORMED_PACKET,
  'a will QoS is given without a will',
  '[MQTT-3.1.2-11]',
)
const WILL_RETAIN_WITHOUT_WILL = new DecodeFailure(
  MALFORMED_PACKET,
  'will retain is set without a will',
  '[MQTT-3.1.2-13]',
)
const WILL_QOS_3 = new DecodeFailure(MALFORMED_PACKET, 'the will QoS is 3', '[MQTT-3.1.2-12]')
const PASSWORD_ALONE = new DecodeFailure(
  MALFORMED_PACKET,
  'a password is given without a user name',
  '[MQTT311-3.1.2-22]',
)
const EMPTY_CLIENT_ID = new DecodeFailure(
  ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
  'the client identifier is empty and Clean Session is 0',
  '[MQTT311-3.1.3-8]',
)
const AUTH_DATA_ALONE = new DecodeFailure(
  PROTOCOL_ERROR,
  'Authentication Data is there without Authentication Method',
)

const CLEAN_START = 0x02
const WILL = 0x04
const WILL_RETAIN = 0x20
const PASSWORD = 0x40
const USERNAME = 0x80

/** Bit of the protocol level that bridges set. */
const BRIDGE = 0x80

const NAME_V31 = [0x4d, 0x51, 0x49, 0x73, 0x64, 0x70] // MQIsdp
const NAME = [0x4d, 0x51, 0x54, 0x54] // MQTT

/**
 * Version that the CONNECT body at `bodyStart` speaks, or 0 when name or level is unknown. For a
 * caller whose `decodeConnect` failed and who must know in which version to answer.
 */
export function connectVersion(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
): ProtocolVersion | 0 {
  return readVersion(new PacketReader(bytes, bodyStart, bodyEnd))
}

/**
 * Version in which to answer a CONNECT that `decodeConnect` refused. An unknown name or level
 * gets the form that its level hints at: MQTT 5 from level 5 on, else 3.1.1.
 */
export function answerVersion(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
): ProtocolVersion {
  const version = connectVersion(bytes, bodyStart, bodyEnd)
  if (version !== 0) return version
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const nameLength = reader.uint16()
  reader.at = Math.min(bodyEnd, reader.at + nameLength)
  const level = reader.uint8() & ~BRIDGE
  return level >= ProtocolVersion.V5 ? ProtocolVersion.V5 : ProtocolVersion.V311
}

/** Reads protocol name and level; 0 with the failure in the reader. Leaves it after the level. */
function readVersion(reader: PacketReader): ProtocolVersion | 0 {
  const length = reader.uint16()
  const isV31 = length === NAME_V31.length
  const name = isV31 ? NAME_V31 : NAME
  let same = length === name.length
  for (let i = 0; i < length && same; i++) same = reader.uint8() === name[i]
  if (!same) {
    reader.fail(UNKNOWN_PROTOCOL) // [MQTT-3.1.2-1] [MQTT311-3.1.2-1]
    return 0
  }
  const level = reader.uint8()
  const version = level & ~BRIDGE
  if (reader.failure !== undefined) return 0
  if (isV31 && version === ProtocolVersion.V31) return version
  if (!isV31 && (version === ProtocolVersion.V311 || version === ProtocolVersion.V5)) return version
  reader.fail(UNKNOWN_LEVEL) // [MQTT-3.1.2-2] [MQTT311-3.1.2-2]
  return 0
}

/**
 * Decodes the body of CONNECT (MQTT 5 §3.1, MQTT 3.1.1 §3.1, MQTT 3.1 §3.1).
 *
 *     name (string) level (byte) flags (byte) keep alive (uint16) [properties, MQTT 5]
 *     client id (string)
 *     [will flag: [will properties, MQTT 5] will topic (string) will payload (binary)]
 *     [user name flag: user name (string)] [password flag: password (binary)]
 *
 * Everything returned is a copy. Unknown protocol name or level gives 0x84; the caller decides
 * what the wire gets. In 3.1.1 an empty client id without Clean Session gives 0x85. The length of
 * a 3.1 client id (1..23) and UTF-8 of a will payload that claims it are the caller's to check.
 */
export function decodeConnect(
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): ConnectPacket | DecodeFailure {
  const reader = new PacketReader(bytes, bodyStart, bodyEnd)
  const version = readVersion(reader)
  if (version === 0) return reader.failure ?? UNKNOWN_PROTOCOL
  const bridge = (bytes[reader.at - 1]! & BRIDGE) !== 0 // The level was read just before.
  const flags = reader.uint8()
  const keepAliveSeconds = reader.uint16()
  const flagsFailure = checkFlags(flags, version)
  if (flagsFailure !== undefined) reader.fail(flagsFailure)
  const isV5 = version === ProtocolVersion.V5
  const properties: ConnectProperties = isV5
    ? readProperties(reader, PacketType.CONNECT, userPropertiesMax)
    : {}
  if (properties.authenticationData && properties.authenticationMethod === undefined) {
    reader.fail(AUTH_DATA_ALONE) // MQTT 5 §3.1.2.11.10
  }
  const clientId = reader.text() // [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.3-4]
  const cleanStart = (flags & CLEAN_START) !== 0
  const packet: ConnectPacket = {
    protocolName: version === ProtocolVersion.V31 ? 'MQIsdp' : 'MQTT',
    version,
    bridge,
    cleanStart,
    keepAliveSeconds,
    clientId,
    properties,
  }
  if (clientId === '' && !cleanStart && version === ProtocolVersion.V311) {
    reader.fail(EMPTY_CLIENT_ID) // [MQTT311-3.1.3-7] [MQTT311-3.1.3-8]
  }
  if ((flags & WILL) !== 0) packet.will = readWill(reader, flags, isV5, userPropertiesMax)
  // 3.1 lets the length decide: a client may set a flag and leave the field out.
  const mayLack = version === ProtocolVersion.V31
  if ((flags & USERNAME) !== 0 && !(mayLack && reader.left() === 0)) {
    packet.username = reader.text() // [MQTT-3.1.2-17] [MQTT-3.1.3-12]
  }
  if ((flags & PASSWORD) !== 0 && !(mayLack && reader.left() === 0)) {
    packet.password = reader.binary() // [MQTT-3.1.2-19]
  }
  return reader.finish() ?? packet // Left-over fields: [MQTT-3.1.2-16] [MQTT-3.1.2-18]
}

function checkFlags(flags: number, version: ProtocolVersion): DecodeFailure | undefined {
  if ((flags & WILL) !== 0) {
    if (willQos(flags) === 3) return WILL_QOS_3 // [MQTT-3.1.2-12]
  } else if (version !== ProtocolVersion.V31) {
    // [MQTT311-3.1.2-11]
    if (willQos(flags) !== 0) return WILL_QOS_WITHOUT_WILL // [MQTT-3.1.2-11]
    if ((flags & WILL_RETAIN) !== 0) return WILL_RETAIN_WITHOUT_WILL // [MQTT-3.1.2-13]
  }
  if (version !== ProtocolVersion.V31 && (flags & 1) !== 0) return RESERVED_FLAG // [MQTT-3.1.2-3]
  if (version !== ProtocolVersion.V5 && (flags & PASSWORD) !== 0 && (flags & USERNAME) === 0) {
    return PASSWORD_ALONE // [MQTT311-3.1.2-22]; MQTT 5 allows it.
  }
  return undefined
}

function willQos(flags: number): number {
  return (flags >> 3) & 3
}

/** Reads the will fields, which the will flag announces [MQTT-3.1.2-9]. */
function readWill(
  reader: PacketReader,
  flags: number,
  isV5: boolean,
  userPropertiesMax: number,
): Will {
  const properties: WillProperties = isV5
    ? readProperties(reader, WILL_CONTEXT, userPropertiesMax)
    : {}
  const topic = reader.text() // [MQTT-3.1.3-11]
  const payload = reader.binary()
  if (reader.failure === undefined) {
    const failure = validateTopicNameText(topic) // [MQTT-4.7.0-1] [MQTT-4.7.3-1]
    if (failure !== undefined) reader.fail(failure)
  }
  // `checkFlags` has refused 3.
  const qos = willQos(flags) as 0 | 1 | 2
  return { topic, payload, qos, retain: (flags & WILL_RETAIN) !== 0, properties }
}

/** Writes a whole CONNECT packet, see the grammar at `decodeConnect`. */
export function encodeConnect(w: ByteWriter, packet: ConnectPacket): void {
  const { protocolName, version, properties, clientId, will, username, password } = packet
  const isV5 = version === ProtocolVersion.V5
  const propsLength = isV5 ? propertiesLength(properties) : 0
  const willPropsLength = isV5 && will ? propertiesLength(will.properties) : 0
  let size = stringSize(protocolName) + 4 + stringSize(clientId)
  if (isV5) size += propertySectionSize(propsLength)
  if (will !== undefined) {
    size += stringSize(will.topic) + binarySize(will.payload)
    if (isV5) size += propertySectionSize(willPropsLength)
  }
  if (username !== undefined) size += stringSize(username)
  if (password !== undefined) size += binarySize(password)

  beginPacket(w, PacketType.CONNECT << 4, size)
  putString(w, protocolName)
  w.bytes[w.offset++] = version | (packet.bridge ? BRIDGE : 0)
  w.bytes[w.offset++] = connectFlags(packet)
  putUint16(w, packet.keepAliveSeconds)
  if (isV5) putProperties(w, properties, propsLength)
  putString(w, clientId)
  if (will !== undefined) {
    if (isV5) putProperties(w, will.properties, willPropsLength)
    putString(w, will.topic)
    putBinary(w, will.payload)
  }
  if (username !== undefined) putString(w, username)
  if (password !== undefined) putBinary(w, password)
}

function connectFlags({ cleanStart, will, username, password }: ConnectPacket): number {
  let flags = cleanStart ? CLEAN_START : 0
  if (will !== undefined) flags |= WILL | (will.qos << 3) | (will.retain ? WILL_RETAIN : 0)
  if (username !== undefined) flags |= USERNAME
  if (password !== undefined) flags |= PASSWORD
  return flags
}
