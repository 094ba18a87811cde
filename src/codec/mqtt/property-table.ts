import { PacketType } from './packet-type.ts'
import type { Properties } from './properties.ts'

/** How the value of a property lies on the wire (MQTT 5 §2.2.2.2). */
export const PropertyType = {
  BYTE: 1,
  BOOLEAN: 2,
  UINT16: 3,
  UINT32: 4,
  VARINT: 5,
  TEXT: 6,
  BINARY: 7,
  PAIR: 8,
} as const
export type PropertyType = (typeof PropertyType)[keyof typeof PropertyType]

/** One row of the table. */
export interface PropertySpec {
  id: number
  /** As the standard calls it. */
  title: string
  /** Field of `Properties`. */
  field: keyof Properties
  type: PropertyType
  /** Bits `1 << PacketType` of the packets that may have it; bit 0 is the will. */
  packets: number
  /** Bits of the packets that may have it more than once. */
  repeatable: number
  /** Smallest and largest legal value of a number. */
  min: number
  max: number
}

/** Bit of the will properties in `PropertySpec.packets`; no packet has type 0. */
export const WILL_CONTEXT = 0

const WILL = 1 << WILL_CONTEXT
const CONNECT = 1 << PacketType.CONNECT
const CONNACK = 1 << PacketType.CONNACK
const PUBLISH = 1 << PacketType.PUBLISH
const SUBSCRIBE = 1 << PacketType.SUBSCRIBE
const UNSUBSCRIBE = 1 << PacketType.UNSUBSCRIBE
const DISCONNECT = 1 << PacketType.DISCONNECT
const AUTH = 1 << PacketType.AUTH
const ACKS =
  (1 << PacketType.PUBACK) |
  (1 << PacketType.PUBREC) |
  (1 << PacketType.PUBREL) |
  (1 << PacketType.PUBCOMP) |
  (1 << PacketType.SUBACK) |
  (1 << PacketType.UNSUBACK)
const MESSAGE = PUBLISH | WILL
const REASONED = CONNACK | ACKS | DISCONNECT | AUTH
const EVERYWHERE = MESSAGE | CONNECT | REASONED | SUBSCRIBE | UNSUBSCRIBE

const { BYTE, BOOLEAN, UINT16, UINT32, VARINT, TEXT, BINARY, PAIR } = PropertyType
const U16 = 0xffff
const U32 = 0xffff_ffff
const VAR = 268_435_455

type Row = readonly [
  id: number,
  title: string,
  field: keyof Properties,
  type: PropertyType,
  packets: number,
  min?: number,
  max?: number,
]

const ROWS: readonly Row[] = [
  [0x01, 'Payload Format Indicator', 'payloadFormatIndicator', BYTE, MESSAGE, 0, 1],
  [0x02, 'Message Expiry Interval', 'messageExpiryIntervalSeconds', UINT32, MESSAGE, 0, U32],
  [0x03, 'Content Type', 'contentType', TEXT, MESSAGE],
  [0x08, 'Response Topic', 'responseTopic', TEXT, MESSAGE],
  [0x09, 'Correlation Data', 'correlationData', BINARY, MESSAGE],
  [0x0b, 'Subscription Identifier', 'subscriptionIdentifiers', VARINT, PUBLISH | SUBSCRIBE, 1, VAR],
  [
    0x11,
    'Session Expiry Interval',
    'sessionExpiryIntervalSeconds',
    UINT32,
    CONNECT | CONNACK | DISCONNECT,
    0,
    U32,
  ],
  [0x12, 'Assigned Client Identifier', 'assignedClientIdentifier', TEXT, CONNACK],
  [0x13, 'Server Keep Alive', 'serverKeepAliveSeconds', UINT16, CONNACK, 0, U16],
  [0x15, 'Authentication Method', 'authenticationMethod', TEXT, CONNECT | CONNACK | AUTH],
  [0x16, 'Authentication Data', 'authenticationData', BINARY, CONNECT | CONNACK | AUTH],
  [0x17, 'Request Problem Information', 'requestProblemInformation', BOOLEAN, CONNECT, 0, 1],
  [0x18, 'Will Delay Interval', 'willDelayIntervalSeconds', UINT32, WILL, 0, U32],
  [0x19, 'Request Response Information', 'requestResponseInformation', BOOLEAN, CONNECT, 0, 1],
  [0x1a, 'Response Information', 'responseInformation', TEXT, CONNACK],
  [0x1c, 'Server Reference', 'serverReference', TEXT, CONNACK | DISCONNECT],
  [0x1f, 'Reason String', 'reasonString', TEXT, REASONED],
  [0x21, 'Receive Maximum', 'receiveMaximum', UINT16, CONNECT | CONNACK, 1, U16],
  [0x22, 'Topic Alias Maximum', 'topicAliasMaximum', UINT16, CONNECT | CONNACK, 0, U16],
  [0x23, 'Topic Alias', 'topicAlias', UINT16, PUBLISH, 1, U16],
  [0x24, 'Maximum QoS', 'maximumQos', BYTE, CONNACK, 0, 1],
  [0x25, 'Retain Available', 'retainAvailable', BOOLEAN, CONNACK, 0, 1],
  [0x26, 'User Property', 'userProperties', PAIR, EVERYWHERE],
  [0x27, 'Maximum Packet Size', 'maximumPacketSizeBytes', UINT32, CONNECT | CONNACK, 1, U32],
  [
    0x28,
    'Wildcard Subscription Available',
    'wildcardSubscriptionAvailable',
    BOOLEAN,
    CONNACK,
    0,
    1,
  ],
  [
    0x29,
    'Subscription Identifier Available',
    'subscriptionIdentifiersAvailable',
    BOOLEAN,
    CONNACK,
    0,
    1,
  ],
  [0x2a, 'Shared Subscription Available', 'sharedSubscriptionAvailable', BOOLEAN, CONNACK, 0, 1],
]

function specOf([id, title, field, type, packets, min = 0, max = 0]: Row): PropertySpec {
  const repeatable = type === PAIR ? packets : type === VARINT ? PUBLISH : 0
  return { id, title, field, type, packets, repeatable, min, max }
}

/** All properties of MQTT 5. */
export const PROPERTY_SPECS: readonly PropertySpec[] = ROWS.map(specOf)

/** One more than the largest identifier. */
export const PROPERTY_IDS = 0x2b

/** Rows by identifier. */
export const SPEC_OF_ID: ReadonlyArray<PropertySpec | undefined> = Array.from(
  { length: PROPERTY_IDS },
  (_, id) => PROPERTY_SPECS.find((spec) => spec.id === id),
)
