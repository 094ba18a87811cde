import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { RewriteRuleSettings } from '#broker/limits.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

function rule(
  action: RewriteRuleSettings['action'],
  sourceTopic: string,
  regularExpression: string,
  destTopic: string,
): RewriteRuleSettings {
  return { action, sourceTopic, regularExpression, destTopic }
}

describe('rewriting of topics', () => {
  worldTest(
    'changes what is published, by the first rule whose filter matches',
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('#', { qos: 2 })
      const publisher = world.connect()
      for (const topic of ['x/1', 'x/y', 'x/z/1', 'y/1']) {
        publisher.publish(topic, topic, { qos: 2 })
        assert.equal(publisher.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
      }
      const got = subscriber.messages().map(({ topic, payload }) => `${payload} -> ${topic}`)
      assert.deepEqual(got, ['x/1 -> number/1', 'x/y -> x/y', 'x/z/1 -> all/z/1', 'y/1 -> y/1'])
    },
    {
      rewrite: [
        rule('publish', 'x/+', '^x/(\\d+)$', 'number/$1'),
        rule('publish', 'x/#', '^x/(.+)$', 'all/$1'),
        rule('subscribe', 'y/#', '^y/(.+)$', 'never/$1'),
      ],
    },
  )

  worldTest(
    'changes filters of subscriptions, and the same filters when unsubscribing',
    (world) => {
      const subscriber = world.connect()
      assert.deepEqual(subscriber.subscribe(['x/+', '$share/g/x/#', '$queue/x/1']), [0, 0, 0])
      const publisher = world.connect()
      publisher.publish('new/1', 'm')
      assert.equal(subscriber.messages().length, 3)
      publisher.publish('x/1', 'm')
      assert.deepEqual(subscriber.payloads(), [], 'publishes are not rewritten')
      assert.deepEqual(subscriber.unsubscribe(['x/+', '$share/g/x/#', '$queue/x/1']), [0, 0, 0])
      publisher.publish('new/1', 'm')
      assert.deepEqual(subscriber.payloads(), [])
    },
    { rewrite: [rule('subscribe', 'x/#', '^x/(.+)$', 'new/$1')] },
  )

  worldTest(
    'knows the names of the client',
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('#')
      world.connect({ clientId: 'c1', username: 'u1' }).publish('t', 'm', { qos: 1 })
      const nameless = world.connect({ clientId: 'c2' })
      nameless.publish('t', 'm', { qos: 1 })
      assert.equal(nameless.take(PacketType.PUBACK).reason, ReasonCode.TOPIC_NAME_INVALID)
      const wild = world.connect({ clientId: 'c/#', username: 'u' })
      wild.publish('t', 'm', { qos: 1 })
      assert.equal(wild.take(PacketType.PUBACK).reason, ReasonCode.TOPIC_NAME_INVALID)
      assert.deepEqual(
        subscriber.messages().map(({ topic }) => topic),
        ['c1/u1/t'],
      )
    },
    { rewrite: [rule('all', 't', '^(.+)$', '${clientid}/${username}/$1')] },
  )

  worldTest(
    'is done after access is asked, and before anything is retained',
    (world) => {
      const asked: string[] = []
      world.access.authorizePublish = (_who, topic) => {
        asked.push(topic)
        return 0
      }
      world.connect().publish('old/a', 'm', { retain: true, qos: 1 })
      assert.deepEqual(asked, ['old/a'])
      const subscriber = world.connect()
      subscriber.subscribe('new/#')
      assert.equal(subscriber.take(PacketType.PUBLISH).topic, 'new/a')
    },
    { rewrite: [rule('publish', 'old/#', '^old/(.+)$', 'new/$1')] },
  )

  worldTest(
    'holds for topics by alias',
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('new/#')
      const publisher = world.connect()
      publisher.publish('old/a', '1', { properties: { topicAlias: 1 } })
      publisher.publish('', '2', { properties: { topicAlias: 1 } })
      assert.deepEqual(
        subscriber.messages().map(({ topic, payload }) => [topic, payload]),
        [
          ['new/a', '1'],
          ['new/a', '2'],
        ],
      )
    },
    { rewrite: [rule('publish', 'old/#', '^old/(.+)$', 'new/$1')] },
  )

  worldTest(
    'of a filter makes one subscription of two',
    (world) => {
      const subscriber = world.connect(kept('keeper'))
      subscriber.subscribe(['x/1', 'y/1'], { qos: 1 })
      world.crash()
      const again = world.connect(kept('keeper'))
      world.connect().publish('z/1', 'm', { qos: 1 })
      assert.deepEqual(again.payloads(), ['m'])
      assert.deepEqual(again.unsubscribe(['x/1', 'y/1']), [0, ReasonCode.NO_SUBSCRIPTION_EXISTED])
    },
    {
      rewrite: [
        rule('subscribe', 'x/#', '^x/(.+)$', 'z/$1'),
        rule('subscribe', 'y/#', '^y/(.+)$', 'z/$1'),
      ],
    },
  )

  worldTest(
    'refuses what would be no topic, and topics too long for its pattern',
    (world) => {
      const client = world.connect()
      const long = `x/${'y'.repeat(600)}`
      client.publish(long, 'm', { qos: 1 })
      assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.TOPIC_NAME_INVALID)
      assert.deepEqual(client.subscribe([long, 'x/ok']), [ReasonCode.TOPIC_FILTER_INVALID, 0])
      client.publish('e/', 'm', { qos: 1 })
      assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.TOPIC_NAME_INVALID)
      assert.deepEqual(client.subscribe('e/'), [ReasonCode.TOPIC_FILTER_INVALID])
      assert.equal(client.closed, false)
    },
    {
      rewrite: [rule('all', 'x/#', '^x/(.+)$', 'z/$1'), rule('all', 'e/#', '^e/(.*)$', '$1')],
    },
  )

  worldTest(
    'cannot be used to reach topics of the broker',
    (world) => {
      const client = world.connect()
      client.publish('in/brokers', 'm', { qos: 1 })
      assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.NOT_AUTHORIZED)
    },
    { rewrite: [rule('publish', 'in/#', '^in/(.+)$', '$SYS/$1')] },
  )

  worldTest(
    'may make a topic a delayed one, and leaves delayed ones to their topic',
    (world) => {
      const subscriber = world.connect()
      subscriber.subscribe('#')
      const publisher = world.connect()
      publisher.publish('later/a', '1')
      publisher.publish('$delayed/1/old/a', '2')
      assert.deepEqual(subscriber.payloads(), [])
      world.pass(3_000)
      const got = subscriber.messages().map(({ topic, payload }) => `${payload} ${topic}`)
      assert.deepEqual(got.toSorted(), ['1 a', '2 new/a'])
    },
    {
      rewrite: [
        rule('publish', 'later/#', '^later/(.+)$', '$delayed/2/$1'),
        rule('publish', 'old/#', '^old/(.+)$', 'new/$1'),
      ],
    },
  )
})
