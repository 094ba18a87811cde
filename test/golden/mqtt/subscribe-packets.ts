import type { Packet } from '#codec/mqtt/packet.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { SubackPacket } from '#codec/mqtt/suback.ts'
import type { SubscribeFilter, SubscribePacket } from '#codec/mqtt/subscribe.ts'
import type { UnsubackPacket } from '#codec/mqtt/unsuback.ts'
import type { UnsubscribePacket } from '#codec/mqtt/unsubscribe.ts'
import { type Golden, bad, good, wordy } from './golden.ts'

const { V31, V311, V5 } = ProtocolVersion

function filter(name: string, fields: Partial<SubscribeFilter> = {}): SubscribeFilter {
  const plain = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  return { filter: name, ...plain, ...fields }
}

function subscribe(fields: Partial<SubscribePacket>): Packet {
  const plain = { packetId: 10, userProperties: [], filters: [filter('a/b')] }
  return { type: PacketType.SUBSCRIBE, ...plain, ...fields }
}

function suback(fields: Partial<SubackPacket>): Packet {
  return { type: PacketType.SUBACK, packetId: 10, reasons: [0], properties: {}, ...fields }
}

function unsubscribe(fields: Partial<UnsubscribePacket>): Packet {
  const plain = { packetId: 10, userProperties: [], filters: ['a/b'] }
  return { type: PacketType.UNSUBSCRIBE, ...plain, ...fields }
}

function unsuback(fields: Partial<UnsubackPacket>): Packet {
  return { type: PacketType.UNSUBACK, packetId: 10, reasons: [], properties: {}, ...fields }
}

const SUBSCRIBE: readonly Golden[] = [
  good(
    '[MQTT-3.8.1-1] [MQTT-3.8.3-1] SUBSCRIBE 3.1.1 with one filter',
    V311,
    'client',
    `82 08            # SUBSCRIBE, 8 bytes follow
     00 0A            # packet identifier 10
     00 03 "a/b" 00   # filter, QoS 0`,
    subscribe({}),
  ),
  good(
    '[MQTT-3.8.3-2] SUBSCRIBE 3.1.1 with three filters',
    V311,
    'client',
    '82 @ 00 0A s"a/#" 00 s"+/b" 01 s"#" 02',
    subscribe({ filters: [filter('a/#'), filter('+/b', { qos: 1 }), filter('#', { qos: 2 })] }),
  ),
  good('SUBSCRIBE 3.1', V31, 'client', '82 @ 00 0A s"a/b" 00', subscribe({})),
  wordy('SUBSCRIBE 3.1 repeated with DUP', V31, 'client', '8A @ 00 0A s"a/b" 00', subscribe({})),
  wordy(
    'SUBSCRIBE 3.1 with bits beside the QoS, which 3.1 does not use',
    V31,
    'client',
    '82 @ 00 0A s"a/b" FD',
    subscribe({ filters: [filter('a/b', { qos: 1 })] }),
  ),
  good('SUBSCRIBE 5 without properties', V5, 'client', '82 @ 00 0A 00 s"a/b" 00', subscribe({})),
  good(
    'SUBSCRIBE 5 with all options',
    V5,
    'client',
    `82 @ 00 0A 00
     s"a" 05          # no local, QoS 1
     s"b" 0A          # retain as published, QoS 2
     s"c" 10          # retained messages only if new
     s"d" 2E          # never retained, as published, no local, QoS 2`,
    subscribe({
      filters: [
        filter('a', { qos: 1, noLocal: true }),
        filter('b', { qos: 2, retainAsPublished: true }),
        filter('c', { retainHandling: 1 }),
        filter('d', { qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 }),
      ],
    }),
  ),
  good(
    'SUBSCRIBE 5 with subscription identifier and user property',
    V5,
    'client',
    '82 @ 00 0A <26 s"k" s"v" 0B FF FF FF 7F> s"a/b" 00',
    subscribe({ subscriptionIdentifier: 268_435_455, userProperties: [['k', 'v']] }),
  ),
  good(
    'SUBSCRIBE 5 to a shared subscription',
    V5,
    'client',
    '82 @ 00 0A 00 s"$share/g/a/b" 01',
    subscribe({ filters: [filter('$share/g/a/b', { qos: 1 })] }),
  ),
  good(
    'a bad filter is left to the caller, who answers it in SUBACK',
    V311,
    'client',
    '82 @ 00 0A s"a#" 00 s"" 00',
    subscribe({ filters: [filter('a#'), filter('')] }),
  ),
  bad('[MQTT-3.8.1-1] SUBSCRIBE without its flag', V311, 'client', '80 @ 00 0A s"a" 00', 0x81),
  bad('[MQTT-3.8.1-1] SUBSCRIBE with DUP in 3.1.1', V311, 'client', '8A @ 00 0A s"a" 00', 0x81),
  bad('[MQTT-3.8.1-1] SUBSCRIBE with DUP in 5', V5, 'client', '8A @ 00 0A 00 s"a" 00', 0x81),
  bad('[MQTT-3.8.3-2] SUBSCRIBE 3.1.1 without a filter', V311, 'client', '82 02 00 0A', 0x82),
  bad('[MQTT-3.8.3-2] SUBSCRIBE 5 without a filter', V5, 'client', '82 03 00 0A 00', 0x82),
  bad('[MQTT-2.2.1-3] [MQTT311-2.3.1-1] SUBSCRIBE 0', V311, 'client', '82 @ 00 00 s"a" 00', 0x82),
  bad('SUBSCRIBE without an identifier', V311, 'client', '82 00', 0x81, 'ends inside'),
  bad('filter cut off', V311, 'client', '82 @ 00 0A 00 05 "a"', 0x81, 'ends inside'),
  bad('filter without options', V311, 'client', '82 @ 00 0A s"a"', 0x81, 'ends inside'),
  bad('second filter without options', V5, 'client', '82 @ 00 0A 00 s"a" 00 s"b"', 0x81, 'inside'),
  bad('[MQTT311-3.8.3-4] QoS 3, 3.1.1', V311, 'client', '82 @ 00 0A s"a" 03', 0x81),
  bad('[MQTT311-3.8.3-4] QoS 3, 3.1', V31, 'client', '82 @ 00 0A s"a" 03', 0x81),
  bad('QoS 3, 5', V5, 'client', '82 @ 00 0A 00 s"a" 03', 0x82, 'QoS is 3'),
  bad(
    '[MQTT311-3.8.3-4] [MQTT-3.8.3-5] reserved bit of the options, 3.1.1',
    V311,
    'client',
    '82 @ 00 0A s"a" 04',
    0x81,
  ),
  bad('[MQTT-3.8.3-5] reserved bit 6, 5', V5, 'client', '82 @ 00 0A 00 s"a" 40', 0x81),
  bad('[MQTT-3.8.3-5] reserved bit 7, 5', V5, 'client', '82 @ 00 0A 00 s"a" 80', 0x81),
  bad('retain handling 3', V5, 'client', '82 @ 00 0A 00 s"a" 30', 0x82, 'Retain Handling is 3'),
  bad('[MQTT-3.8.3-4] no local, shared', V5, 'client', '82 @ 00 0A 00 s"$share/g/a" 04', 0x82),
  bad('subscription identifier 0', V5, 'client', '82 @ 00 0A <0B 00> s"a" 00', 0x82, 'range'),
  bad(
    'subscription identifier twice',
    V5,
    'client',
    '82 @ 00 0A <0B 01 0B 02> s"a" 00',
    0x82,
    'twice',
  ),
  bad(
    '[MQTT-1.5.5-1] five-byte identifier',
    V5,
    'client',
    '82 @ 00 0A <0B 80 80 80 80 01> s"a" 00',
    0x81,
  ),
  bad('reason string in SUBSCRIBE', V5, 'client', '82 @ 00 0A <1F s"x"> s"a" 00', 0x81, 'no place'),
  bad(
    '[MQTT-1.5.4-1] [MQTT-3.8.3-1] ill-formed filter',
    V311,
    'client',
    '82 @ 00 0A 00 01 FF 00',
    0x81,
  ),
  bad(
    '[MQTT-1.5.4-2] [MQTT-4.7.3-2] U+0000 in a filter',
    V5,
    'client',
    '82 @ 00 0A 00 00 01 00 00',
    0x81,
  ),
]

const SUBACK: readonly Golden[] = [
  good('SUBACK 3.1.1', V311, 'server', '90 03 00 0A 00', suback({})),
  good(
    'SUBACK 3.1.1 for four filters, in their order',
    V311,
    'server',
    '90 06 00 0A 02 80 00 01',
    suback({ reasons: [2, 0x80, 0, 1] }),
  ),
  good('SUBACK 3.1', V31, 'server', '90 03 00 0A 02', suback({ reasons: [2] })),
  good('SUBACK 5', V5, 'server', '90 04 00 0A 00 01', suback({ reasons: [1] })),
  good(
    '[MQTT-3.9.3-2] SUBACK 5 with every reason',
    V5,
    'server',
    '90 @ 00 0A <1F s"r" 26 s"k" s"v"> 00 01 02 80 83 87 8F 91 97 9E A1 A2',
    suback({
      reasons: [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
      properties: { reasonString: 'r', userProperties: [['k', 'v']] },
    }),
  ),
  bad('[MQTT-2.1.3-1] SUBACK with a flag', V311, 'server', '92 03 00 0A 00', 0x81),
  bad('SUBACK without a reason', V311, 'server', '90 02 00 0A', 0x81, 'no reason code'),
  bad('SUBACK 5 without a reason', V5, 'server', '90 03 00 0A 00', 0x81, 'no reason code'),
  bad('[MQTT311-3.9.3-2] reserved return code', V311, 'server', '90 03 00 0A 87', 0x82),
  bad('[MQTT311-3.9.3-2] return code 3', V31, 'server', '90 03 00 0A 03', 0x82),
  bad('[MQTT-3.9.3-2] reason of UNSUBACK', V5, 'server', '90 04 00 0A 00 11', 0x82),
  bad('[MQTT-2.2.1-3] SUBACK identifier 0', V311, 'server', '90 03 00 00 00', 0x82),
  bad('SUBACK properties cut off', V5, 'server', '90 @ 00 0A 09 1F 00 00', 0x81, 'ends inside'),
  bad('subscription identifier in SUBACK', V5, 'server', '90 @ 00 0A <0B 01> 00', 0x81, 'no place'),
]

const UNSUBSCRIBE: readonly Golden[] = [
  good(
    '[MQTT-3.10.1-1] [MQTT-3.10.3-1] UNSUBSCRIBE 3.1.1',
    V311,
    'client',
    'A2 07 00 0A 00 03 "a/b"',
    unsubscribe({}),
  ),
  good(
    '[MQTT-3.10.3-2] UNSUBSCRIBE 3.1.1 of two filters',
    V311,
    'client',
    'A2 @ 00 0A s"a/+" s"#"',
    unsubscribe({ filters: ['a/+', '#'] }),
  ),
  wordy('UNSUBSCRIBE 3.1 repeated with DUP', V31, 'client', 'AA @ 00 0A s"a/b"', unsubscribe({})),
  good('UNSUBSCRIBE 5', V5, 'client', 'A2 @ 00 0A 00 s"a/b"', unsubscribe({})),
  good(
    'UNSUBSCRIBE 5 with user properties',
    V5,
    'client',
    'A2 @ 00 0A <26 s"k" s"v" 26 s"k" s"v"> s"a/b"',
    unsubscribe({
      userProperties: [
        ['k', 'v'],
        ['k', 'v'],
      ],
    }),
  ),
  bad('[MQTT-3.10.1-1] UNSUBSCRIBE without its flag', V311, 'client', 'A0 @ 00 0A s"a"', 0x81),
  bad('[MQTT-3.10.1-1] UNSUBSCRIBE with DUP in 5', V5, 'client', 'AA @ 00 0A 00 s"a"', 0x81),
  bad('[MQTT-3.10.3-2] UNSUBSCRIBE 3.1.1 without a filter', V311, 'client', 'A2 02 00 0A', 0x82),
  bad('[MQTT-3.10.3-2] UNSUBSCRIBE 5 without a filter', V5, 'client', 'A2 03 00 0A 00', 0x82),
  bad('[MQTT-2.2.1-3] UNSUBSCRIBE identifier 0', V5, 'client', 'A2 @ 00 00 00 s"a"', 0x82),
  bad('UNSUBSCRIBE filter cut off', V311, 'client', 'A2 @ 00 0A 00 02 "a"', 0x81, 'ends inside'),
  bad(
    '[MQTT-1.5.4-1] [MQTT-3.10.3-1] ill-formed filter',
    V311,
    'client',
    'A2 @ 00 0A 00 01 80',
    0x81,
  ),
  bad(
    'subscription identifier in UNSUBSCRIBE',
    V5,
    'client',
    'A2 @ 00 0A <0B 01> s"a"',
    0x81,
    'place',
  ),
]

const UNSUBACK: readonly Golden[] = [
  good('UNSUBACK 3.1.1', V311, 'server', 'B0 02 00 0A', unsuback({})),
  good('UNSUBACK 3.1', V31, 'server', 'B0 02 00 0A', unsuback({})),
  good(
    '[MQTT-3.11.3-2] UNSUBACK 5 with every reason',
    V5,
    'server',
    'B0 @ 00 0A 00 00 11 80 83 87 8F 91',
    unsuback({ reasons: [0, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91] }),
  ),
  good(
    'UNSUBACK 5 with properties',
    V5,
    'server',
    'B0 @ 00 0A <1F s"r" 26 s"k" s"v"> 00',
    unsuback({ reasons: [0], properties: { reasonString: 'r', userProperties: [['k', 'v']] } }),
  ),
  bad('[MQTT-2.1.3-1] UNSUBACK with a flag', V311, 'server', 'B2 02 00 0A', 0x81),
  bad('UNSUBACK 3.1.1 with a reason', V311, 'server', 'B0 03 00 0A 00', 0x81, 'longer than'),
  bad('UNSUBACK 5 without a reason', V5, 'server', 'B0 03 00 0A 00', 0x81, 'no reason code'),
  bad('[MQTT-3.11.3-2] reason of SUBACK', V5, 'server', 'B0 04 00 0A 00 01', 0x82),
  bad('[MQTT-2.2.1-3] UNSUBACK identifier 0', V311, 'server', 'B0 02 00 00', 0x82),
  bad('UNSUBACK cut off', V311, 'server', 'B0 01 00', 0x81, 'ends inside'),
]

/** SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK of all versions. */
export const SUBSCRIBE_PACKETS: readonly Golden[] = [
  ...SUBSCRIBE,
  ...SUBACK,
  ...UNSUBSCRIBE,
  ...UNSUBACK,
]
