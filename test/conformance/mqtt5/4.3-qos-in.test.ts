import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** QoS 1 and 2 from clients to the broker; `4.3-qos-out` has the other direction. */

function types(client: TestClient): number[] {
  return client.packets.map(({ type }) => type)
}

/** A session that is away and has subscribed to `t` with QoS 2. */
function absent(world: World): void {
  const keeper = world.connect(kept('keeper'))
  keeper.subscribe('t', { qos: 2 })
  keeper.drop()
}

worldTest('[MQTT-4.3.2-4] PUBACK has the identifier of its PUBLISH', (world) => {
  const publisher = world.connect()
  for (const packetId of [1, 255, 256, 65_535, 2]) {
    publisher.publish('t', 'm', { qos: 1, packetId })
    assert.equal(publisher.take(PacketType.PUBACK).packetId, packetId)
  }
})

worldTest('[MQTT-4.3.2-4] [MQTT-4.3.3-8] acknowledged is only what is on disk', (world) => {
  absent(world)
  const publisher = world.connect({ autoAck: false })
  publisher.packets.length = 0
  world.holdCommits()
  publisher.publish('t', 'one', { qos: 1, packetId: 1 })
  publisher.publish('t', 'two', { qos: 2, packetId: 2 })
  assert.deepEqual(types(publisher), [])
  world.finishCommits()
  assert.deepEqual(types(publisher), [PacketType.PUBACK, PacketType.PUBREC])
  world.crash()
  assert.deepEqual(world.connect(kept('keeper')).payloads(), ['one', 'two'])
})

worldTest('[MQTT-4.3.2-4] a retained message is acknowledged once it is on disk', (world) => {
  const publisher = world.connect()
  publisher.packets.length = 0
  world.holdCommits()
  publisher.publish('r', 'm', { qos: 1, retain: true })
  assert.deepEqual(types(publisher), [])
  world.finishCommits()
  publisher.take(PacketType.PUBACK)
  world.crash()
  const subscriber = world.connect()
  subscriber.subscribe('r')
  assert.deepEqual(subscriber.payloads(), ['m'])
})

worldTest('[MQTT-4.3.2-4] what no disk is needed for is acknowledged at once', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 1 })
  world.holdCommits()
  const publisher = world.connect()
  publisher.publish('t', 'm', { qos: 1 })
  assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
})

worldTest('[MQTT-4.3.2-5] after PUBACK the identifier means another message', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  publisher.publish('t', 'first', { qos: 1, packetId: 1 })
  publisher.publish('t', 'second', { qos: 1, packetId: 1 })
  publisher.publish('t', 'third', { qos: 1, packetId: 1, dup: true })
  publisher.publish('t', 'third', { qos: 1, packetId: 1, dup: true })
  assert.deepEqual(subscriber.payloads(), ['first', 'second', 'third', 'third'])
  assert.equal(publisher.packets.filter(({ type }) => type === PacketType.PUBACK).length, 4)
})

worldTest('[MQTT-4.3.3-8] PUBREC has the identifier of its PUBLISH', (world) => {
  const publisher = world.connect({ autoAck: false })
  for (const packetId of [1, 256, 65_535]) {
    publisher.publish('t', 'm', { qos: 2, packetId })
    assert.equal(publisher.take(PacketType.PUBREC).packetId, packetId)
  }
})

worldTest('[MQTT-4.3.3-9] after a PUBREC that refuses, the identifier is free', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('#', { qos: 2 })
  const publisher = world.connect({ autoAck: false })
  world.access.authorizePublish = (_who, topic) => {
    return topic === 'secret' ? Access.DENY : Access.ALLOW
  }
  for (const dup of [false, true]) {
    publisher.publish('secret', 'refused', { qos: 2, packetId: 3 })
    assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.NOT_AUTHORIZED)
    publisher.publish('t', `taken, dup ${dup}`, { qos: 2, packetId: 3, dup })
    assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
    publisher.ack(PacketType.PUBREL, 3)
    assert.equal(publisher.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
  }
  assert.deepEqual(subscriber.payloads(), ['taken, dup false', 'taken, dup true'])
})

worldTest('[MQTT-4.3.3-9] the same when it was the disk that failed', (world) => {
  absent(world)
  const publisher = world.connect({ autoAck: false })
  world.failNextCommit('full')
  publisher.publish('t', 'maybe', { qos: 2, packetId: 3 })
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.QUOTA_EXCEEDED)
  publisher.ack(PacketType.PUBREL, 3)
  assert.equal(publisher.take(PacketType.PUBCOMP).reason, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)
  world.pass(200) // A sibling that could not store is asked again.
  publisher.publish('t', 'certain', { qos: 2, packetId: 3 })
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
  const keeper = world.connect(kept('keeper'))
  world.pass(200) // A shard whose first commit fails now tries again.
  assert.ok(keeper.payloads().includes('certain'))
})

worldTest('[MQTT-4.3.3-10] a stored session sends again what the disk refused', (world) => {
  absent(world)
  const before = world.connect(kept('publisher', { autoAck: false }))
  world.failNextCommit('full')
  before.publish('t', 'once', { qos: 2, packetId: 3 })
  assert.equal(before.closed, true)
  world.pass(1_000)
  const publisher = world.connect(kept('publisher', { autoAck: false }))
  publisher.publish('t', 'once', { qos: 2, packetId: 3, dup: true })
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
  assert.deepEqual(world.connect(kept('keeper')).payloads(), ['once'])
})

worldTest('[MQTT-4.3.3-10] what is sent again is received once', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  for (const version of [ProtocolVersion.V311, ProtocolVersion.V5]) {
    const publisher = world.connect({ version, autoAck: false })
    for (let round = 0; round < 4; round++) {
      publisher.publish('t', 'm', { qos: 2, packetId: 8, dup: round > 0 })
      const pubrec = publisher.take(PacketType.PUBREC)
      assert.deepEqual([pubrec.packetId, pubrec.reason], [8, ReasonCode.SUCCESS])
    }
    assert.deepEqual(subscriber.payloads(), ['m'])
    publisher.drop()
  }
})

worldTest('[MQTT-4.3.3-10] the same after a reconnect, a crash, and on another shard', (world) => {
  absent(world)
  for (const options of [kept('five', { autoAck: false }), kept311('old', { autoAck: false })]) {
    const first = world.connect({ ...options, shard: 0 })
    first.publish('t', options.clientId!, { qos: 2, packetId: 8 })
    assert.equal(first.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
    for (let round = 0; round < 4; round++) {
      if (round === 2) world.crash()
      const again = world.connect({ ...options, shard: round % world.shardCount })
      again.publish('t', options.clientId!, { qos: 2, packetId: 8, dup: true })
      assert.equal(again.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
    }
    const last = world.connect(options)
    last.ack(PacketType.PUBREL, 8)
    assert.equal(last.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
  }
  assert.deepEqual(world.connect(kept('keeper')).payloads(), ['five', 'old'])
})

worldTest('[MQTT-4.3.3-10] PUBREL frees the identifier, also one that waits for long', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect({ autoAck: false })
  for (let index = 0; index < 20; index++) {
    publisher.publish('t', `${index}`, { qos: 2, packetId: 1 })
    publisher.take(PacketType.PUBREC)
    world.pass(5_000)
    publisher.ack(PacketType.PUBREL, 1)
    publisher.take(PacketType.PUBCOMP)
  }
  const expected = Array.from({ length: 20 }, (_, index) => `${index}`)
  assert.deepEqual(subscriber.payloads(), expected)
})

worldTest('[MQTT-4.3.3-11] PUBREL is answered by PUBCOMP with the same identifier', (world) => {
  const publisher = world.connect({ autoAck: false })
  for (const packetId of [5, 6, 7]) publisher.publish('t', 'm', { qos: 2, packetId })
  for (const packetId of [6, 5, 7]) {
    publisher.ack(PacketType.PUBREL, packetId)
    const pubcomp = publisher.take(PacketType.PUBCOMP)
    assert.deepEqual([pubcomp.packetId, pubcomp.reason], [packetId, ReasonCode.SUCCESS])
  }
})

worldTest('[MQTT-4.3.3-11] PUBREL that comes again is answered again', (world) => {
  for (const version of [ProtocolVersion.V311, ProtocolVersion.V5]) {
    const publisher = world.connect({ version, autoAck: false })
    publisher.publish('t', 'm', { qos: 2, packetId: 5 })
    for (let round = 0; round < 3; round++) {
      publisher.ack(PacketType.PUBREL, 5)
      assert.equal(publisher.take(PacketType.PUBCOMP).packetId, 5)
    }
  }
})

worldTest('[MQTT-4.3.3-11] PUBREL may come on another connection than PUBLISH', (world) => {
  const first = world.connect(kept('publisher', { autoAck: false, shard: 0 }))
  first.publish('t', 'm', { qos: 2, packetId: 5 })
  first.drop()
  const shard = world.shardCount - 1
  const second = world.connect(kept('publisher', { autoAck: false, shard }))
  second.ack(PacketType.PUBREL, 5)
  assert.equal(second.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
})

worldTest('[MQTT-4.3.3-12] after PUBCOMP the identifier means another message', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'first', { qos: 2, packetId: 1 })
  publisher.publish('t', 'second', { qos: 2, packetId: 1 })
  publisher.publish('t', 'third', { qos: 2, packetId: 1, dup: true })
  publisher.publish('t', 'fourth', { qos: 1, packetId: 1 })
  assert.deepEqual(subscriber.payloads(), ['first', 'second', 'third', 'fourth'])
})

worldTest('[MQTT-4.3.3-12] the same after a crash: PUBCOMP says it is on disk', (world) => {
  absent(world)
  const publisher = world.connect(kept('publisher', { autoAck: false }))
  publisher.publish('t', 'first', { qos: 2, packetId: 1 })
  publisher.packets.length = 0
  world.holdCommits()
  publisher.ack(PacketType.PUBREL, 1)
  assert.deepEqual(types(publisher), [])
  world.finishCommits()
  publisher.take(PacketType.PUBCOMP)
  world.crash()
  const again = world.connect(kept('publisher'))
  again.publish('t', 'second', { qos: 2, packetId: 1 })
  assert.deepEqual(world.connect(kept('keeper')).payloads(), ['first', 'second'])
})

worldTest('[MQTT-4.3.3-13] the handshake goes on for a message that has expired', (world) => {
  absent(world)
  const publisher = world.connect({ autoAck: false })
  const properties = { messageExpiryIntervalSeconds: 1 }
  publisher.publish('t', 'm', { qos: 2, packetId: 4, properties })
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
  world.pass(5_000)
  publisher.publish('t', 'm', { qos: 2, packetId: 4, dup: true, properties })
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
  publisher.ack(PacketType.PUBREL, 4)
  assert.equal(publisher.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
  assert.deepEqual(world.connect(kept('keeper')).payloads(), [])
})

worldTest('[MQTT-4.3.3-13] a message that expires at once is still answered', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect({ autoAck: false })
  const properties = { messageExpiryIntervalSeconds: 0 }
  publisher.publish('t', 'm', { qos: 2, packetId: 4, properties })
  publisher.take(PacketType.PUBREC)
  publisher.ack(PacketType.PUBREL, 4)
  publisher.take(PacketType.PUBCOMP)
  assert.deepEqual(subscriber.payloads(), [])
})
