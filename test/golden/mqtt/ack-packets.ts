import type { AckType } from '#codec/mqtt/ack.ts'
import type { AckPacket, Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { type Golden, bad, good, wordy } from './golden.ts'

const { V31, V311, V5 } = ProtocolVersion
const { PUBACK, PUBREC, PUBREL, PUBCOMP } = PacketType

function ack(type: AckType, fields: Partial<AckPacket> = {}): Packet {
  return { type, packetId: 258, reason: 0, properties: {}, ...fields }
}

const GOOD: readonly Golden[] = [
  good('PUBACK 3.1.1', V311, 'client', '40 02 01 02', ack(PUBACK)),
  good('PUBREC 3.1.1', V311, 'server', '50 02 01 02', ack(PUBREC)),
  good('[MQTT-3.6.1-1] PUBREL 3.1.1', V311, 'client', '62 02 01 02', ack(PUBREL)),
  good('PUBCOMP 3.1.1', V311, 'server', '70 02 01 02', ack(PUBCOMP)),
  good('PUBACK 3.1', V31, 'client', '40 02 FF FF', ack(PUBACK, { packetId: 65_535 })),
  wordy('PUBREL 3.1 repeated with DUP', V31, 'client', '6A 02 01 02', ack(PUBREL)),
  good('PUBACK 5 without a reason', V5, 'client', '40 02 01 02', ack(PUBACK)),
  good('PUBREL 5 without a reason', V5, 'client', '62 02 01 02', ack(PUBREL)),
  good('PUBACK 5 with a reason', V5, 'server', '40 03 01 02 10', ack(PUBACK, { reason: 0x10 })),
  good('PUBREC 5 with a reason', V5, 'client', '50 03 01 02 80', ack(PUBREC, { reason: 0x80 })),
  good('PUBREL 5 with a reason', V5, 'client', '62 03 01 02 92', ack(PUBREL, { reason: 0x92 })),
  good('PUBCOMP 5 with a reason', V5, 'server', '70 03 01 02 92', ack(PUBCOMP, { reason: 0x92 })),
  wordy('PUBACK 5 with reason 0 and nothing else', V5, 'client', '40 03 01 02 00', ack(PUBACK)),
  wordy('PUBCOMP 5 with no properties', V5, 'client', '70 04 01 02 00 00', ack(PUBCOMP)),
  wordy(
    'PUBREC 5 with a reason and no properties',
    V5,
    'client',
    '50 04 01 02 97 00',
    ack(PUBREC, { reason: 0x97 }),
  ),
  good(
    'PUBACK 5 with a reason string',
    V5,
    'server',
    `40 09            # PUBACK, 9 bytes follow
     01 02 87         # packet identifier, not authorized
     05               # 5 bytes of properties
     1F 00 02 "no"    # reason string`,
    ack(PUBACK, { reason: 0x87, properties: { reasonString: 'no' } }),
  ),
  good(
    'PUBREL 5 with success, reason string and user properties',
    V5,
    'client',
    '62 @ 01 02 00 <1F s"ok" 26 s"k" s"1" 26 s"k" s"2">',
    ack(PUBREL, {
      properties: {
        reasonString: 'ok',
        userProperties: [
          ['k', '1'],
          ['k', '2'],
        ],
      },
    }),
  ),
  good(
    'PUBCOMP 5 with a user property',
    V5,
    'server',
    '70 @ 01 02 92 <26 s"k" s"v">',
    ack(PUBCOMP, { reason: 0x92, properties: { userProperties: [['k', 'v']] } }),
  ),
]

const BAD: readonly Golden[] = [
  bad('[MQTT-2.1.3-1] PUBACK with a flag', V311, 'client', '41 02 01 02', 0x81),
  bad('[MQTT-2.1.3-1] PUBREC with flags of PUBREL', V311, 'client', '52 02 01 02', 0x81),
  bad('[MQTT-3.6.1-1] PUBREL without its flag', V311, 'client', '60 02 01 02', 0x81),
  bad('[MQTT-3.6.1-1] PUBREL with DUP in 3.1.1', V311, 'client', '6A 02 01 02', 0x81),
  bad('[MQTT-3.6.1-1] PUBREL with DUP in 5', V5, 'client', '6A 02 01 02', 0x81),
  bad('[MQTT-2.1.3-1] PUBCOMP with a flag', V5, 'client', '78 02 01 02', 0x81),
  bad('PUBACK without a body', V311, 'client', '40 00', 0x81, 'ends inside'),
  bad('PUBREL with half an identifier', V5, 'client', '62 01 00', 0x81, 'ends inside'),
  bad('[MQTT-2.2.1-3] PUBACK with identifier 0', V311, 'client', '40 02 00 00', 0x82),
  bad('[MQTT-2.2.1-3] PUBREL with identifier 0', V5, 'client', '62 02 00 00', 0x82),
  bad('PUBACK 3.1.1 with a reason', V311, 'client', '40 03 01 02 00', 0x81, 'longer than'),
  bad('PUBCOMP 3.1 with a reason', V31, 'client', '70 03 01 02 00', 0x81, 'longer than'),
  bad('[MQTT-3.4.2-1] PUBACK reason of PUBREL', V5, 'client', '40 03 01 02 92', 0x82),
  bad('[MQTT-3.4.2-1] PUBACK reason 0x01', V5, 'client', '40 03 01 02 01', 0x82),
  bad('[MQTT-3.5.2-1] PUBREC reason of CONNACK', V5, 'client', '50 03 01 02 84', 0x82),
  bad('[MQTT-3.6.2-1] PUBREL reason of PUBACK', V5, 'client', '62 03 01 02 10', 0x82),
  bad('[MQTT-3.7.2-1] PUBCOMP reason 0xFF', V5, 'client', '70 03 01 02 FF', 0x82),
  bad('reason string twice', V5, 'client', '40 @ 01 02 00 <1F s"a" 1F s"b">', 0x82, 'twice'),
  bad('content type in PUBACK', V5, 'client', '40 @ 01 02 00 <03 s"a">', 0x81, 'no place'),
  bad('properties too long', V5, 'client', '50 @ 01 02 00 05 1F 00 00', 0x81, 'ends inside'),
  bad('bytes after the properties', V5, 'client', '62 @ 01 02 00 00 00', 0x81, 'longer than'),
  bad('[MQTT-1.5.5-1] padded property length', V5, 'client', '70 @ 01 02 00 80 00', 0x81),
  bad('[MQTT-1.5.4-1] ill-formed reason string', V5, 'client', '40 @ 01 02 00 <1F 00 01 FE>', 0x81),
  bad(
    '[MQTT-1.5.4-2] U+0000 in a reason string',
    V5,
    'client',
    '50 @ 01 02 00 <1F 00 01 00>',
    0x81,
  ),
  bad('reason string cut off', V5, 'client', '70 @ 01 02 00 <1F 00 02 61>', 0x81, 'ends inside'),
]

/** PUBACK, PUBREC, PUBREL and PUBCOMP of all versions. */
export const ACK_PACKETS: readonly Golden[] = [...GOOD, ...BAD]
