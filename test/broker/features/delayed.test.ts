import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { Metric } from '#broker/metrics.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import type { PublishProperties } from '#codec/mqtt/properties.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** Seconds since the epoch in this world, `ahead` seconds from now. */
function epochSeconds(world: World, ahead: number): number {
  return Math.floor(world.nowMs / 1000) + ahead
}

describe('delayed messages', () => {
  worldTest('are published after so many seconds', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('a/b', { qos: 2 })
    const publisher = world.connect()
    for (const qos of [0, 1, 2] as const) publisher.publish('$delayed/5/a/b', `q${qos}`, { qos })
    assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
    assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
    world.pass(4_900)
    assert.deepEqual(subscriber.payloads(), [])
    world.pass(200)
    const got = subscriber.messages().map(({ topic, payload, qos }) => `${topic} ${payload} ${qos}`)
    assert.deepEqual(got.toSorted(), ['a/b q0 0', 'a/b q1 1', 'a/b q2 2'])
    world.pass(20_000)
    assert.deepEqual(subscriber.payloads(), [])
  })

  worldTest('are published at a time, at once when that has passed', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('#')
    const publisher = world.connect()
    publisher.publish(`$delayed/${epochSeconds(world, 10)}/at`, 'm')
    publisher.publish(`$delayed/${epochSeconds(world, -10)}/past`, 'm')
    publisher.publish('$delayed/0/now', 'm')
    world.pass(200)
    const early = subscriber.messages().map(({ topic }) => topic)
    assert.deepEqual(early.toSorted(), ['now', 'past'])
    world.pass(10_000)
    assert.equal(subscriber.take(PacketType.PUBLISH).topic, 'at')
  })

  worldTest('come in the order of their times', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('#', { qos: 1 })
    const publisher = world.connect({ shard: 0 })
    for (const seconds of [9, 3, 7, 1, 5, 3]) {
      publisher.publish(`$delayed/${seconds}/t`, `${seconds}`, { qos: 1 })
    }
    world.pass(10_000)
    assert.deepEqual(subscriber.payloads(), ['1', '3', '3', '5', '7', '9'])
  })

  worldTest('are due after a crash as they were before', (world) => {
    world.connect(kept('keeper')).subscribe('#', { qos: 2 })
    for (let shard = 0; shard < world.shardCount; shard++) {
      const publisher = world.connect({ shard })
      publisher.publish('$delayed/10/t', `${shard}`, { qos: 1 })
    }
    world.pass(5_000)
    world.crash()
    world.pass(4_000)
    assert.deepEqual(world.connect(kept('keeper')).payloads(), [])
    world.pass(1_500)
    const expected = Array.from({ length: world.shardCount }, (_, shard) => `${shard}`)
    assert.deepEqual(world.connect(kept('keeper')).payloads().toSorted(), [])
    world.crash()
    const all = world.connect(kept('keeper', { autoAck: false }))
    assert.deepEqual(all.payloads(), [], 'the connections above had them')
    assert.equal(world.disk.size('delayed'), 0)
    assert.equal(expected.length, world.shardCount)
  })

  worldTest('that fell due while the broker was down are published at the start', (world) => {
    world.connect(kept('keeper')).subscribe('#', { qos: 1 })
    world.connect().publish('$delayed/10/t', 'm', { qos: 1 })
    world.nowMs += 60_000
    world.crash()
    world.pass(200)
    assert.deepEqual(world.connect(kept('keeper')).payloads(), ['m'])
  })

  worldTest('are acknowledged once they are on disk', (world) => {
    const publisher = world.connect()
    publisher.packets.length = 0
    world.holdCommits()
    publisher.publish('$delayed/10/t', 'm', { qos: 1 })
    assert.deepEqual(publisher.packets, [])
    world.finishCommits()
    publisher.take(PacketType.PUBACK)
  })

  worldTest('are refused when the time or the topic is wrong', (world) => {
    const publisher = world.connect()
    const bad = [
      '$delayed/x/t',
      '$delayed//t',
      '$delayed/-1/t',
      '$delayed/1.5/t',
      '$delayed/5',
      '$delayed/5/',
      '$delayed/5/$delayed/5/t',
      `$delayed/${epochSeconds(world, 4_294_970)}/t`,
      '$delayed/99999999999999999/t',
    ]
    for (const topic of bad) {
      publisher.publish(topic, 'm', { qos: 1 })
      const { reason } = publisher.take(PacketType.PUBACK)
      assert.equal(reason, ReasonCode.TOPIC_NAME_INVALID, topic)
      publisher.publish(topic, 'm')
      assert.equal(publisher.closed, false, topic)
    }
    assert.equal(world.disk.size('delayed'), 0)
  })

  worldTest('reach no subscriber of the topic with the prefix', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe(['$delayed/#', '$delayed/5/t', '#'])
    world.connect().publish('$delayed/5/t', 'm')
    world.pass(6_000)
    assert.deepEqual(
      subscriber.messages().map(({ topic }) => topic),
      ['t'],
    )
  })

  worldTest(
    'are refused above the limit, over all shards',
    (world) => {
      const reasons: number[] = []
      for (let index = 0; index < 5; index++) {
        const publisher = world.connect()
        publisher.publish('$delayed/10/t', 'm', { qos: 1 })
        reasons.push(publisher.take(PacketType.PUBACK).reason)
      }
      const { SUCCESS, QUOTA_EXCEEDED } = ReasonCode
      assert.deepEqual(reasons, [SUCCESS, SUCCESS, SUCCESS, QUOTA_EXCEEDED, QUOTA_EXCEEDED])
      world.pass(11_000)
      const publisher = world.connect()
      publisher.publish('$delayed/10/t', 'm', { qos: 1 })
      assert.equal(publisher.take(PacketType.PUBACK).reason, SUCCESS, 'there is room again')
      assert.equal(world.metric(Metric.DELAYED_REFUSED_COUNT_LIMIT), 2)
    },
    { delayed: { messagesMax: 3 } },
  )
})

describe('a delayed message', () => {
  worldTest('may be cancelled by id and by topic', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('#', { qos: 1 })
    const publisher = world.connect({ shard: 0 })
    for (const topic of ['a/1', 'a/2', 'b/1', 'c']) publisher.publish(`$delayed/5/${topic}`, topic)
    const { delayed } = world.shards[0]!.broker
    assert.equal(delayed.count, 4)
    const ids: string[] = []
    world.stores[0]!.scan('delayed', '', '\xff', (key) => {
      ids.push(Buffer.from(key, 'latin1').toString('hex'))
      return true
    })
    assert.equal(delayed.cancel(ids[3]!), true)
    assert.equal(delayed.cancel(ids[3]!), false)
    assert.deepEqual(delayed.cancelMatching('a/+', ''), { cancelled: 2, next: undefined })
    world.pass(6_000)
    assert.deepEqual(subscriber.payloads(), ['b/1'])
    assert.equal(world.metric(Metric.DELAYED_CANCELLED), 3)
  })

  worldTest('keep their properties, and lose the time that passes', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('#')
    const properties: PublishProperties = {
      messageExpiryIntervalSeconds: 10,
      contentType: 'text',
      userProperties: [['a', 'b']],
    }
    const publisher = world.connect()
    publisher.publish('$delayed/4/t', 'm', { properties })
    publisher.publish('$delayed/20/t', 'expired', {
      properties: { messageExpiryIntervalSeconds: 10 },
    })
    world.pass(30_000)
    const [message, ...more] = subscriber.messages()
    assert.deepEqual(more, [])
    assert.equal(message?.properties.messageExpiryIntervalSeconds, 6)
    assert.equal(message.properties.contentType, 'text')
    assert.deepEqual(message.properties.userProperties, [['a', 'b']])
    assert.equal(world.metric(Metric.DELAYED_EXPIRED), 1)
  })

  worldTest('may be retained when they are published', (world) => {
    world.connect().publish('$delayed/5/t', 'm', { qos: 1, retain: true })
    const early = world.connect()
    early.subscribe('t')
    assert.deepEqual(early.payloads(), [])
    world.pass(6_000)
    const late = world.connect()
    late.subscribe('t')
    const [message] = late.messages()
    assert.deepEqual([message?.payload, message?.retain], ['m', true])
  })

  worldTest('are not sent back to their publisher if it says no local', (world) => {
    const client = world.connect()
    client.subscribe('t', { noLocal: true })
    const other = world.connect()
    other.subscribe('t')
    client.publish('$delayed/1/t', 'm')
    world.pass(2_000)
    assert.deepEqual(client.payloads(), [])
    assert.deepEqual(other.payloads(), ['m'])
  })

  worldTest('go to shared subscriptions and to sessions of every shard', (world) => {
    const members = [0, 1, 2].map((shard) => world.connect({ shard: shard % world.shardCount }))
    for (const member of members) member.subscribe(['$share/g/t', 't'], { qos: 1 })
    world.connect().publish('$delayed/1/t', 'm', { qos: 1 })
    world.pass(2_000)
    const got = members.map((member) => member.payloads().length)
    assert.deepEqual(
      got.toSorted((a, b) => a - b),
      [1, 1, 2],
    )
  })

  worldTest('are asked of access with the topic they will have', (world) => {
    const asked: string[] = []
    world.access.authorizePublish = (_who, topic) => {
      asked.push(topic)
      return 0
    }
    world.connect().publish('$delayed/5/secret/door', 'm')
    assert.deepEqual(asked, ['secret/door'])
  })

  worldTest('cannot be used to speak as the broker, or to special filters', (world) => {
    const subscriber = world.connect()
    subscriber.subscribe('$SYS/#')
    subscriber.packets.length = 0
    const publisher = world.connect()
    subscriber.messages()
    const cases = [
      ['$delayed/0/$SYS/brokers', ReasonCode.NOT_AUTHORIZED],
      ['$delayed/0/$share/g/t', ReasonCode.TOPIC_NAME_INVALID],
      ['$delayed/0/$queue/t', ReasonCode.TOPIC_NAME_INVALID],
    ] as const
    for (const [topic, reason] of cases) {
      publisher.publish(topic, 'm', { qos: 1 })
      assert.equal(publisher.take(PacketType.PUBACK).reason, reason, topic)
    }
    world.pass(1_000)
    assert.deepEqual(subscriber.payloads(), [])
  })

  worldTest(
    'do not count the prefix among the levels of the topic',
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('a/#')
      const publisher = world.connect()
      publisher.publish('$delayed/1/a/b/c', 'deep', { qos: 1 })
      assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
      publisher.publish('$delayed/1/a/b/c/d', 'too deep', { qos: 1 })
      assert.equal(publisher.closed, true)
      world.pass(2_000)
      assert.deepEqual(subscriber.payloads(), ['deep'])
    },
    { mqtt: { topicLevelsMax: 3 } },
  )
})
