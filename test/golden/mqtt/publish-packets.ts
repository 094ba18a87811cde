import type { Packet, PublishPacket } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type Golden, bad, good } from './golden.ts'

const { V31, V311, V5 } = ProtocolVersion

function publish(fields: Partial<PublishPacket>): Packet {
  return {
    type: PacketType.PUBLISH,
    topic: 'a/b',
    qos: 0,
    dup: false,
    retain: false,
    packetId: 0,
    payload: Buffer.from('hi'),
    properties: {},
    ...fields,
  }
}

const GOOD: readonly Golden[] = [
  good(
    '[MQTT-2.2.1-2] PUBLISH 3.1.1 of QoS 0 has no packet identifier',
    V311,
    'client',
    `30 07            # PUBLISH, 7 bytes follow
     00 03 "a/b"      # topic
     "hi"             # payload`,
    publish({}),
  ),
  good(
    '[MQTT-2.2.1-3] PUBLISH 3.1.1 of QoS 1',
    V311,
    'client',
    `32 09            # QoS 1
     00 03 "a/b" 01 02 # packet identifier 258
     "hi"`,
    publish({ qos: 1, packetId: 258 }),
  ),
  good(
    'PUBLISH 3.1.1 of QoS 2, repeated and retained',
    V311,
    'client',
    '3D 09 00 03 "a/b" FF FF "hi"',
    publish({ qos: 2, dup: true, retain: true, packetId: 65_535 }),
  ),
  good(
    'PUBLISH 3.1.1 without a payload',
    V311,
    'client',
    '31 05 00 03 "a/b"',
    publish({ retain: true, payload: Buffer.alloc(0) }),
  ),
  good('PUBLISH 3.1', V31, 'client', '34 @ s"a/b" 00 01 "hi"', publish({ qos: 2, packetId: 1 })),
  good('topic of one slash', V311, 'client', '30 @ s"/" "hi"', publish({ topic: '/' })),
  good('topic with blanks', V311, 'client', '30 @ s" a b " "hi"', publish({ topic: ' a b ' })),
  good('topic of the broker', V311, 'server', '30 @ s"$SYS/x" "hi"', publish({ topic: '$SYS/x' })),
  good(
    '[MQTT-3.3.2-1] topic of several scripts',
    V311,
    'client',
    '30 @ s"厂/é/😀" "hi"',
    publish({ topic: '厂/é/😀' }),
  ),
  good(
    '[MQTT-1.5.4-3] topic that begins with U+FEFF',
    V5,
    'client',
    '30 @ 00 04 EF BB BF 61 00 "hi"',
    publish({ topic: '\uFEFFa' }),
  ),
  good(
    'payload of all bytes',
    V311,
    'client',
    '30 @ s"a/b" 00 01 7F 80 FE FF',
    publish({ payload: Buffer.from([0, 1, 127, 128, 254, 255]) }),
  ),
  good(
    'PUBLISH 3.1.1 with a remaining length of two bytes',
    V311,
    'client',
    `30 85 01 s"a/b" "${'x'.repeat(128)}"`,
    publish({ payload: Buffer.alloc(128, 'x') }),
  ),
  good(
    '[MQTT-2.2.2-1] PUBLISH 5 without properties',
    V5,
    'client',
    '30 @ s"a/b" 00 "hi"',
    publish({}),
  ),
  good(
    'PUBLISH 5 of QoS 1 with every property',
    V5,
    'client',
    `32 @ s"a/b" 00 07 <
       01 01          # payload is UTF-8
       02 00 00 0E 10 # expires after 3600 s
       23 00 05       # topic alias
       08 s"r/t"      # response topic
       09 00 02 00 FF # correlation data
       26 s"k" s"v"   # user property
       26 s"k" s"v"
       03 s"json"     # content type
     > "hi"`,
    publish({
      qos: 1,
      packetId: 7,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryIntervalSeconds: 3600,
        topicAlias: 5,
        responseTopic: 'r/t',
        correlationData: Buffer.from([0, 255]),
        userProperties: [
          ['k', 'v'],
          ['k', 'v'],
        ],
        contentType: 'json',
      },
    }),
  ),
  good(
    'empty topic with an alias',
    V5,
    'client',
    '30 @ 00 00 <23 FF FF> "hi"',
    publish({ topic: '', properties: { topicAlias: 65_535 } }),
  ),
  good(
    'message expiry above 31 bits',
    V5,
    'client',
    '30 @ s"a/b" <02 FF FF FF FF> "hi"',
    publish({ properties: { messageExpiryIntervalSeconds: 0xffff_ffff } }),
  ),
  good(
    'message expiry of 0',
    V5,
    'client',
    '30 @ s"a/b" <02 00 00 00 00> "hi"',
    publish({ properties: { messageExpiryIntervalSeconds: 0 } }),
  ),
  good(
    'a server sends several subscription identifiers',
    V5,
    'server',
    `30 @ s"a/b" <
       0B 01          # 1
       0B 80 01       # 128
       0B FF FF FF 7F # 268435455
     > "hi"`,
    publish({ properties: { subscriptionIdentifiers: [1, 128, 268_435_455] } }),
  ),
  good(
    'PUBLISH 5 without a payload, with empty strings in properties',
    V5,
    'client',
    '31 @ s"a/b" <03 00 00 09 00 00 26 00 00 00 00>',
    publish({
      retain: true,
      payload: Buffer.alloc(0),
      properties: { contentType: '', correlationData: Buffer.alloc(0), userProperties: [['', '']] },
    }),
  ),
  good(
    'payload that says it is UTF-8 and has U+0000',
    V5,
    'client',
    '30 @ s"a/b" <01 01> 61 00 62',
    publish({ payload: Buffer.from('a\0b'), properties: { payloadFormatIndicator: 1 } }),
  ),
  good(
    'payload of unspecified bytes',
    V5,
    'client',
    '30 @ s"a/b" <01 00> FF',
    publish({ payload: Buffer.from([255]), properties: { payloadFormatIndicator: 0 } }),
  ),
]

const BAD: readonly Golden[] = [
  bad('[MQTT-3.3.1-4] QoS 3', V311, 'client', '36 @ s"a" 00 01', 0x81),
  bad('[MQTT-3.3.1-4] QoS 3, repeated and retained', V5, 'client', '3F @ s"a" 00 01 00', 0x81),
  bad('[MQTT-3.3.1-2] DUP with QoS 0', V311, 'client', '38 @ s"a"', 0x81),
  bad('[MQTT-2.2.1-3] [MQTT311-2.3.1-1] identifier 0', V311, 'client', '32 @ s"a" 00 00', 0x82),
  bad('[MQTT-2.2.1-3] [MQTT-2.2.1-4] identifier 0', V5, 'server', '32 @ s"a" 00 00 00', 0x82),
  bad('[MQTT-2.2.1-3] packet identifier 0, 5', V5, 'client', '34 @ s"a" 00 00 00', 0x82),
  bad('[MQTT-4.7.3-1] empty topic, 3.1.1', V311, 'client', '30 @ 00 00 "hi"', 0x90),
  bad('[MQTT-4.7.3-1] empty topic, 3.1', V31, 'client', '30 02 00 00', 0x90),
  bad('[MQTT-4.7.3-1] empty topic without an alias', V5, 'client', '30 @ 00 00 00 "hi"', 0x82),
  bad('[MQTT-3.3.2-2] + in the topic', V311, 'client', '30 @ s"a/+" "hi"', 0x90),
  bad('[MQTT-3.3.2-2] # in the topic', V5, 'client', '30 @ s"#" 00 "hi"', 0x90),
  bad('[MQTT-3.3.2-2] + inside a level', V31, 'client', '30 @ s"a+b" "hi"', 0x90),
  bad(
    '[MQTT-1.5.4-2] [MQTT-4.7.3-2] U+0000 in the topic',
    V311,
    'client',
    '30 @ 00 02 61 00',
    0x81,
  ),
  bad('[MQTT-1.5.4-1] [MQTT-3.3.2-1] ill-formed topic', V5, 'client', '30 @ 00 01 FF 00', 0x81),
  bad('[MQTT-1.5.4-1] surrogate in the topic', V311, 'client', '30 @ 00 03 ED BF BF', 0x81),
  bad('topic longer than the packet', V311, 'client', '30 03 00 02 61', 0x81, 'ends inside'),
  bad('PUBLISH without a body', V311, 'client', '30 00', 0x81, 'ends inside'),
  bad('half a topic length', V311, 'client', '30 01 00', 0x81, 'ends inside'),
  bad('no packet identifier', V311, 'client', '32 @ s"a"', 0x81, 'ends inside'),
  bad('half a packet identifier', V311, 'client', '32 @ s"a" 00', 0x81, 'ends inside'),
  bad('no property length', V5, 'client', '30 @ s"a"', 0x81, 'Variable Byte Integer'),
  bad('properties longer than the packet', V5, 'client', '30 @ s"a" 05 01 01', 0x81, 'ends inside'),
  bad('[MQTT-1.5.5-1] padded property length', V5, 'client', '30 @ s"a" 82 00 01 01', 0x81),
]

/** PUBLISH 5 with these properties. */
function refused(name: string, notation: string, reason: number, detail: string = ''): Golden {
  return bad(name, V5, 'client', `30 @ s"a" <${notation}> "hi"`, reason, detail)
}

function refusedByClient(name: string, notation: string, reason: number, detail = ''): Golden {
  return bad(name, V5, 'server', `30 @ s"a" <${notation}> "hi"`, reason, detail)
}

const BAD_PROPERTIES: readonly Golden[] = [
  refused('[MQTT-3.3.2-8] topic alias 0', '23 00 00', 0x94),
  refused('topic alias twice', '23 00 01 23 00 01', 0x82, 'Topic Alias is there twice'),
  refused('topic alias cut off', '23 00', 0x81, 'ends inside'),
  refused('[MQTT-3.3.4-6] subscription identifier from a client', '0B 01', 0x82),
  refusedByClient('subscription identifier 0', '0B 00', 0x82, 'out of its range'),
  refusedByClient('[MQTT-1.5.5-1] padded subscription identifier', '0B 81 00', 0x81),
  refusedByClient('[MQTT-1.5.5-1] subscription identifier cut off', '0B 80', 0x81),
  refused('payload format 2', '01 02', 0x82, 'Payload Format Indicator has'),
  refused('payload format twice', '01 00 01 00', 0x82, 'twice'),
  refused('payload format cut off', '01', 0x81, 'ends inside'),
  refused('message expiry twice', '02 00 00 00 01 02 00 00 00 02', 0x82, 'twice'),
  refused('message expiry cut off', '02 00 00 00', 0x81, 'ends inside'),
  refused('content type twice', '03 s"x" 03 s"x"', 0x82, 'Content Type is there twice'),
  refused('[MQTT-1.5.4-2] U+0000 in the content type', '03 00 01 00', 0x81),
  refused('[MQTT-1.5.4-1] [MQTT-3.3.2-19] ill-formed content type', '03 00 01 C3', 0x81),
  refused('response topic twice', '08 s"r" 08 s"r"', 0x82, 'Response Topic is there twice'),
  refused('[MQTT-3.3.2-14] # in the response topic', '08 s"r/#"', 0x82),
  refused('[MQTT-3.3.2-14] + in the response topic', '08 s"+"', 0x82),
  refused('[MQTT-4.7.3-1] empty response topic', '08 00 00', 0x82),
  refused('[MQTT-1.5.4-1] [MQTT-3.3.2-13] ill-formed response topic', '08 00 01 80', 0x81),
  refused('response topic cut off', '08 00 05 61', 0x81, 'ends inside'),
  refused('correlation data twice', '09 00 00 09 00 00', 0x82, 'Correlation Data is there twice'),
  refused('correlation data cut off', '09 00 02 00', 0x81, 'ends inside'),
  refused('user property without a name', '26', 0x81, 'ends inside'),
  refused('user property without a value', '26 s"k"', 0x81, 'ends inside'),
  refused(
    '[MQTT-1.5.4-1] [MQTT-1.5.7-1] ill-formed user property value',
    '26 s"k" 00 02 C0 80',
    0x81,
  ),
  refused('[MQTT-1.5.4-2] [MQTT-1.5.7-1] U+0000 in a user property name', '26 00 01 00 s"v"', 0x81),
  refused('receive maximum in PUBLISH', '21 00 01', 0x81, 'Receive Maximum has no place'),
  refused('session expiry in PUBLISH', '11 00 00 00 01', 0x81, 'no place'),
  refused('will delay in PUBLISH', '18 00 00 00 01', 0x81, 'no place'),
  refused('reason string in PUBLISH', '1F s"x"', 0x81, 'no place'),
  refused('unknown property', '04', 0x81, 'identifier is unknown'),
  refused('property identifier 0', '00', 0x81, 'identifier is unknown'),
  refused('property identifier of two bytes', '81 00 01', 0x81, 'identifier is unknown'),
  bad(
    'payload that says it is UTF-8 and is not',
    V5,
    'client',
    '30 @ s"a" <01 01> FF',
    0x99,
    'payload is not UTF-8',
  ),
]

/** PUBLISH of all versions. */
export const PUBLISH_PACKETS: readonly Golden[] = [...GOOD, ...BAD, ...BAD_PROPERTIES]
