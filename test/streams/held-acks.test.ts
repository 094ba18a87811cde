/** What an acknowledgement that waits for actions of rules holds up: those behind it, no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { World, type WorldOptions } from '../support/world.ts'
import { type ActionDone, addWaitingRule } from './support/waiting-rule.ts'

/** A client whose messages to `in` wait for the test. */
function startRule(options: WorldOptions = {}) {
  const world = new World(options)
  const open: ActionDone[] = []
  addWaitingRule(world, 'SELECT * FROM "in"', (done) => open.push(done))
  const client = world.connect({
    clientId: 'device',
    cleanStart: false,
    properties: { sessionExpiryIntervalSeconds: 60 },
    autoAck: false,
  })
  /** Ends the work on the message that came first. */
  const finish = (): void => {
    open.shift()?.()
    world.settle()
  }
  const acked = (): number[] =>
    client.packets.filter(({ type }) => type === PacketType.PUBACK).map(({ packetId }) => packetId)
  return { world, client, finish, acked }
}

test('other packets of the client do not wait [MQTT-4.6.0-2]', () => {
  const { client, finish, acked } = startRule()
  const held = client.publish('in', 'a', { qos: 1 })
  const second = client.publish('x', 'b', { qos: 1 })
  const other = client.publish('x', 'c', { qos: 2 })
  assert.equal(client.take(PacketType.PUBREC).packetId, other)
  client.ack(PacketType.PUBREL, other)
  assert.equal(client.take(PacketType.PUBCOMP).packetId, other)
  client.subscribe('y', { qos: 2 })
  client.publish('y', 'd', { qos: 0 })
  client.unsubscribe('y')
  assert.deepEqual(acked(), [])
  finish()
  assert.deepEqual(acked(), [held, second])
  const last = client.publish('x', 'e', { qos: 1 })
  assert.deepEqual(acked(), [held, second, last])
})

test('a message of QoS 2 to the client is released meanwhile [MQTT-4.6.0-4]', () => {
  const { world, client, finish } = startRule()
  client.subscribe('y', { qos: 2 })
  client.publish('in', 'a', { qos: 1 })
  world.connect().publish('y', 'b', { qos: 0 })
  const publisher = world.connect()
  const packetId = publisher.publish('y', 'c', { qos: 2 })
  publisher.ack(PacketType.PUBREL, packetId)
  const [message] = client.messages().filter(({ qos }) => qos === 2)
  assert.ok(message)
  client.ack(PacketType.PUBREC, message.packetId)
  assert.equal(client.take(PacketType.PUBREL).packetId, message.packetId)
  finish()
})

test('what was published before is acknowledged before [MQTT-4.6.0-2]', () => {
  const { world, client, finish, acked } = startRule()
  client.subscribe('kept', { qos: 1 })
  world.holdCommits()
  const first = client.publish('kept', 'a', { qos: 1 })
  const held = client.publish('in', 'b', { qos: 1 })
  const rec = client.publish('x', 'c', { qos: 2 })
  const second = client.publish('in', 'd', { qos: 1 })
  finish()
  assert.deepEqual(acked(), [])
  world.finishCommits()
  assert.deepEqual(acked(), [first, held])
  assert.equal(client.take(PacketType.PUBREC).packetId, rec)
  finish()
  assert.deepEqual(acked(), [first, held, second])
})

test('actions that end in another order change none of the order [MQTT-4.6.0-2]', () => {
  const world = new World()
  const open: ActionDone[] = []
  addWaitingRule(world, 'SELECT * FROM "in"', (done) => open.push(done))
  const client = world.connect({ version: ProtocolVersion.V311 })
  const sent = ['a', 'b', 'c'].map((payload) => client.publish('in', payload, { qos: 1 }))
  for (const done of open.toReversed()) done()
  world.settle()
  assert.deepEqual(
    client.packets.filter(({ type }) => type === PacketType.PUBACK).map((ack) => ack.packetId),
    sent,
  )
})

test('too many messages that wait stop the client from being read until half are done', () => {
  const { client, finish, acked } = startRule({ settings: { mqtt: { pendingAcksMax: 4 } } })
  for (let n = 0; n < 6; n++) client.publish('in', 'a', { qos: 1 })
  assert.deepEqual(acked(), [])
  client.ping()
  const pings = () => client.packets.filter(({ type }) => type === PacketType.PINGRESP).length
  assert.equal(pings(), 0)
  for (let n = 0; n < 3; n++) finish()
  assert.equal(acked().length, 3)
  for (let n = 0; n < 3; n++) finish()
  assert.equal(acked().length, 6)
  assert.equal(pings(), 1)
})

test('a connection that has ended is not kept by what its messages wait for', async () => {
  const { world, client, finish } = startRule()
  client.publish('in', 'a', { qos: 1 })
  const ended = [visit(world), visit(world)]
  client.publish('x', 'c', { qos: 1 }) // What was published last is remembered.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let turn = 0; turn < 100 && ended.some((one) => one.deref() !== undefined); turn++) {
    await nextTurn() // What was looked at in this turn stays for it.
    collect()
  }
  assert.deepEqual(
    ended.map((one) => one.deref()),
    [undefined, undefined],
  )
  for (let n = 0; n < 3; n++) finish()
})

/** A client that goes before its message is done; its side of the connection. */
function visit(world: World): WeakRef<object> {
  const guest = world.connect({ clientId: 'guest', version: ProtocolVersion.V311 })
  guest.publish('in', 'a', { qos: 1 })
  guest.publish('x', 'b', { qos: 1 })
  guest.drop()
  return new WeakRef(guest.wire)
}
