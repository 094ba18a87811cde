import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectDisconnected } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const TOPIC_BYTES_MAX = 65_535

/** Which of the topics a subscriber of the filter gets. */
function matched(world: World, filter: string, topics: readonly string[]): string[] {
  const subscriber = world.connect()
  assert.deepEqual(subscriber.subscribe(filter), [0], filter)
  const publisher = world.connect()
  for (const topic of topics) publisher.publish(topic, 'm')
  const got = subscriber.messages().map(({ topic }) => topic)
  subscriber.drop()
  publisher.drop()
  return got
}

worldTest('[MQTT-4.7.0-1] a wildcard in a topic name ends the connection', (world) => {
  for (const topic of ['+', '#', 'a/+', 'a/#', 'a+b', 'a#', '+/a', 'sport/+/player', '/#/']) {
    for (const qos of [0, 1, 2] as const) {
      const publisher = world.connect()
      publisher.publish(topic, 'm', { qos })
      expectDisconnected(publisher, ReasonCode.TOPIC_NAME_INVALID)
    }
  }
})

worldTest('[MQTT-4.7.0-1] wildcards are taken in filters', (world) => {
  const subscriber = world.connect()
  assert.deepEqual(
    subscriber.subscribe(['+', '#', 'a/+', 'a/#', '+/a/+', '/+', '/#']),
    Array.from({ length: 7 }, () => 0),
  )
})

worldTest('[MQTT-4.7.1-1] # stands for its level, all below, and the one above', (world) => {
  const topics = ['sport', 'sport/', 'sport/a', 'sport/a/b/c', 'sports', 'Sport/a', '/sport']
  assert.deepEqual(matched(world, 'sport/#', topics), ['sport', 'sport/', 'sport/a', 'sport/a/b/c'])
  assert.deepEqual(matched(world, '#', topics), topics)
  assert.deepEqual(matched(world, '/#', topics), ['/sport'])
})

worldTest('[MQTT-4.7.1-1] # anywhere else is invalid', (world) => {
  const subscriber = world.connect()
  const bad = ['a#', 'a/b#', '#a', '#/', '#/a', 'a/#/b', '##', 'a/##', '+#']
  assert.deepEqual(
    subscriber.subscribe(bad),
    bad.map(() => ReasonCode.TOPIC_FILTER_INVALID),
  )
})

worldTest('[MQTT-4.7.1-2] + stands for one level, which may be empty', (world) => {
  const topics = ['a', 'a/', 'a/b', 'a/c', 'a/b/c', '/b', 'b']
  assert.deepEqual(matched(world, 'a/+', topics), ['a/', 'a/b', 'a/c'])
  assert.deepEqual(matched(world, '+', topics), ['a', 'b'])
  assert.deepEqual(matched(world, '+/+', topics), ['a/', 'a/b', 'a/c', '/b'])
  assert.deepEqual(matched(world, '/+', topics), ['/b'])
  assert.deepEqual(matched(world, 'a/+/c', topics), ['a/b/c'])
  assert.deepEqual(matched(world, '+/b/#', topics), ['a/b', 'a/b/c', '/b'])
})

worldTest('[MQTT-4.7.1-2] + that is not a whole level is invalid', (world) => {
  const subscriber = world.connect()
  const bad = ['a+', '+a', 'a/b+', 'a/+b', 'a+/b', '++', 'a/++/b']
  assert.deepEqual(
    subscriber.subscribe(bad),
    bad.map(() => ReasonCode.TOPIC_FILTER_INVALID),
  )
})

worldTest('[MQTT-4.7.2-1] a wildcard at the start does not match $ topics', (world) => {
  const topics = ['$dollar', '$dollar/a', '$dollar/a/b', 'a/$b', '$']
  assert.deepEqual(matched(world, '#', topics), ['a/$b'])
  assert.deepEqual(matched(world, '+/a', topics), [])
  assert.deepEqual(matched(world, '+/#', topics), ['a/$b'])
  assert.deepEqual(matched(world, '+', topics), [])
  assert.deepEqual(matched(world, '$dollar/#', topics), ['$dollar', '$dollar/a', '$dollar/a/b'])
  assert.deepEqual(matched(world, '$dollar/+', topics), ['$dollar/a'])
  assert.deepEqual(matched(world, 'a/+', topics), ['a/$b'])
  assert.deepEqual(matched(world, '$', topics), ['$'])
})

worldTest('[MQTT-4.7.2-1] the same for retained messages and shared subscriptions', (world) => {
  const publisher = world.connect()
  publisher.publish('$dollar/a', 'm', { retain: true, qos: 1 })
  publisher.publish('plain', 'm', { retain: true, qos: 1 })
  const subscriber = world.connect()
  subscriber.subscribe('#')
  subscriber.subscribe('$share/g/#')
  const retained = subscriber.messages().map(({ topic }) => topic)
  assert.deepEqual(retained, ['plain'])
  publisher.publish('$dollar/a', 'm')
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-4.7.2-1] topics of the broker itself are not in #', (world) => {
  const all = world.connect()
  all.subscribe('#')
  const sys = world.connect()
  sys.subscribe('$SYS/#')
  world.connect()
  assert.deepEqual(all.payloads(), [])
  assert.equal(sys.messages().length, 1, 'the presence of the last client')
})

worldTest('[MQTT-4.7.3-1] an empty topic name without an alias ends the connection', (world) => {
  const publisher = world.connect()
  publisher.publish('', 'm')
  expectDisconnected(publisher, ReasonCode.PROTOCOL_ERROR)
})

worldTest('[MQTT-4.7.3-1] an empty filter is invalid', (world) => {
  const subscriber = world.connect()
  assert.deepEqual(subscriber.subscribe(['', '/', 'a']), [ReasonCode.TOPIC_FILTER_INVALID, 0, 0])
})

worldTest('[MQTT-4.7.3-1] one character is enough, also one that is no letter', (world) => {
  for (const topic of ['a', '/', ' ', '$', '*', '\u0001', '\uFEFF', '🌡']) {
    assert.deepEqual(matched(world, topic, [topic]), [topic])
  }
})

worldTest('[MQTT-4.7.3-2] U+0000 in a topic name or filter ends the connection', (world) => {
  for (const bytes of [
    '30 @ 0003 61 00 62 <> "m"',
    '82 @ 0001 <> 0003 61 00 62 00',
    '82 @ 0001 <> 0001 00 00',
    'A2 @ 0001 <> 0003 61 00 62',
  ]) {
    const client = world.connect()
    client.send(bytes)
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest(
  '[MQTT-4.7.3-3] a topic of 65535 bytes is taken, kept and delivered',
  (world) => {
    const long = 'é'.repeat((TOPIC_BYTES_MAX - 1) / 2) + 'x'
    assert.equal(Buffer.byteLength(long), TOPIC_BYTES_MAX)
    const subscriber = world.connect()
    assert.deepEqual(subscriber.subscribe(long, { qos: 1 }), [1])
    const publisher = world.connect()
    publisher.publish(long, 'm', { qos: 1, retain: true })
    assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
    assert.equal(subscriber.take(PacketType.PUBLISH).topic, long)
    const later = world.connect()
    later.subscribe(long)
    assert.equal(later.take(PacketType.PUBLISH).topic, long)
    assert.deepEqual(later.unsubscribe(long), [ReasonCode.SUCCESS])
  },
  { mqtt: { topicLevelsMax: 65_536 } },
)

worldTest('[MQTT-4.7.3-3] a mountpoint that makes a topic longer than that refuses it', (world) => {
  const publisher = world.connect({ mountpoint: 'prefix/' })
  publisher.publish('x'.repeat(TOPIC_BYTES_MAX - 3), 'm', { qos: 1 })
  assert.ok(publisher.take(PacketType.PUBACK).reason >= 0x80)
  const longest = 'x'.repeat(TOPIC_BYTES_MAX - 3)
  assert.deepEqual(publisher.subscribe(longest), [ReasonCode.TOPIC_FILTER_INVALID])
})

worldTest('[MQTT-4.7.3-4] topics are compared as they are', (world) => {
  const topics = ['café', 'cafe\u0301', 'CAFÉ', 'Ａ', 'A', 'a b', 'a%20b', 'ﬁ', 'fi', '\u212B', 'Å']
  for (const topic of topics) assert.deepEqual(matched(world, topic, topics), [topic])
})

worldTest('[MQTT-4.7.3-4] slashes are not tidied up', (world) => {
  const topics = ['a/b', '/a/b', 'a/b/', 'a//b', 'a/./b', 'a/../b']
  for (const topic of topics) assert.deepEqual(matched(world, topic, topics), [topic])
  assert.deepEqual(matched(world, 'a/+/b', topics), ['a//b', 'a/./b', 'a/../b'])
})
