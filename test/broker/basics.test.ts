import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { World } from '../support/world.ts'

for (const shards of [1, 3]) {
  describe(`a broker of ${shards} shard(s)`, () => {
    test('delivers a message of each QoS to a subscriber', () => {
      const world = new World({ shards })
      const subscriber = world.connect()
      assert.deepEqual(subscriber.subscribe('a/+', { qos: 2 }), [2])
      const publisher = world.connect()
      publisher.publish('a/0', 'zero')
      publisher.publish('a/1', 'one', { qos: 1 })
      publisher.publish('a/2', 'two', { qos: 2 })
      const got = subscriber.messages().map(({ topic, payload, qos }) => [topic, payload, qos])
      assert.deepEqual(got, [
        ['a/0', 'zero', 0],
        ['a/1', 'one', 1],
        ['a/2', 'two', 2],
      ])
      assert.equal(publisher.take(PacketType.PUBACK).reason, 0)
      assert.equal(publisher.take(PacketType.PUBCOMP).reason, 0)
    })

    test('keeps messages for an offline persistent session through a crash', () => {
      const world = new World({ shards })
      const options = { clientId: 'keeper', version: ProtocolVersion.V311, cleanStart: false }
      const subscriber = world.connect(options)
      subscriber.subscribe('q/#', { qos: 2 })
      subscriber.drop()
      const publisher = world.connect()
      for (let index = 0; index < 300; index++) {
        publisher.publish('q/x', `m${index}`, { qos: index % 2 === 0 ? 1 : 2 })
      }
      world.crash()
      const again = world.dial(options)
      assert.equal(again.connect().sessionPresent, true)
      const expected = Array.from({ length: 300 }, (_, index) => `m${index}`)
      assert.deepEqual(again.payloads(), expected)
    })

    test('queues behind what is stored when a message comes between restart and return', () => {
      const world = new World({ shards })
      const options = { clientId: 'keeper', version: ProtocolVersion.V311, cleanStart: false }
      const subscriber = world.connect(options)
      subscriber.subscribe('q/#', { qos: 1 })
      subscriber.drop()
      world.connect().publish('q/x', 'before', { qos: 1 })
      world.crash()
      world.connect().publish('q/x', 'after', { qos: 1 })
      assert.deepEqual(world.connect(options).payloads(), ['before', 'after'])
    })

    test('moves a session to the shard of its new connection without loss or repetition', () => {
      const world = new World({ shards })
      const options = { clientId: 'mover', version: ProtocolVersion.V311, cleanStart: false }
      const publishers = Array.from({ length: shards }, (_, shard) => world.connect({ shard }))
      const got: string[] = []
      const expected: string[] = []
      let subscriber = world.connect({ ...options, shard: 0 })
      subscriber.subscribe('m/#', { qos: 1 })
      for (let round = 0; round < 12; round++) {
        for (const publisher of publishers) {
          publisher.publish('m/x', `${round}`, { qos: 1 })
          expected.push(`${round}`)
        }
        got.push(...subscriber.payloads())
        if (round % 2 === 0) subscriber.drop()
        else subscriber = world.connect({ ...options, shard: round % shards })
      }
      got.push(...subscriber.payloads())
      assert.deepEqual(got, expected)
    })

    test('gives each message of a shared subscription to one member', () => {
      const world = new World({ shards })
      const members = [world.connect(), world.connect(), world.connect()]
      for (const member of members) member.subscribe('$share/g/s/#', { qos: 1 })
      const publisher = world.connect()
      for (let index = 0; index < 30; index++) publisher.publish('s/x', `${index}`, { qos: 1 })
      const counts = members.map((member) => member.payloads().length)
      assert.deepEqual(counts, [10, 10, 10])
    })

    test('sends retained messages to a new subscriber', () => {
      const world = new World({ shards })
      const publisher = world.connect()
      publisher.publish('r/1', 'kept', { retain: true, qos: 1 })
      const subscriber = world.connect()
      subscriber.subscribe('r/+')
      const [message] = subscriber.messages()
      assert.equal(message?.payload, 'kept')
      assert.equal(message.retain, true)
    })
  })
}
