import assert from 'node:assert/strict'
import { Table } from '#broker/ports.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

/** Tables that hold what belongs to sessions. */
const SESSION_TABLES = [
  Table.SESSIONS,
  Table.SUBSCRIPTIONS,
  Table.QUEUE,
  Table.BODIES,
  Table.INCOMING,
]

worldTest('[MQTT-4.1.0-1] the state of a session stays while its connection is open', (world) => {
  const client = world.connect({ autoAck: false, properties: { receiveMaximum: 2 } })
  client.subscribe('t', { qos: 2 })
  client.publish('other', 'm', { qos: 2, packetId: 9 })
  const publisher = world.connect()
  for (const payload of ['1', '2', '3']) publisher.publish('t', payload, { qos: 2 })
  world.pass(3_700_000)
  const [first] = client.messages()
  client.ack(PacketType.PUBREC, first!.packetId)
  assert.equal(client.take(PacketType.PUBREL).packetId, first!.packetId)
  client.ack(PacketType.PUBCOMP, first!.packetId)
  assert.deepEqual(client.payloads(), ['3'], 'the queue')
  client.publish('other', 'm', { qos: 2, packetId: 9, dup: true })
  client.packets.length = 0
  client.ack(PacketType.PUBREL, 9)
  assert.equal(client.take(PacketType.PUBCOMP).reason, 0, 'the open identifier')
  publisher.publish('t', '4', { qos: 0 })
  assert.deepEqual(client.payloads(), ['4'], 'the subscription')
})

worldTest('[MQTT-4.1.0-1] an expiry interval does not run while the client is there', (world) => {
  const options = kept('keeper', { properties: { sessionExpiryIntervalSeconds: 10 } })
  const client = world.connect(options)
  client.subscribe('t', { qos: 1 })
  world.pass(60_000)
  client.drop()
  world.pass(9_000)
  assert.equal(world.dial(options).connect().sessionPresent, true)
})

worldTest('[MQTT-4.1.0-2] a session without expiry ends with its connection', (world) => {
  const client = world.connect({ clientId: 'transient', cleanStart: false })
  client.subscribe('t', { qos: 1 })
  client.drop()
  const publisher = world.connect()
  publisher.publish('t', 'm', { qos: 1 })
  assert.equal(publisher.take(PacketType.PUBACK).reason, 0x10, 'nobody has subscribed')
  const again = world.dial({ clientId: 'transient', cleanStart: false })
  assert.equal(again.connect().sessionPresent, false)
})

worldTest('[MQTT-4.1.0-2] a session is gone once its expiry has passed', (world) => {
  const options = kept('keeper', { properties: { sessionExpiryIntervalSeconds: 10 } })
  const client = world.connect({ ...options, autoAck: false })
  client.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'a body that is longer than thirty-two bytes', { qos: 2 })
  client.publish('x', 'm', { qos: 2 })
  client.drop()
  publisher.publish('t', 'another body that is longer than this limit', { qos: 2 })
  world.pass(10_500)
  for (const table of SESSION_TABLES) assert.equal(world.disk.size(table), 0, table)
  publisher.packets.length = 0
  publisher.publish('t', 'm', { qos: 1 })
  assert.equal(publisher.take(PacketType.PUBACK).reason, 0x10)
  assert.equal(world.dial(options).connect().sessionPresent, false)
})

worldTest(
  '[MQTT-4.1.0-2] a session whose expiry passed while the broker was down is gone',
  (world) => {
    const options = kept('keeper', { properties: { sessionExpiryIntervalSeconds: 10 } })
    const client = world.connect(options)
    client.subscribe('t', { qos: 1 })
    client.drop()
    world.connect().publish('t', 'm', { qos: 1 })
    world.nowMs += 11_000
    world.crash()
    for (const table of SESSION_TABLES) assert.equal(world.disk.size(table), 0, table)
    assert.equal(world.dial(options).connect().sessionPresent, false)
  },
)

worldTest('[MQTT-4.1.0-2] the expiry goes on from when the client left', (world) => {
  const options = kept('keeper', { properties: { sessionExpiryIntervalSeconds: 10 } })
  world.connect(options).drop()
  world.pass(6_000)
  world.crash()
  world.pass(6_000)
  assert.equal(world.dial(options).connect().sessionPresent, false)
})

worldTest('[MQTT-4.1.0-2] a client that was there when the broker died has its time', (world) => {
  const options = kept('keeper', { properties: { sessionExpiryIntervalSeconds: 10 } })
  world.connect(options)
  world.pass(60_000)
  world.crash()
  world.pass(6_000)
  assert.equal(world.dial(options).connect().sessionPresent, true)
})

worldTest('[MQTT-4.1.0-2] an expiry of 0xFFFFFFFF never passes', (world) => {
  const options = kept('keeper', { properties: { sessionExpiryIntervalSeconds: 0xffffffff } })
  world.connect(options).drop()
  world.nowMs += 200 * 365 * 86_400_000
  world.pass(1_000)
  world.crash()
  assert.equal(world.dial(options).connect().sessionPresent, true)
})

worldTest(
  '[MQTT-4.1.0-2] a persistent session of 3.1.1 has the expiry of the configuration',
  (world) => {
    world.connect(kept311('old')).drop()
    world.pass(59_000)
    const again = world.dial(kept311('old'))
    assert.equal(again.connect().sessionPresent, true)
    again.disconnect()
    world.pass(61_000)
    assert.equal(world.dial(kept311('old')).connect().sessionPresent, false)
  },
  { mqtt: { sessionExpiryMs: 60_000 } },
)

worldTest(
  '[MQTT-4.1.0-2] the configuration may cap the expiry, and CONNACK says so',
  (world) => {
    const client = world.dial(kept('keeper'))
    assert.equal(client.connect().properties.sessionExpiryIntervalSeconds, 60)
    client.drop()
    world.pass(61_000)
    assert.equal(world.dial(kept('keeper')).connect().sessionPresent, false)
  },
  { mqtt: { sessionExpiryMaxMs: 60_000 } },
)
