import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { Table } from '#broker/ports.ts'
import type { TestClient } from '../support/test-client.ts'
import { kept, kept311 } from '../support/sessions.ts'
import { World } from '../support/world.ts'

const MESSAGES = 6

/** Publishes QoS 2 messages whose PUBREC never comes because the publisher's shard is too slow. */
function publishUntilCrash(world: World): void {
  const publisher = world.connect(kept('publisher', { shard: 0, autoAck: false }))
  world.stores[0]!.setAutomatic(false)
  sendAll(publisher, false)
  assert.deepEqual(
    publisher.packets,
    publisher.packets.filter(({ type }) => type !== 5),
  )
  world.crash()
}

function sendAll(publisher: TestClient, dup: boolean): void {
  for (let number = 1; number <= MESSAGES; number++) {
    publisher.publish('t', `message ${number}`, { qos: 2, packetId: number, dup })
  }
}

const ALL = Array.from({ length: MESSAGES }, (_, index) => `message ${index + 1}`)

test('[MQTT-4.3.3-2] another shard gets what is sent again after a crash once', () => {
  const world = new World({ shards: 3 })
  world.connect(kept('subscriber', { shard: 1, autoAck: false })).subscribe('t', { qos: 2 })
  publishUntilCrash(world)
  const subscriber = world.connect(kept('subscriber', { shard: 2 }))
  const publisher = world.connect(kept('publisher', { shard: 1 }))
  sendAll(publisher, true)
  assert.deepEqual(subscriber.payloads().toSorted(), ALL)
})

test('what is sent again after a crash without DUP is known by what it says', () => {
  const world = new World({ shards: 3 })
  world.connect(kept('subscriber', { shard: 1, autoAck: false })).subscribe('t', { qos: 2 })
  publishUntilCrash(world)
  const subscriber = world.connect(kept('subscriber', { shard: 2 }))
  const publisher = world.connect(kept('publisher', { shard: 1 }))
  sendAll(publisher, false)
  assert.deepEqual(subscriber.payloads().toSorted(), ALL)
})

test('another message under an identifier from before a crash is a new one', () => {
  const world = new World({ shards: 3 })
  world.connect(kept('subscriber', { shard: 1, autoAck: false })).subscribe('t', { qos: 2 })
  publishUntilCrash(world)
  const subscriber = world.connect(kept('subscriber', { shard: 2 }))
  const publisher = world.connect(kept('publisher', { shard: 1 }))
  publisher.publish('t', 'another', { qos: 2, packetId: 1 })
  publisher.publish('other', 'message 2', { qos: 2, packetId: 2 })
  publisher.publish('t', 'message 2', { qos: 2, packetId: 3 })
  const expected = [...ALL, 'another', 'message 2']
  assert.deepEqual(subscriber.payloads().toSorted(), expected.toSorted())
})

for (const { kept: client, name } of [
  { kept, name: '5.0' },
  { kept: kept311, name: '3.1.1' },
]) {
  test(`what is sent again without DUP on a new connection comes once: ${name}`, () => {
    const world = new World({ shards: 2 })
    const subscriber = world.connect(kept('subscriber', { shard: 1 }))
    subscriber.subscribe('t', { qos: 2 })
    const first = world.connect(client('publisher', { shard: 0, autoAck: false }))
    first.publish('t', 'message', { qos: 2, packetId: 7 })
    first.drop()
    const again = world.connect(client('publisher', { shard: 1 }))
    again.publish('t', 'message', { qos: 2, packetId: 7 })
    assert.equal(again.take(PacketType.PUBREC).reason, 0)
    assert.deepEqual(subscriber.payloads(), ['message'])
  })
}

test('before MQTT 5 another message under an unreleased identifier takes its place', () => {
  const world = new World({ shards: 2 })
  const subscriber = world.connect(kept('subscriber', { shard: 1 }))
  subscriber.subscribe('t', { qos: 2 })
  const first = world.connect(kept311('publisher', { shard: 0, autoAck: false }))
  first.publish('t', 'first', { qos: 2, packetId: 7 })
  first.drop()
  const forgetful = world.connect(kept311('publisher', { shard: 0 }))
  forgetful.publish('t', 'second', { qos: 2, packetId: 7 })
  assert.deepEqual(subscriber.payloads(), ['first', 'second'])
})

test('[MQTT-4.3.3-2] sent again while its subscriber moves to another shard, it comes once', () => {
  // Where a session is after a restart depends on its name, so all ways are taken.
  for (const shard of [0, 1, 2]) {
    for (let rounds = 0; rounds < 12; rounds++) {
      const world = new World({ shards: 3 })
      const first = world.connect(kept('subscriber', { shard: 1, autoAck: false }))
      first.subscribe('t', { qos: 2 })
      publishUntilCrash(world)
      const publisher = world.connect(kept('publisher', { shard }))
      const subscriber = world.dial(kept('subscriber', { shard: (shard + 1) % 3 }))
      world.together(() => {
        subscriber.tryConnect()
        for (let round = 0; round < rounds; round++) world.round()
        sendAll(publisher, true)
      })
      assert.deepEqual(subscriber.payloads().toSorted(), ALL, `${shard}, ${rounds} rounds`)
    }
  }
})

test('a group of several shards gets what is sent again after a crash once', () => {
  const world = new World({ shards: 3 })
  const names = ['one', 'two', 'three']
  for (const [shard, name] of names.entries()) {
    world.connect(kept(name, { shard, autoAck: false })).subscribe('$share/g/t', { qos: 2 })
  }
  publishUntilCrash(world)
  // Of other members than before: the picker begins anew.
  const members = ['three', 'one', 'two'].map((name) => world.connect(kept(name)))
  const publisher = world.connect(kept('publisher', { shard: 1 }))
  sendAll(publisher, true)
  const payloads = members.flatMap((member) => member.payloads())
  assert.deepEqual(payloads.toSorted(), ALL)
})

test('a delayed message of QoS 2 that was being sent during a crash arrives once', () => {
  const world = new World({ shards: 3 })
  const names = ['one', 'two', 'three']
  for (const [shard, name] of names.entries()) {
    const client = world.connect(kept(name, { shard, autoAck: false }))
    client.subscribe(['$share/g/t', 't'], { qos: 2 })
  }
  world.connect({ shard: 0 }).publish('$delayed/1/t', 'later', { qos: 2 })
  world.stores[0]!.setAutomatic(false)
  world.stores[2]!.setAutomatic(false)
  world.pass(1_500)
  world.crash()
  const members = names.map((name) => world.connect(kept(name)))
  world.pass(1_500)
  const payloads = members.map((member) => member.payloads())
  assert.equal(payloads.flat().length, 4, 'one for each, and one for the group')
  for (const own of payloads) assert.ok(own.length >= 1)
  assert.equal(world.disk.size(Table.DELAYED), 0)
  assert.equal(world.disk.size(Table.INCOMING), 0, 'and nothing is noted any more')
})

test('a delayed message stays until the shard of its subscriber has stored it', () => {
  const world = new World({ shards: 2 })
  world.connect(kept('subscriber', { shard: 1, autoAck: false })).subscribe('t', { qos: 1 })
  world.connect({ shard: 0 }).publish('$delayed/1/t', 'later', { qos: 1 })
  for (let count = 0; count < 20; count++) world.stores[1]!.failNext('full')
  world.pass(1_300)
  assert.equal(world.disk.size(Table.DELAYED), 1)
  world.pass(5_000)
  assert.equal(world.disk.size(Table.DELAYED), 0)
})

test('[MQTT-4.3.3-3] a resumed connection gets PUBREL once the release is stored', () => {
  const world = new World()
  const first = world.connect(kept('subscriber', { autoAck: false }))
  first.subscribe('t', { qos: 2 })
  world.connect().publish('t', 'once', { qos: 2 })
  const { packetId } = first.take(PacketType.PUBLISH)
  world.holdCommits()
  first.ack(PacketType.PUBREC, packetId)
  first.drop()
  const second = world.connect(kept('subscriber', { autoAck: false }))
  const released = (): boolean => second.packets.some(({ type }) => type === PacketType.PUBREL)
  assert.equal(released(), false, 'a crash would bring the message back')
  world.finishCommits()
  assert.equal(released(), true)
})

test('PUBREL that is sent again by time waits for the store as the first one did', () => {
  const world = new World({ settings: { mqtt: { retryIntervalMs: 1_000 } } })
  const subscriber = world.connect(kept311('subscriber', { autoAck: false }))
  subscriber.subscribe('t', { qos: 2 })
  world.connect().publish('t', 'once', { qos: 2 })
  const { packetId } = subscriber.take(PacketType.PUBLISH)
  world.holdCommits()
  subscriber.ack(PacketType.PUBREC, packetId)
  world.pass(3_000)
  assert.ok(!subscriber.packets.some(({ type }) => type === PacketType.PUBREL))
  world.finishCommits()
  subscriber.take(PacketType.PUBREL)
})

test('[MQTT-4.3.3-12] released again, an identifier is given back once that is stored', () => {
  const world = new World()
  const subscriber = world.connect(kept('subscriber'))
  subscriber.subscribe('t', { qos: 2 })
  const before = world.connect(kept('publisher', { autoAck: false }))
  before.publish('t', 'first', { qos: 2, packetId: 1 })
  world.holdCommits()
  before.ack(PacketType.PUBREL, 1)
  before.drop()
  const publisher = world.connect(kept('publisher', { autoAck: false }))
  publisher.ack(PacketType.PUBREL, 1)
  // With a PUBCOMP it would use the identifier again, which a crash makes that of the first one.
  const isPubcomp = ({ type }: { readonly type: number }): boolean => type === PacketType.PUBCOMP
  assert.equal(publisher.packets.some(isPubcomp), false)
  world.finishCommits()
  publisher.take(PacketType.PUBCOMP)
  publisher.publish('t', 'second', { qos: 2, packetId: 1 })
  world.crash()
  const again = world.connect(kept('subscriber'))
  assert.deepEqual(
    [...new Set([...subscriber.payloads(), ...again.payloads()])],
    ['first', 'second'],
  )
})
