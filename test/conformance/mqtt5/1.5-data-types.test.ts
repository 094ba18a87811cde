import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected, expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const MALFORMED = 0x81

/** One packet per place of a string; `text` is its bytes in notation, without the length. */
function packetsWithText(text: string): Record<string, string> {
  const length = bytesOf(text).length.toString(16).padStart(4, '0')
  const field = `${length.slice(0, 2)} ${length.slice(2)} ${text}`
  return {
    'topic of PUBLISH': `30 @ ${field} <>`,
    'content type': `30 @ s"t" <03 ${field}>`,
    'response topic': `30 @ s"t" <08 ${field}>`,
    'name of a user property': `30 @ s"t" <26 ${field} s"v">`,
    'value of a user property': `30 @ s"t" <26 s"n" ${field}>`,
    'topic filter of SUBSCRIBE': `82 @ 00 01 <> ${field} 00`,
    'topic filter of UNSUBSCRIBE': `A2 @ 00 01 <> ${field}`,
    'reason string of PUBACK': `40 @ 00 01 10 <1F ${field}>`,
    'reason string of DISCONNECT': `E0 @ 00 <1F ${field}>`,
  }
}

/** The same for CONNECT. */
function connectsWithText(text: string): Record<string, string> {
  const length = bytesOf(text).length.toString(16).padStart(4, '0')
  const field = `${length.slice(0, 2)} ${length.slice(2)} ${text}`
  return {
    'client identifier': `10 @ s"MQTT" 05 02 00 00 <> ${field}`,
    'user name': `10 @ s"MQTT" 05 82 00 00 <> s"c" ${field}`,
    'will topic': `10 @ s"MQTT" 05 06 00 00 <> s"c" <> ${field} s"w"`,
    'content type of the will': `10 @ s"MQTT" 05 06 00 00 <> s"c" <03 ${field}> s"t" s"w"`,
    'user property of the will': `10 @ s"MQTT" 05 06 00 00 <> s"c" <26 ${field} s"v"> s"t" s"w"`,
    'user property': `10 @ s"MQTT" 05 02 00 00 <26 s"n" ${field}> s"c"`,
    'authentication method': `10 @ s"MQTT" 05 02 00 00 <15 ${field}> s"c"`,
  }
}

function expectAllMalformed(world: World, text: string): void {
  for (const notation of Object.values(packetsWithText(text))) {
    const client = world.connect()
    client.send(notation)
    expectDisconnected(client, MALFORMED)
  }
  for (const notation of Object.values(connectsWithText(text))) {
    const client = world.dial()
    client.send(notation)
    expectRefused(client, MALFORMED)
  }
}

worldTest(
  '[MQTT-1.5.4-1] strings that are not UTF-8 are malformed wherever they stand',
  (world) => {
    expectAllMalformed(world, 'FF')
    expectAllMalformed(world, '61 C0 80') // Overlong.
    expectAllMalformed(world, 'E2 82') // Cut off.
    expectAllMalformed(world, 'F5 80 80 80') // Above U+10FFFF.
  },
)

worldTest('[MQTT-1.5.4-1] strings that encode a surrogate are malformed', (world) => {
  expectAllMalformed(world, 'ED A0 80')
  expectAllMalformed(world, 'ED BF BF')
  expectAllMalformed(world, 'ED A0 80 ED B0 80')
})

worldTest('[MQTT-1.5.4-2] strings with U+0000 are malformed wherever they stand', (world) => {
  expectAllMalformed(world, '00')
  expectAllMalformed(world, '61 00 62')
})

worldTest('[MQTT-1.5.4-1] control characters and non-characters are let through', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('#')
  const publisher = world.connect()
  const topics = ['\u0001', 'a\u007fb', 'x\u0080', '\ufffe', '\u{1f4a1}/ä']
  for (const topic of topics) publisher.publish(topic, 'm')
  assert.deepEqual(
    subscriber.messages().map(({ topic }) => topic),
    topics,
  )
})

worldTest('[MQTT-1.5.4-3] U+FEFF in front of a topic is part of it and is sent on', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('\ufeffa')
  const other = world.connect()
  other.subscribe('a')
  world.connect().publish('\ufeffa', 'm')
  const [message] = subscriber.messages()
  assert.deepEqual(message?.frame.subarray(2, 8), bytesOf('00 04 EF BB BF 61'))
  assert.deepEqual(other.messages(), [])
})

worldTest('[MQTT-1.5.4-3] client ids that differ in U+FEFF are different clients', (world) => {
  const marked = world.connect({ clientId: '\ufeffid' })
  const plain = world.connect({ clientId: 'id' })
  assert.equal(marked.closed, false)
  assert.equal(plain.closed, false)
})

worldTest('[MQTT-1.5.5-1] a variable byte integer with padding is malformed', (world) => {
  const padded = {
    'remaining length': 'C0 80 00',
    'remaining length of three bytes': '30 85 80 00 s"t" 00',
    'property length': '30 06 s"t" 80 00 "m"',
    'subscription identifier': '82 @ 00 01 <0B 81 00> s"t" 00',
  }
  for (const notation of Object.values(padded)) {
    const client = world.connect()
    client.send(notation)
    expectDisconnected(client, MALFORMED)
  }
})

worldTest('[MQTT-1.5.5-1] a variable byte integer of five bytes is malformed', (world) => {
  for (const notation of ['C0 80 80 80 80 01', '30 @ s"t" 80 80 80 80 01 "m"']) {
    const client = world.connect()
    client.send(notation)
    expectDisconnected(client, MALFORMED)
  }
})

worldTest('[MQTT-1.5.5-1] the broker writes each length in as few bytes as it can', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { subscriptionIdentifier: 128 })
  const publisher = world.connect()
  // Around the edges of one, two and three length bytes: 7 bytes stand before the payload.
  for (const remaining of [127, 128, 16_383, 16_384]) {
    publisher.publish('t', 'x'.repeat(remaining - 7))
  }
  const heads = subscriber.messages().map(({ frame }) => frame.subarray(0, 4).toString('hex'))
  assert.deepEqual(heads, ['307f0001', '30800100', '30ff7f00', '30808001'])
})

worldTest('[MQTT-1.5.5-1] the largest subscription identifier comes back as it was', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { subscriptionIdentifier: 268_435_455 })
  world.connect().publish('t', 'm')
  const [message] = subscriber.messages()
  assert.deepEqual(message?.properties.subscriptionIdentifiers, [268_435_455])
})

worldTest('[MQTT-1.5.7-1] name and value of a pair may be empty, equal, or any text', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  world.connect().send('30 @ s"t" <26 s"" s"" 26 s"n" s"" 26 s"" s"v" 26 s"n" s"ä"> "m"')
  assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties.userProperties, [
    ['', ''],
    ['n', ''],
    ['', 'v'],
    ['n', 'ä'],
  ])
})

worldTest('[MQTT-1.5.7-1] a pair whose name or value is not a string is malformed', (world) => {
  const pairs = ['26 00 01 FF s"v"', '26 s"n" 00 01 FF', '26 00 01 00 s"v"', '26 s"n" 00 01 00']
  for (const pair of [...pairs, '26 s"n"', '26 s"n" 00 05 "v"']) {
    const client = world.connect()
    client.send(`30 @ s"t" <${pair}> "m"`)
    expectDisconnected(client, MALFORMED)
  }
})
