import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected } from '../../support/expect.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const { MALFORMED_PACKET, PROTOCOL_ERROR, TOPIC_ALIAS_INVALID, TOPIC_NAME_INVALID } = ReasonCode
const PAYLOAD_FORMAT_INVALID = 0x99

/** Sends a packet on a connection of its own. */
function sent(world: World, notation: string): TestClient {
  const client = world.connect()
  client.send(notation)
  return client
}

worldTest('[MQTT-3.3.2-1] the topic name comes first and is sent on byte by byte', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('#')
  const topics = ['/', 'a//b', ' ', 'ü/💡', '/a/', 'x'.repeat(65_535)]
  const publisher = world.connect()
  for (const topic of topics) publisher.publish(topic, 'm')
  const seen = subscriber.messages()
  assert.deepEqual(
    seen.map(({ topic }) => topic),
    topics,
  )
  assert.deepEqual(seen[0]?.frame, bytesOf('30 @ s"/" <> "m"'))
})

worldTest('[MQTT-3.3.2-1] a topic that is cut off or not UTF-8 is malformed', (world) => {
  for (const packet of ['30 00', '30 01 00', '30 @ 00 05 "abc"', '30 @ 00 02 C3 28 <> "m"']) {
    expectDisconnected(sent(world, packet), MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.3.2-2] a topic with a wildcard ends the connection with 0x90', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('#', { qos: 2 })
  for (const topic of ['#', '+', 'a/+', 'a/#', 'a+', '#a']) {
    expectDisconnected(sent(world, `30 @ s"${topic}" <> "m"`), TOPIC_NAME_INVALID)
    expectDisconnected(sent(world, `34 @ s"${topic}" 00 01 <> "m"`), TOPIC_NAME_INVALID)
  }
  assert.deepEqual(subscriber.messages(), [])
})

worldTest('[MQTT-3.3.2-2] topics that only filters may begin with are refused', (world) => {
  for (const topic of ['$share/g/t', '$queue/t', '$exclusive/t']) {
    const client = world.connect()
    client.publish(topic, 'm', { qos: 1 })
    assert.equal(client.take(PacketType.PUBACK).reason, TOPIC_NAME_INVALID)
    client.publish(topic, 'm', { qos: 2 })
    assert.equal(client.take(PacketType.PUBREC).reason, TOPIC_NAME_INVALID)
    assert.equal(client.closed, false)
  }
})

worldTest('[MQTT-3.3.2-3] a subscriber gets the topic that was published', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe(['a/+', 'b/#', 'c', '$share/g/d/+'])
  const publisher = world.connect()
  const topics = ['a/1', 'a/ü', 'b', 'b/x/y', 'c', 'd/1']
  for (const topic of topics) publisher.publish(topic, topic)
  const seen = subscriber.messages().map(({ topic, payload }) => [topic, payload])
  assert.deepEqual(
    seen,
    topics.map((topic) => [topic, topic]),
  )
})

worldTest('[MQTT-3.3.2-3] behind a mountpoint topics fit the filters of the client', (world) => {
  const options = { mountpoint: 'tenant/${clientid}/' }
  const inside = world.connect({ ...options, clientId: 'in' })
  const outside = world.connect()
  inside.subscribe(['a/+', '$share/g/b'], { qos: 1 })
  outside.subscribe('#', { qos: 1 })
  inside.publish('a/1', 'own', { qos: 1 })
  outside.publish('tenant/in/b', 'theirs', { qos: 1 })
  outside.publish('a/1', 'elsewhere', { qos: 1 })
  const seen = inside.messages().map(({ topic, payload }) => [topic, payload])
  assert.deepEqual(seen, [
    ['a/1', 'own'],
    ['b', 'theirs'],
  ])
  assert.deepEqual(
    outside.messages().map(({ topic }) => topic),
    ['tenant/in/a/1', 'tenant/in/b', 'a/1'],
  )
})

worldTest('[MQTT-3.3.2-4] the payload format indicator reaches subscribers', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const publisher = world.connect()
  for (const payloadFormatIndicator of [0, 1]) {
    publisher.publish('t', 'ü', { properties: { payloadFormatIndicator } })
    const { properties } = subscriber.take(PacketType.PUBLISH)
    assert.deepEqual(properties, { payloadFormatIndicator })
  }
  publisher.publish('t', 'none')
  assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, {})
})

worldTest('[MQTT-3.3.2-4] a payload that is not what its indicator says gets 0x99', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const client = world.connect()
  const properties = { payloadFormatIndicator: 1 }
  const broken = Buffer.from([0x61, 0xff])
  client.publish('t', broken, { properties })
  client.publish('t', broken, { properties, qos: 1 })
  client.publish('t', broken, { properties, qos: 2 })
  assert.equal(client.take(PacketType.PUBACK).reason, PAYLOAD_FORMAT_INVALID)
  assert.equal(client.take(PacketType.PUBREC).reason, PAYLOAD_FORMAT_INVALID)
  assert.deepEqual(subscriber.messages(), [])
  client.publish('t', broken, { properties: { payloadFormatIndicator: 0 }, qos: 1 })
  assert.equal(client.take(PacketType.PUBACK).reason, 0)
  assert.deepEqual(subscriber.take(PacketType.PUBLISH).bytes, broken)
})

worldTest('[MQTT-3.3.2-8] the topic alias 0 ends the connection with 0x94', (world) => {
  expectDisconnected(sent(world, '30 @ s"t" <23 00 00> "m"'), TOPIC_ALIAS_INVALID)
  expectDisconnected(sent(world, '32 @ s"" 00 01 <23 00 00> "m"'), TOPIC_ALIAS_INVALID)
})

worldTest('[MQTT-3.3.2-12] each alias up to the maximum may be used', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t/+')
  const client = world.connect()
  const aliases = [1, 2, 255, 256, 32_768, 65_534, 65_535]
  for (const topicAlias of aliases) {
    client.publish(`t/${topicAlias}`, 'm', { properties: { topicAlias } })
  }
  for (const topicAlias of aliases.toReversed()) {
    client.publish('', 'm', { properties: { topicAlias } })
  }
  const topics = aliases.map((alias) => `t/${alias}`)
  const seen = subscriber.messages()
  assert.deepEqual(
    seen.map(({ topic }) => topic),
    [...topics, ...topics.toReversed()],
  )
  assert.ok(seen.every(({ properties }) => properties.topicAlias === undefined))
})

worldTest('[MQTT-3.3.2-12] an alias may be given to another topic', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('#', { qos: 2 })
  const client = world.connect()
  const properties = { topicAlias: 3 }
  for (const topic of ['a', '', 'b', '', '']) client.publish(topic, 'm', { properties, qos: 1 })
  assert.deepEqual(
    subscriber.messages().map(({ topic }) => topic),
    ['a', 'a', 'b', 'b', 'b'],
  )
})

worldTest('[MQTT-3.3.2-12] an alias holds for every QoS and for RETAIN', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2, retainAsPublished: true })
  const client = world.connect()
  const properties = { topicAlias: 1 }
  client.publish('t', '0', { properties })
  client.publish('', '1', { properties, qos: 1 })
  client.publish('', '2', { properties, qos: 2 })
  client.publish('', 'r', { properties, qos: 1, retain: true })
  assert.deepEqual(subscriber.payloads(), ['0', '1', '2', 'r'])
  const late = world.connect()
  late.subscribe('t')
  assert.equal(late.take(PacketType.PUBLISH).topic, 't')
})

worldTest('[MQTT-3.3.2-12] an empty topic without a known alias is a protocol error', (world) => {
  expectDisconnected(sent(world, '30 @ s"" <> "m"'), PROTOCOL_ERROR)
  expectDisconnected(sent(world, '30 @ s"" <23 00 01> "m"'), PROTOCOL_ERROR)
  const client = sent(world, '30 @ s"t" <23 00 02> "m"')
  client.send('30 @ s"" <23 00 01> "m"')
  expectDisconnected(client, PROTOCOL_ERROR)
})

worldTest('[MQTT-3.3.2-7] aliases of a client end with its connection', (world) => {
  const options = {
    clientId: 'lasting',
    cleanStart: false,
    properties: { sessionExpiryIntervalSeconds: 3600 },
  }
  const first = world.connect(options)
  first.publish('t', 'm', { properties: { topicAlias: 1 } })
  first.drop()
  const second = world.connect(options)
  second.publish('', 'm', { properties: { topicAlias: 1 } })
  expectDisconnected(second, PROTOCOL_ERROR)
})

worldTest('[MQTT-3.3.2-7] clients do not share their aliases', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('+')
  const clients = [world.connect({ shard: 0 }), world.connect({ shard: 0 })]
  const properties = { topicAlias: 1 }
  for (const [index, client] of clients.entries()) client.publish(`${index}`, 'm', { properties })
  for (const client of clients) client.publish('', 'm', { properties })
  assert.deepEqual(
    subscriber.messages().map(({ topic }) => topic),
    ['0', '1', '0', '1'],
  )
})

worldTest('[MQTT-3.3.2-13] a response topic that is not UTF-8 is malformed', (world) => {
  expectDisconnected(sent(world, '30 @ s"t" <08 00 02 C3 28> "m"'), MALFORMED_PACKET)
})

worldTest('[MQTT-3.3.2-14] a response topic with a wildcard is a protocol error', (world) => {
  for (const topic of ['#', '+', 'a/+/b', 'a/#']) {
    expectDisconnected(sent(world, `30 @ s"t" <08 s"${topic}"> "m"`), PROTOCOL_ERROR)
  }
})

worldTest('[MQTT-3.3.2-15] the response topic reaches subscribers unchanged', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const publisher = world.connect()
  for (const responseTopic of ['answers', '/', '$SYS/x', 'ü/💡', 'x'.repeat(65_535)]) {
    publisher.publish('t', 'm', { properties: { responseTopic } })
    assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, { responseTopic })
  }
})

worldTest('[MQTT-3.3.2-16] correlation data reach subscribers unchanged', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const publisher = world.connect()
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index))
  for (const correlationData of [Buffer.alloc(0), everyByte, Buffer.alloc(65_535, 7)]) {
    publisher.publish('t', 'm', { properties: { correlationData } })
    assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, { correlationData })
  }
})

worldTest('[MQTT-3.3.2-19] a content type that is not UTF-8 is malformed', (world) => {
  expectDisconnected(sent(world, '30 @ s"t" <03 00 02 C3 28> "m"'), MALFORMED_PACKET)
})

worldTest('[MQTT-3.3.2-20] the content type reaches subscribers unchanged', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const publisher = world.connect()
  for (const contentType of ['', 'text/plain', 'ü']) {
    publisher.publish('t', 'm', { properties: { contentType } })
    assert.deepEqual(subscriber.take(PacketType.PUBLISH).properties, { contentType })
  }
})

worldTest('[MQTT-3.3.2-8] a property twice, out of place or out of range is refused', (world) => {
  const cases: Array<[properties: string, reason: number]> = [
    ['01 00 01 00', PROTOCOL_ERROR],
    ['01 02', PROTOCOL_ERROR],
    ['02 00 00 00 01 02 00 00 00 01', PROTOCOL_ERROR],
    ['03 s"a" 03 s"a"', PROTOCOL_ERROR],
    ['08 s"a" 08 s"a"', PROTOCOL_ERROR],
    ['08 s""', PROTOCOL_ERROR],
    ['09 s"a" 09 s"a"', PROTOCOL_ERROR],
    ['23 00 01 23 00 01', PROTOCOL_ERROR],
    ['11 00 00 00 01', MALFORMED_PACKET],
    ['1F s"why"', MALFORMED_PACKET],
    ['2B', MALFORMED_PACKET],
    ['00', MALFORMED_PACKET],
    ['FF', MALFORMED_PACKET],
    ['02 00 00', MALFORMED_PACKET],
    ['09 00 09 "abc"', MALFORMED_PACKET],
  ]
  for (const [properties, reason] of cases) {
    expectDisconnected(sent(world, `30 @ s"t" <${properties}> "m"`), reason)
  }
})
