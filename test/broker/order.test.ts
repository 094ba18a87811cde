import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { kept } from '../support/sessions.ts'
import { World } from '../support/world.ts'

describe('order of messages', () => {
  test('QoS 0 does not overtake QoS 0 that waits in the queue [MQTT-4.6.0-6]', () => {
    const world = new World({ settings: { mqtt: { inflightMax: 1 } } })
    const options = { clientId: 'reader', version: ProtocolVersion.V311, cleanStart: false }
    const before = world.connect(options)
    before.subscribe('one', { qos: 1 })
    before.subscribe('zero', { qos: 0 })
    before.drop()
    const publisher = world.connect()
    publisher.publish('one', 'first', { qos: 1 })
    publisher.publish('one', 'second', { qos: 1 })
    publisher.publish('zero', 'earlier')
    const reader = world.connect({ ...options, autoAck: false })
    publisher.publish('zero', 'later')
    assert.deepEqual(reader.payloads(), ['first'])
    reader.ack(PacketType.PUBACK, 1)
    reader.ack(PacketType.PUBACK, 2)
    assert.deepEqual(reader.payloads(), ['second', 'earlier', 'later'])
    publisher.publish('zero', 'last')
    assert.deepEqual(reader.payloads(), ['last'])
  })
})

test('[MQTT-4.6.0-6] a message whose commit failed goes before what is stored after it', () => {
  const world = new World()
  const subscriber = world.connect(kept('subscriber'))
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  world.failNextCommit('io')
  publisher.publish('t', 'first', { qos: 2 })
  assert.deepEqual(subscriber.payloads(), [])
  // The store is well again before the broker looks after what is left.
  world.nowMs += 1_000
  publisher.ping()
  publisher.publish('t', 'second', { qos: 1 })
  world.pass(1_000)
  assert.deepEqual(subscriber.payloads(), ['first', 'second'])
})

test('[MQTT-4.6.0-6] the same when both wait for the next commit', () => {
  const world = new World()
  const subscriber = world.connect(kept('subscriber'))
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  world.failNextCommit('io')
  publisher.publish('t', 'first', { qos: 2 })
  world.nowMs += 1_000
  publisher.ping()
  world.holdCommits()
  publisher.publish('t', 'second', { qos: 1 })
  for (const shard of world.shards) shard.advance()
  world.settle()
  world.finishCommits()
  assert.deepEqual(subscriber.payloads(), ['first', 'second'])
})

test('[MQTT-4.6.0-6] what a client published comes before what it publishes once back', () => {
  const world = new World({ shards: 3 })
  const subscriber = world.connect({ shard: 2 })
  subscriber.subscribe('t', { qos: 1 })
  // Whatever shard settles the claims of its client id.
  for (const clientId of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const first = world.connect({ clientId, shard: 0 })
    world.holdLink(0, 2)
    first.publish('t', `${clientId} first`)
    first.drop()
    const second = world.dial({ clientId, shard: 1 })
    assert.equal(second.tryConnect(), undefined)
    world.releaseLinks()
    world.settle()
    assert.equal(second.take(PacketType.CONNACK).reason, 0)
    second.publish('t', `${clientId} second`)
    assert.deepEqual(subscriber.payloads(), [`${clientId} first`, `${clientId} second`])
    second.disconnect()
  }
})
