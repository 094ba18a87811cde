import type { ConnackPacket } from '#codec/mqtt/connack.ts'
import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type Golden, bad, good, wordy } from './golden.ts'

const { V31, V311, V5 } = ProtocolVersion
const { PINGREQ, PINGRESP, DISCONNECT, AUTH } = PacketType

function connack(fields: Partial<ConnackPacket>): Packet {
  return { type: PacketType.CONNACK, sessionPresent: false, reason: 0, properties: {}, ...fields }
}

const CONNACK: readonly Golden[] = [
  good('CONNACK 3.1.1 accepts', V311, 'server', '20 02 00 00', connack({})),
  good(
    'CONNACK 3.1.1 with a session',
    V311,
    'server',
    '20 02 01 00',
    connack({ sessionPresent: true }),
  ),
  good('return code 1', V311, 'server', '20 02 00 01', connack({ reason: 0x84 })),
  good('return code 2', V311, 'server', '20 02 00 02', connack({ reason: 0x85 })),
  good('return code 3', V311, 'server', '20 02 00 03', connack({ reason: 0x88 })),
  good('return code 4', V311, 'server', '20 02 00 04', connack({ reason: 0x86 })),
  good('return code 5', V311, 'server', '20 02 00 05', connack({ reason: 0x87 })),
  good('CONNACK 3.1 accepts', V31, 'server', '20 02 00 00', connack({})),
  wordy('the reserved byte of CONNACK 3.1 says nothing', V31, 'server', '20 02 FF 00', connack({})),
  good('[MQTT-2.2.2-1] CONNACK 5 accepts', V5, 'server', '20 03 00 00 00', connack({})),
  good(
    'CONNACK 5 with every property',
    V5,
    'server',
    `20 @ 01 00 <
       11 00 00 00 0A # session expiry
       21 00 14       # receive maximum
       24 01          # maximum QoS
       25 00          # no retain
       27 00 00 10 00 # maximum packet size
       12 s"id-1"     # assigned client identifier
       22 00 0A       # topic alias maximum
       1F s"hello"    # reason string
       26 s"k" s"v"   # user property
       28 01          # wildcard subscriptions
       29 00          # no subscription identifiers
       2A 01          # shared subscriptions
       13 00 1E       # server keep alive
       1A s"resp"     # response information
       1C s"other"    # server reference
       15 s"M"        # authentication method
       16 00 01 FF    # authentication data
     >`,
    connack({
      sessionPresent: true,
      properties: {
        sessionExpiryIntervalSeconds: 10,
        receiveMaximum: 20,
        maximumQos: 1,
        retainAvailable: false,
        maximumPacketSizeBytes: 4096,
        assignedClientIdentifier: 'id-1',
        topicAliasMaximum: 10,
        reasonString: 'hello',
        userProperties: [['k', 'v']],
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: true,
        serverKeepAliveSeconds: 30,
        responseInformation: 'resp',
        serverReference: 'other',
        authenticationMethod: 'M',
        authenticationData: Buffer.from([255]),
      },
    }),
  ),
  good(
    '[MQTT-3.2.2-8] CONNACK 5 refuses with a reason string',
    V5,
    'server',
    '20 @ 00 8A <1F s"no">',
    connack({ reason: 0x8a, properties: { reasonString: 'no' } }),
  ),
  bad('[MQTT-2.1.3-1] CONNACK with a flag', V311, 'server', '21 02 00 00', 0x81),
  bad('[MQTT-3.2.2-1] reserved acknowledge flag, 3.1.1', V311, 'server', '20 02 02 00', 0x81),
  bad('[MQTT-3.2.2-1] reserved acknowledge flag, 5', V5, 'server', '20 03 80 00 00', 0x81),
  bad('[MQTT-3.2.2-6] session in a refusal, 5', V5, 'server', '20 03 01 87 00', 0x82),
  bad('[MQTT-3.2.2-6] [MQTT311-3.2.2-4] session in a refusal', V311, 'server', '20 02 01 05', 0x82),
  bad('[MQTT-3.2.2-8] return code 6', V311, 'server', '20 02 00 06', 0x82),
  bad('[MQTT-3.2.2-8] reason of SUBACK', V5, 'server', '20 03 00 01 00', 0x82),
  bad('CONNACK of one byte', V311, 'server', '20 01 00', 0x81, 'ends inside'),
  bad('CONNACK 3.1.1 of three bytes', V311, 'server', '20 03 00 00 00', 0x81, 'longer than'),
  bad('CONNACK 5 without properties', V5, 'server', '20 02 00 00', 0x81, 'Variable Byte'),
  bad('bytes after CONNACK 5', V5, 'server', '20 04 00 00 00 00', 0x81, 'longer than'),
  bad('maximum QoS 2', V5, 'server', '20 @ 00 00 <24 02>', 0x82, 'Maximum QoS has'),
  bad('retain available 2', V5, 'server', '20 @ 00 00 <25 02>', 0x82, 'Retain Available has'),
  bad('wildcards available 2', V5, 'server', '20 @ 00 00 <28 02>', 0x82, 'Wildcard'),
  bad('identifiers available 2', V5, 'server', '20 @ 00 00 <29 FF>', 0x82, 'Identifier Available'),
  bad('shared available 2', V5, 'server', '20 @ 00 00 <2A 02>', 0x82, 'Shared'),
  bad('receive maximum 0', V5, 'server', '20 @ 00 00 <21 00 00>', 0x82, 'Receive Maximum has'),
  bad('maximum QoS twice', V5, 'server', '20 @ 00 00 <24 01 24 01>', 0x82, 'twice'),
  bad('will delay in CONNACK', V5, 'server', '20 @ 00 00 <18 00 00 00 00>', 0x81, 'no place'),
]

const PING: readonly Golden[] = [
  good('PINGREQ 3.1', V31, 'client', 'C0 00', { type: PINGREQ }),
  good('PINGREQ 3.1.1', V311, 'client', 'C0 00', { type: PINGREQ }),
  good('PINGREQ 5', V5, 'client', 'C0 00', { type: PINGREQ }),
  good('PINGRESP 3.1.1', V311, 'server', 'D0 00', { type: PINGRESP }),
  good('PINGRESP 5', V5, 'server', 'D0 00', { type: PINGRESP }),
  wordy('length padded to two bytes, 3.1.1', V311, 'client', 'C0 80 00', { type: PINGREQ }),
  wordy('length padded to four bytes, 3.1.1', V311, 'client', 'C0 80 80 80 00', { type: PINGREQ }),
  bad('[MQTT-1.5.5-1] length padded to two bytes, 5', V5, 'client', 'C0 80 00', 0x81),
  bad('length of five bytes', V311, 'client', 'C0 80 80 80 80 00', 0x81),
  bad('[MQTT-2.1.3-1] PINGREQ with a flag', V311, 'client', 'C1 00', 0x81),
  bad('[MQTT-2.1.3-1] PINGRESP with a flag', V5, 'server', 'D8 00', 0x81),
  bad('PINGREQ with a body', V311, 'client', 'C0 01 00', 0x81, 'longer than'),
  bad('PINGRESP with a body', V5, 'server', 'D0 01 00', 0x81, 'longer than'),
  bad('[MQTT-2.1.3-1] packet type 0', V311, 'client', '00 00', 0x81),
  bad('[MQTT-2.1.3-1] packet type 0 with flags', V5, 'client', '0F 00', 0x81),
]

const DISCONNECTS: readonly Golden[] = [
  good('DISCONNECT 3.1.1', V311, 'client', 'E0 00', {
    type: DISCONNECT,
    reason: 0,
    properties: {},
  }),
  good('DISCONNECT 3.1', V31, 'client', 'E0 00', { type: DISCONNECT, reason: 0, properties: {} }),
  good('DISCONNECT 5', V5, 'client', 'E0 00', { type: DISCONNECT, reason: 0, properties: {} }),
  good('DISCONNECT 5 that wants the will', V5, 'client', 'E0 01 04', {
    type: DISCONNECT,
    reason: 4,
    properties: {},
  }),
  good('[MQTT-3.14.2-1] DISCONNECT 5 of a server', V5, 'server', 'E0 01 8E', {
    type: DISCONNECT,
    reason: 0x8e,
    properties: {},
  }),
  good('DISCONNECT 5 with a new session expiry', V5, 'client', 'E0 @ 00 <11 00 00 00 3C>', {
    type: DISCONNECT,
    reason: 0,
    properties: { sessionExpiryIntervalSeconds: 60 },
  }),
  good(
    'DISCONNECT 5 that sends to another server',
    V5,
    'server',
    'E0 @ 9D <1F s"moved" 26 s"k" s"v" 1C s"b:1883">',
    {
      type: DISCONNECT,
      reason: 0x9d,
      properties: {
        reasonString: 'moved',
        userProperties: [['k', 'v']],
        serverReference: 'b:1883',
      },
    },
  ),
  wordy('DISCONNECT 5 with reason 0', V5, 'client', 'E0 01 00', {
    type: DISCONNECT,
    reason: 0,
    properties: {},
  }),
  wordy('DISCONNECT 5 with no properties', V5, 'client', 'E0 02 81 00', {
    type: DISCONNECT,
    reason: 0x81,
    properties: {},
  }),
  bad('[MQTT-3.14.1-1] DISCONNECT with a flag', V311, 'client', 'E1 00', 0x81),
  bad('[MQTT-3.14.1-1] DISCONNECT with a flag, 5', V5, 'client', 'E2 00', 0x81),
  bad('DISCONNECT 3.1.1 with a body', V311, 'client', 'E0 01 00', 0x81, 'longer than'),
  bad('[MQTT-3.14.2-1] reason of CONNACK', V5, 'client', 'E0 01 84', 0x82),
  bad('[MQTT-3.14.2-1] reason 0x01', V5, 'client', 'E0 01 01', 0x82),
  bad('[MQTT-3.14.2-2] expiry from a server', V5, 'server', 'E0 @ 00 <11 00 00 00 01>', 0x82),
  bad(
    'session expiry twice',
    V5,
    'client',
    'E0 @ 00 <11 00 00 00 01 11 00 00 00 01>',
    0x82,
    'twice',
  ),
  bad('properties cut off', V5, 'client', 'E0 03 00 05 11', 0x81, 'ends inside'),
  bad('bytes after the properties', V5, 'client', 'E0 03 00 00 00', 0x81, 'longer than'),
  bad('receive maximum in DISCONNECT', V5, 'client', 'E0 @ 00 <21 00 01>', 0x81, 'no place'),
]

const AUTHS: readonly Golden[] = [
  good('AUTH without a body', V5, 'server', 'F0 00', { type: AUTH, reason: 0, properties: {} }),
  good('[MQTT-3.15.2-1] AUTH goes on', V5, 'server', 'F0 @ 18 <15 s"M" 16 00 02 01 02>', {
    type: AUTH,
    reason: 0x18,
    properties: { authenticationMethod: 'M', authenticationData: Buffer.from([1, 2]) },
  }),
  good('AUTH begins again', V5, 'client', 'F0 @ 19 <15 s"M" 1F s"r" 26 s"k" s"v">', {
    type: AUTH,
    reason: 0x19,
    properties: { authenticationMethod: 'M', reasonString: 'r', userProperties: [['k', 'v']] },
  }),
  good('AUTH succeeds with a method', V5, 'server', 'F0 @ 00 <15 s"M">', {
    type: AUTH,
    reason: 0,
    properties: { authenticationMethod: 'M' },
  }),
  bad('[MQTT-3.15.1-1] AUTH with a flag', V5, 'client', 'F1 00', 0x81),
  bad('[MQTT-2.1.3-1] AUTH in 3.1.1', V311, 'client', 'F0 00', 0x81),
  bad('[MQTT-2.1.3-1] AUTH in 3.1', V31, 'client', 'F0 00', 0x81),
  bad('[MQTT-3.15.2-1] AUTH with a reason of DISCONNECT', V5, 'client', 'F0 @ 81 <15 s"M">', 0x82),
  bad('AUTH without properties', V5, 'client', 'F0 01 18', 0x81, 'Variable Byte Integer'),
  bad('AUTH without a method', V5, 'client', 'F0 02 18 00', 0x82, 'Method is missing'),
  bad('AUTH with the method twice', V5, 'client', 'F0 @ 18 <15 s"M" 15 s"M">', 0x82, 'twice'),
  bad('AUTH data twice', V5, 'client', 'F0 @ 18 <15 s"M" 16 00 00 16 00 00>', 0x82, 'twice'),
  bad('topic alias in AUTH', V5, 'client', 'F0 @ 18 <15 s"M" 23 00 01>', 0x81, 'no place'),
  bad('bytes after AUTH', V5, 'client', 'F0 @ 18 <15 s"M"> 00', 0x81, 'longer than'),
]

/** CONNACK, PINGREQ, PINGRESP, DISCONNECT, AUTH, and fixed headers that no packet has. */
export const CONTROL_PACKETS: readonly Golden[] = [...CONNACK, ...PING, ...DISCONNECTS, ...AUTHS]
