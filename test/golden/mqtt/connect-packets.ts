import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type Golden, bad, good, wordy } from './golden.ts'

const { V31, V311, V5 } = ProtocolVersion

function connect(version: ProtocolVersion, fields: Partial<ConnectPacket>): Packet {
  return {
    type: PacketType.CONNECT,
    protocolName: version === V31 ? 'MQIsdp' : 'MQTT',
    version,
    bridge: false,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientId: 'a',
    properties: {},
    ...fields,
  }
}

const GOOD_3: readonly Golden[] = [
  good(
    'CONNECT 3.1.1 with the least there is',
    V311,
    'client',
    `10 0D            # CONNECT, 13 bytes follow
     00 04 "MQTT" 04  # name, level 4
     02               # clean session
     00 3C            # keep alive 60 s
     00 01 "a"        # client identifier`,
    connect(V311, {}),
  ),
  good(
    '[MQTT-3.1.2-17] [MQTT-3.1.2-19] CONNECT 3.1.1 with user name and password',
    V311,
    'client',
    `10 1B 00 04 "MQTT" 04
     C2               # user name, password, clean session
     00 3C 00 01 "a"
     00 04 "user"     # user name
     00 06 "secret"   # password`,
    connect(V311, { username: 'user', password: Buffer.from('secret') }),
  ),
  good(
    '[MQTT-3.1.2-9] [MQTT-3.1.3-1] CONNECT 3.1.1 with a retained will of QoS 1',
    V311,
    'client',
    `10 @ s"MQTT" 04
     2E               # will retain, will QoS 1, will, clean session
     00 3C s"a"
     s"w/t"           # will topic
     s"bye"           # will message`,
    connect(V311, {
      will: { topic: 'w/t', payload: Buffer.from('bye'), qos: 1, retain: true, properties: {} },
    }),
  ),
  good(
    '[MQTT-3.1.3-1] CONNECT 3.1.1 with will of QoS 2, user name and password in this order',
    V311,
    'client',
    '10 @ s"MQTT" 04 D6 00 3C s"a" s"w" 00 00 s"u" s"p"',
    connect(V311, {
      username: 'u',
      password: Buffer.from('p'),
      will: { topic: 'w', payload: Buffer.alloc(0), qos: 2, retain: false, properties: {} },
    }),
  ),
  good(
    'CONNECT 3.1.1 with an empty user name and an empty password',
    V311,
    'client',
    '10 @ s"MQTT" 04 C2 00 3C s"a" 00 00 00 00',
    connect(V311, { username: '', password: Buffer.alloc(0) }),
  ),
  good(
    'CONNECT 3.1.1 with an empty client identifier and clean session',
    V311,
    'client',
    '10 0C 00 04 "MQTT" 04 02 00 3C 00 00',
    connect(V311, { clientId: '' }),
  ),
  good(
    'CONNECT 3.1.1 that keeps its session',
    V311,
    'client',
    '10 @ s"MQTT" 04 00 FF FF s"a"',
    connect(V311, { cleanStart: false, keepAliveSeconds: 65_535 }),
  ),
  good(
    'CONNECT 3.1.1 of a bridge',
    V311,
    'client',
    '10 @ s"MQTT" 84 02 00 00 s"a"',
    connect(V311, { bridge: true, keepAliveSeconds: 0 }),
  ),
  good(
    'CONNECT 3.1 with the least there is',
    V31,
    'client',
    '10 0F 00 06 "MQIsdp" 03 02 00 3C 00 01 "a"',
    connect(V31, {}),
  ),
  good(
    'CONNECT 3.1 of a bridge',
    V31,
    'client',
    '10 @ s"MQIsdp" 83 02 00 3C s"a"',
    connect(V31, { bridge: true }),
  ),
  good(
    'CONNECT 3.1 with a client identifier of 24 characters, which the codec leaves to the caller',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 02 00 3C s"abcdefghijklmnopqrstuvwx"',
    connect(V31, { clientId: 'abcdefghijklmnopqrstuvwx' }),
  ),
  wordy(
    'CONNECT 3.1 announces a user name and a password that do not come',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 C2 00 3C s"a"',
    connect(V31, {}),
  ),
  wordy(
    'CONNECT 3.1 announces a password that does not come',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 C2 00 3C s"a" s"u"',
    connect(V31, { username: 'u' }),
  ),
  wordy(
    'CONNECT 3.1 with the unused flag set',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 03 00 3C s"a"',
    connect(V31, {}),
  ),
  wordy(
    'CONNECT 3.1 with will bits that mean nothing without a will',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 3A 00 3C s"a"',
    connect(V31, {}),
  ),
  good(
    '[MQTT-1.5.4-3] a byte order mark is a character of the client identifier',
    V311,
    'client',
    '10 @ s"MQTT" 04 02 00 3C 00 04 EF BB BF 61',
    connect(V311, { clientId: '\uFEFFa' }),
  ),
  good(
    '[MQTT-3.1.3-4] a client identifier of two, three and four byte characters',
    V311,
    'client',
    `10 @ s"MQTT" 04 02 00 3C
     00 09            # é U+00E9, 工 U+5DE5, 😀 U+1F600
     C3 A9 E5 B7 A5 F0 9F 98 80`,
    connect(V311, { clientId: 'é工😀' }),
  ),
  good(
    'CONNECT 3.1.1 at both edges of the surrogates and at the end of Unicode',
    V311,
    'client',
    '10 @ s"MQTT" 04 02 00 3C 00 0A ED 9F BF EE 80 80 F4 8F BF BF',
    connect(V311, { clientId: '\uD7FF\uE000\u{10FFFF}' }),
  ),
]

const GOOD_5: readonly Golden[] = [
  good(
    '[MQTT-2.2.2-1] CONNECT 5 with the least there is',
    V5,
    'client',
    `10 0D 00 04 "MQTT" 05 02 00 3C
     00               # no properties
     00 00            # empty client identifier`,
    connect(V5, { clientId: '' }),
  ),
  good(
    'CONNECT 5 with an empty client identifier and no clean start',
    V5,
    'client',
    '10 0D 00 04 "MQTT" 05 00 00 3C 00 00 00',
    connect(V5, { clientId: '', cleanStart: false }),
  ),
  good(
    'CONNECT 5 with a password and no user name',
    V5,
    'client',
    '10 @ s"MQTT" 05 42 00 3C 00 s"a" s"p"',
    connect(V5, { password: Buffer.from('p') }),
  ),
  good(
    'CONNECT 5 of a bridge',
    V5,
    'client',
    '10 @ s"MQTT" 85 02 00 3C 00 s"a"',
    connect(V5, { bridge: true }),
  ),
  good(
    'CONNECT 5 with every property',
    V5,
    'client',
    `10 @ s"MQTT" 05 02 00 3C <
       11 FF FF FF FF # session expiry: never
       21 00 0A       # receive maximum 10
       27 00 01 00 00 # maximum packet size 65536
       22 00 05       # topic alias maximum 5
       19 01          # request response information
       17 00          # no request of problem information
       26 s"k" s"v" 26 s"k" s"w" 26 00 00 00 00
       15 s"SCRAM"    # authentication method
       16 00 02 00 FF # authentication data
     > s"a"`,
    connect(V5, {
      properties: {
        sessionExpiryIntervalSeconds: 0xffff_ffff,
        receiveMaximum: 10,
        maximumPacketSizeBytes: 65_536,
        topicAliasMaximum: 5,
        requestResponseInformation: true,
        requestProblemInformation: false,
        userProperties: [
          ['k', 'v'],
          ['k', 'w'],
          ['', ''],
        ],
        authenticationMethod: 'SCRAM',
        authenticationData: Buffer.from([0, 255]),
      },
    }),
  ),
  good(
    '[MQTT-3.1.2-9] CONNECT 5 with every will property',
    V5,
    'client',
    `10 @ s"MQTT" 05 0E 00 3C 00 s"a" <
       18 00 00 00 05 # will delay 5 s
       01 01          # payload is UTF-8
       02 00 00 00 3C # expires after 60 s
       03 s"text"     # content type
       08 s"re/ply"   # response topic
       09 00 01 FF    # correlation data
       26 s"k" s"v"
     > s"w" s"bye"`,
    connect(V5, {
      will: {
        topic: 'w',
        payload: Buffer.from('bye'),
        qos: 1,
        retain: false,
        properties: {
          willDelayIntervalSeconds: 5,
          payloadFormatIndicator: 1,
          messageExpiryIntervalSeconds: 60,
          contentType: 'text',
          responseTopic: 're/ply',
          correlationData: Buffer.from([255]),
          userProperties: [['k', 'v']],
        },
      },
    }),
  ),
  good(
    'CONNECT 5 with a topic alias maximum of 0 and properties of zero length',
    V5,
    'client',
    '10 @ s"MQTT" 05 02 00 3C <22 00 00 15 00 00 16 00 00> s"a"',
    connect(V5, {
      properties: {
        topicAliasMaximum: 0,
        authenticationMethod: '',
        authenticationData: Buffer.alloc(0),
      },
    }),
  ),
]

const BAD_HEADER: readonly Golden[] = [
  bad('[MQTT-2.1.3-1] CONNECT with a flag in the fixed header', V311, 'client', '11 00', 0x81),
  bad(
    '[MQTT-3.1.2-1] unknown protocol name',
    V311,
    'client',
    '10 @ s"MQTX" 04 02 00 3C s"a"',
    0x84,
  ),
  bad(
    '[MQTT-3.1.2-1] protocol name in lower case',
    V311,
    'client',
    '10 @ s"mqtt" 04 02 00 3C s"a"',
    0x84,
  ),
  bad('[MQTT-3.1.2-1] empty protocol name', V311, 'client', '10 @ 00 00 04 02 00 3C s"a"', 0x84),
  bad(
    '[MQTT-3.1.2-1] protocol name longer than the packet',
    V311,
    'client',
    '10 02 FF FF',
    0x84,
    'neither',
  ),
  bad('protocol name cut off', V311, 'client', '10 04 00 04 "MQ"', 0x81, 'ends inside'),
  bad('CONNECT without a level', V311, 'client', '10 06 00 04 "MQTT"', 0x81, 'ends inside'),
  bad('CONNECT without a body', V311, 'client', '10 00', 0x81, 'ends inside'),
  bad('[MQTT-3.1.2-2] MQTT level 3', V311, 'client', '10 @ s"MQTT" 03 02 00 3C s"a"', 0x84),
  bad('[MQTT-3.1.2-2] MQTT level 6', V311, 'client', '10 @ s"MQTT" 06 02 00 3C 00 s"a"', 0x84),
  bad('[MQTT-3.1.2-2] MQIsdp level 4', V311, 'client', '10 @ s"MQIsdp" 04 02 00 3C s"a"', 0x84),
  bad('[MQTT-3.1.2-2] level 0 of a bridge', V311, 'client', '10 @ s"MQTT" 80 02 00 3C s"a"', 0x84),
  bad('[MQTT-3.1.2-3] reserved flag, 3.1.1', V311, 'client', '10 @ s"MQTT" 04 03 00 3C s"a"', 0x81),
  bad('[MQTT-3.1.2-3] reserved flag, 5', V5, 'client', '10 @ s"MQTT" 05 03 00 3C 00 s"a"', 0x81),
  bad(
    '[MQTT-3.1.2-11] [MQTT311-3.1.2-11] will QoS without a will',
    V311,
    'client',
    '10 @ s"MQTT" 04 0A 00 3C s"a"',
    0x81,
  ),
  bad(
    '[MQTT-3.1.2-13] will retain without a will',
    V5,
    'client',
    '10 @ s"MQTT" 05 22 00 3C 00 s"a"',
    0x81,
  ),
  bad(
    '[MQTT-3.1.2-12] will QoS 3',
    V311,
    'client',
    '10 @ s"MQTT" 04 1E 00 3C s"a" s"w" s"m"',
    0x81,
  ),
  bad(
    '[MQTT-3.1.2-12] will QoS 3 in 3.1',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 1E 00 3C s"a" s"w" s"m"',
    0x81,
  ),
  bad(
    '[MQTT311-3.1.2-22] password without a user name, 3.1.1',
    V311,
    'client',
    '10 @ s"MQTT" 04 42 00 3C s"a" s"p"',
    0x81,
  ),
  bad(
    '[MQTT311-3.1.2-22] password without a user name, 3.1',
    V31,
    'client',
    '10 @ s"MQIsdp" 03 42 00 3C s"a" s"p"',
    0x81,
  ),
  bad(
    '[MQTT311-3.1.3-7] [MQTT311-3.1.3-8] empty client identifier without clean session',
    V311,
    'client',
    '10 @ s"MQTT" 04 00 00 3C 00 00',
    0x85,
  ),
]

/**
 * CONNECT of all versions; see also connect-payload- and
 * connect-property-packets.ts.
 */
export const CONNECT_PACKETS: readonly Golden[] = [...GOOD_3, ...GOOD_5, ...BAD_HEADER]
