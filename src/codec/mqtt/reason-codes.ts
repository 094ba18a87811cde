import { PacketType } from './packet-type.ts'

/** Reason codes of MQTT 5 (§2.4), one name per value except the three meanings of 0x00. */
export const ReasonCode = {
  SUCCESS: 0x00,
  /** Same value as SUCCESS, as DISCONNECT calls it. */
  NORMAL_DISCONNECTION: 0x00,
  /** Same value as SUCCESS, as SUBACK calls it. */
  GRANTED_QOS_0: 0x00,
  GRANTED_QOS_1: 0x01,
  GRANTED_QOS_2: 0x02,
  DISCONNECT_WITH_WILL_MESSAGE: 0x04,
  NO_MATCHING_SUBSCRIBERS: 0x10,
  NO_SUBSCRIPTION_EXISTED: 0x11,
  CONTINUE_AUTHENTICATION: 0x18,
  RE_AUTHENTICATE: 0x19,
  UNSPECIFIED_ERROR: 0x80,
  MALFORMED_PACKET: 0x81,
  PROTOCOL_ERROR: 0x82,
  IMPLEMENTATION_SPECIFIC_ERROR: 0x83,
  UNSUPPORTED_PROTOCOL_VERSION: 0x84,
  CLIENT_IDENTIFIER_NOT_VALID: 0x85,
  BAD_USER_NAME_OR_PASSWORD: 0x86,
  NOT_AUTHORIZED: 0x87,
  SERVER_UNAVAILABLE: 0x88,
  SERVER_BUSY: 0x89,
  BANNED: 0x8a,
  SERVER_SHUTTING_DOWN: 0x8b,
  BAD_AUTHENTICATION_METHOD: 0x8c,
  KEEP_ALIVE_TIMEOUT: 0x8d,
  SESSION_TAKEN_OVER: 0x8e,
  TOPIC_FILTER_INVALID: 0x8f,
  TOPIC_NAME_INVALID: 0x90,
  PACKET_IDENTIFIER_IN_USE: 0x91,
  PACKET_IDENTIFIER_NOT_FOUND: 0x92,
  RECEIVE_MAXIMUM_EXCEEDED: 0x93,
  TOPIC_ALIAS_INVALID: 0x94,
  PACKET_TOO_LARGE: 0x95,
  MESSAGE_RATE_TOO_HIGH: 0x96,
  QUOTA_EXCEEDED: 0x97,
  ADMINISTRATIVE_ACTION: 0x98,
  PAYLOAD_FORMAT_INVALID: 0x99,
  RETAIN_NOT_SUPPORTED: 0x9a,
  QOS_NOT_SUPPORTED: 0x9b,
  USE_ANOTHER_SERVER: 0x9c,
  SERVER_MOVED: 0x9d,
  SHARED_SUBSCRIPTIONS_NOT_SUPPORTED: 0x9e,
  CONNECTION_RATE_EXCEEDED: 0x9f,
  MAXIMUM_CONNECT_TIME: 0xa0,
  SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED: 0xa1,
  WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED: 0xa2,
} as const
export type ReasonCode = (typeof ReasonCode)[keyof typeof ReasonCode]

const CONNACK = 1 << PacketType.CONNACK
const PUBACK = 1 << PacketType.PUBACK
const PUBREC = 1 << PacketType.PUBREC
const PUBREL = 1 << PacketType.PUBREL
const PUBCOMP = 1 << PacketType.PUBCOMP
const SUBACK = 1 << PacketType.SUBACK
const UNSUBACK = 1 << PacketType.UNSUBACK
const DISCONNECT = 1 << PacketType.DISCONNECT
const AUTH = 1 << PacketType.AUTH
const PUB = PUBACK | PUBREC
const REL = PUBREL | PUBCOMP
const SUB = SUBACK | UNSUBACK

/** Name of each code and the packets that may carry it (MQTT 5 §2.4, table 2-6). */
const REASONS: ReadonlyArray<readonly [code: ReasonCode, packets: number, name: string]> = [
  [0x00, CONNACK | PUB | REL | SUB | DISCONNECT | AUTH, 'Success'],
  [0x01, SUBACK, 'Granted QoS 1'],
  [0x02, SUBACK, 'Granted QoS 2'],
  [0x04, DISCONNECT, 'Disconnect with Will Message'],
  [0x10, PUB, 'No matching subscribers'],
  [0x11, UNSUBACK, 'No subscription existed'],
  [0x18, AUTH, 'Continue authentication'],
  [0x19, AUTH, 'Re-authenticate'],
  [0x80, CONNACK | PUB | SUB | DISCONNECT, 'Unspecified error'],
  [0x81, CONNACK | DISCONNECT, 'Malformed Packet'],
  [0x82, CONNACK | DISCONNECT, 'Protocol Error'],
  [0x83, CONNACK | PUB | SUB | DISCONNECT, 'Implementation specific error'],
  [0x84, CONNACK, 'Unsupported Protocol Version'],
  [0x85, CONNACK, 'Client Identifier not valid'],
  [0x86, CONNACK, 'Bad User Name or Password'],
  [0x87, CONNACK | PUB | SUB | DISCONNECT, 'Not authorized'],
  [0x88, CONNACK, 'Server unavailable'],
  [0x89, CONNACK | DISCONNECT, 'Server busy'],
  [0x8a, CONNACK, 'Banned'],
  [0x8b, DISCONNECT, 'Server shutting down'],
  [0x8c, CONNACK | DISCONNECT, 'Bad authentication method'],
  [0x8d, DISCONNECT, 'Keep Alive timeout'],
  [0x8e, DISCONNECT, 'Session taken over'],
  [0x8f, SUB | DISCONNECT, 'Topic Filter invalid'],
  [0x90, CONNACK | PUB | DISCONNECT, 'Topic Name invalid'],
  [0x91, PUB | SUB, 'Packet Identifier in use'],
  [0x92, REL, 'Packet Identifier not found'],
  [0x93, DISCONNECT, 'Receive Maximum exceeded'],
  [0x94, DISCONNECT, 'Topic Alias invalid'],
  [0x95, CONNACK | DISCONNECT, 'Packet too large'],
  [0x96, DISCONNECT, 'Message rate too high'],
  [0x97, CONNACK | PUB | SUBACK | DISCONNECT, 'Quota exceeded'],
  [0x98, DISCONNECT, 'Administrative action'],
  [0x99, CONNACK | PUB | DISCONNECT, 'Payload format invalid'],
  [0x9a, CONNACK | DISCONNECT, 'Retain not supported'],
  [0x9b, CONNACK | DISCONNECT, 'QoS not supported'],
  [0x9c, CONNACK | DISCONNECT, 'Use another server'],
  [0x9d, CONNACK | DISCONNECT, 'Server moved'],
  [0x9e, SUBACK | DISCONNECT, 'Shared Subscriptions not supported'],
  [0x9f, CONNACK | DISCONNECT, 'Connection rate exceeded'],
  [0xa0, DISCONNECT, 'Maximum connect time'],
  [0xa1, SUBACK | DISCONNECT, 'Subscription Identifiers not supported'],
  [0xa2, SUBACK | DISCONNECT, 'Wildcard Subscriptions not supported'],
]

const NAMES = new Map<number, string>(REASONS.map(([code, , name]) => [code, name]))

const PACKETS = new Uint16Array(256)
for (const [code, packets] of REASONS) PACKETS[code] = packets

/** Name of a reason code as the standard writes it; `Unknown reason 0x..` for the others. */
export function reasonName(code: number): string {
  return NAMES.get(code) ?? `Unknown reason 0x${code.toString(16).padStart(2, '0')}`
}

/** True when a packet of this type may carry this reason code. Hot path: one table look-up. */
export function isReasonOf(type: PacketType, code: number): boolean {
  return ((PACKETS[code] ?? 0) >> type) % 2 === 1
}

/** Codes of MQTT 5 that have a return code in a 3.1.1 CONNACK (table 3.1 there). */
const CONNACK_V3 = new Map<number, number>([
  [ReasonCode.SUCCESS, 0],
  [ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, 1],
  [ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, 2],
  [ReasonCode.SERVER_UNAVAILABLE, 3],
  [ReasonCode.BAD_USER_NAME_OR_PASSWORD, 4],
  [ReasonCode.NOT_AUTHORIZED, 5],
  // No code of their own; the nearest that tells the client whether trying again makes sense.
  [ReasonCode.UNSPECIFIED_ERROR, 3],
  [ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR, 3],
  [ReasonCode.SERVER_BUSY, 3],
  [ReasonCode.SERVER_SHUTTING_DOWN, 3],
  [ReasonCode.QUOTA_EXCEEDED, 3],
  [ReasonCode.USE_ANOTHER_SERVER, 3],
  [ReasonCode.SERVER_MOVED, 3],
  [ReasonCode.CONNECTION_RATE_EXCEEDED, 3],
  [ReasonCode.BANNED, 5],
  [ReasonCode.BAD_AUTHENTICATION_METHOD, 5],
])

/**
 * Return code 0..5 of a MQTT 3.1 / 3.1.1 CONNACK for an MQTT 5 reason, or -1: close the network
 * connection without a CONNACK, because no code applies [MQTT311-3.2.2-6] or the CONNECT itself
 * is broken [MQTT311-3.1.4-1].
 */
export function connackV3Code(reason: ReasonCode): number {
  return CONNACK_V3.get(reason) ?? -1
}

const REASON_OF_V3: readonly ReasonCode[] = [
  ReasonCode.SUCCESS,
  ReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
  ReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
  ReasonCode.SERVER_UNAVAILABLE,
  ReasonCode.BAD_USER_NAME_OR_PASSWORD,
  ReasonCode.NOT_AUTHORIZED,
]

/** Reason code of MQTT 5 for a return code of a 3.x CONNACK; undefined above 5 (reserved). */
export function reasonOfConnackV3(code: number): ReasonCode | undefined {
  return REASON_OF_V3[code]
}
