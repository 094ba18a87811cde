import assert from 'node:assert/strict'
import type { Will } from '#codec/mqtt/connect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const { V31, V311 } = ProtocolVersion

/** Persistent sessions of 3.x clients end after this. */
const TWO_HOURS_MS = 7_200_000

function session(cleanStart: boolean, version: ProtocolVersion = V311): ConnectOptions {
  return { clientId: 'client', version, cleanStart }
}

function publish(world: World, topic: string, ...payloads: string[]): void {
  const publisher = world.connect()
  for (const payload of payloads) publisher.publish(topic, payload, { qos: 2 })
  publisher.disconnect()
}

function will(more: Partial<Will> = {}): Will {
  const payload = Buffer.from('gone')
  return { topic: 'w', payload, qos: 0, retain: false, properties: {}, ...more }
}

for (const version of [V31, V311]) {
  const name = version === V31 ? '3.1' : '3.1.1'

  worldTest(`[MQTT311-3.1.2-4] CleanSession 0 keeps the session of a ${name} client`, (world) => {
    const first = world.dial(session(false, version))
    assert.equal(first.connect().sessionPresent, false)
    first.subscribe('t', { qos: 1 })
    first.disconnect()
    const second = world.dial(session(false, version))
    // MQTT 3.1 has no such flag.
    assert.equal(second.connect().sessionPresent, version === V311)
    publish(world, 't', 'm')
    assert.deepEqual(second.payloads(), ['m'])
  })

  worldTest(`[MQTT311-3.1.2-6] CleanSession 1 ends the session of a ${name} client`, (world) => {
    const first = world.connect(session(false, version))
    first.subscribe('t', { qos: 1 })
    first.drop()
    publish(world, 't', 'waiting')
    const second = world.dial(session(true, version))
    assert.equal(second.connect().sessionPresent, false)
    publish(world, 't', 'live')
    assert.deepEqual(second.payloads(), [])
    second.subscribe('u', { qos: 1 })
    second.disconnect()
    publish(world, 'u', 'late')
    const third = world.dial(session(false, version))
    assert.equal(third.connect().sessionPresent, false)
    assert.deepEqual(third.payloads(), [])
  })
}

worldTest('[MQTT311-3.1.2-4] the session is kept after a break and over a crash', (world) => {
  const first = world.connect(session(false))
  first.subscribe('t', { qos: 1 })
  first.drop()
  world.crash()
  const second = world.dial(session(false))
  assert.equal(second.connect().sessionPresent, true)
  publish(world, 't', 'm')
  assert.deepEqual(second.payloads(), ['m'])
})

worldTest('[MQTT311-3.1.2-5] QoS 1 and 2 messages wait for the client', (world) => {
  const first = world.connect(session(false))
  first.subscribe('one', { qos: 1 })
  first.subscribe('two', { qos: 2 })
  first.disconnect()
  const publisher = world.connect()
  const expected: string[] = []
  for (let index = 0; index < 400; index++) {
    publisher.publish(index % 2 === 0 ? 'one' : 'two', `${index}`, { qos: index % 3 === 0 ? 1 : 2 })
    expected.push(`${index}`)
  }
  const second = world.connect(session(false))
  assert.deepEqual(second.payloads(), expected)
  second.disconnect()
  assert.deepEqual(world.connect(session(false)).payloads(), [])
})

worldTest('[MQTT311-3.1.2-5] waiting messages survive the end of the broker', (world) => {
  const first = world.connect(session(false))
  first.subscribe('t', { qos: 1 })
  first.drop()
  publish(world, 't', '1', '2')
  world.crash()
  publish(world, 't', '3')
  world.restart()
  assert.deepEqual(world.connect(session(false)).payloads(), ['1', '2', '3'])
})

worldTest('[MQTT311-4.1.0-1] a session lives until its time is over, not longer', (world) => {
  const first = world.connect(session(false))
  first.subscribe('t', { qos: 1 })
  first.disconnect()
  world.nowMs += TWO_HOURS_MS - 1_000
  world.pass(500)
  const second = world.dial(session(false))
  assert.equal(second.connect().sessionPresent, true)
  world.nowMs += TWO_HOURS_MS
  world.pass(500)
  second.disconnect()
  world.nowMs += TWO_HOURS_MS
  world.pass(500)
  assert.equal(world.dial(session(false)).connect().sessionPresent, false)
})

worldTest('[MQTT311-4.1.0-1] everything of a session is kept: both directions', (world) => {
  const first = world.connect({ ...session(false), autoAck: false })
  first.subscribe('t', { qos: 2 })
  publish(world, 't', 'released', 'sent')
  const [released, sent] = first.messages()
  first.ack(PacketType.PUBREC, released!.packetId)
  first.publish('mine', 'open', { qos: 2, packetId: 5 })
  first.drop()
  world.crash()
  const watcher = world.connect()
  watcher.subscribe('mine', { qos: 2 })
  const second = world.connect({ ...session(false), autoAck: false })
  assert.equal(second.take(PacketType.PUBREL).packetId, released!.packetId)
  const again = second.take(PacketType.PUBLISH)
  assert.deepEqual([again.packetId, again.dup, again.payload], [sent!.packetId, true, 'sent'])
  second.publish('mine', 'open', { qos: 2, packetId: 5, dup: true })
  assert.equal(second.take(PacketType.PUBREC).packetId, 5)
  assert.deepEqual(watcher.payloads(), [])
})

worldTest('[MQTT311-4.4.0-1] on reconnect PUBLISH and PUBREL are sent again in order', (world) => {
  const first = world.connect({ ...session(false), autoAck: false })
  first.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  for (const qos of [1, 2, 1, 2] as const) publisher.publish('t', `${qos}`, { qos })
  const before = first.messages()
  first.ack(PacketType.PUBREC, before[1]!.packetId)
  for (let round = 0; round < 3; round++) {
    const next = world.connect({ ...session(false), autoAck: false })
    assert.deepEqual(
      next.messages().map(({ packetId, dup, qos }) => [packetId, dup, qos]),
      [before[0]!, before[2]!, before[3]!].map(({ packetId, qos }) => [packetId, true, qos]),
    )
    assert.equal(next.take(PacketType.PUBREL).packetId, before[1]!.packetId)
    assert.equal(next.packets.length, 1) // CONNACK.
  }
})

worldTest('[MQTT311-4.4.0-1] after CleanSession 1 nothing is sent again', (world) => {
  const first = world.connect({ ...session(false), autoAck: false })
  first.subscribe('t', { qos: 2 })
  publish(world, 't', 'sent')
  first.drop()
  assert.equal(world.connect(session(true)).packets.length, 1)
})

worldTest('[MQTT311-3.1.2-7] retained messages stay when their session ends', (world) => {
  const publisher = world.connect(session(true))
  publisher.publish('r', 'kept', { retain: true, qos: 1 })
  publisher.disconnect()
  world.connect(session(true)).drop()
  world.pass(1_000)
  const client = world.connect({ version: V311 })
  client.subscribe('r')
  assert.deepEqual(client.payloads(), ['kept'])
})

worldTest('[MQTT311-3.1.2-8] the will is published unless DISCONNECT deleted it', (world) => {
  const watcher = world.connect({ version: V311 })
  watcher.subscribe('w', { qos: 2 })
  for (const cleanStart of [true, false]) {
    for (const qos of [0, 1, 2] as const) {
      const options = { ...session(cleanStart), will: will({ qos }) }
      world.connect(options).drop()
      const message = watcher.take(PacketType.PUBLISH)
      assert.deepEqual([message.payload, message.qos, message.retain], ['gone', qos, false])
      world.connect(options).disconnect()
      assert.deepEqual(watcher.messages(), [])
    }
  }
})

worldTest('[MQTT311-3.1.2-8] the will is published after an error and after silence', (world) => {
  const watcher = world.connect({ version: V311 })
  watcher.subscribe('w')
  world.connect({ ...session(true), will: will() }).send('00 00')
  assert.deepEqual(watcher.payloads(), ['gone'])
  world.connect({ ...session(true), will: will(), keepAliveSeconds: 4 })
  world.pass(6_200)
  assert.deepEqual(watcher.payloads(), ['gone'])
  world.connect({ ...session(true), will: will() })
  world.connect(session(true))
  assert.deepEqual(watcher.payloads(), ['gone'])
})

worldTest('[MQTT311-3.1.2-8] the will of a kept session is published after a crash', (world) => {
  const watcher = world.connect({ clientId: 'watcher', version: V311, cleanStart: false })
  watcher.subscribe('w', { qos: 1 })
  world.connect({ ...session(false), will: will({ qos: 1 }) })
  world.crash()
  const options = { clientId: 'watcher', version: V311, cleanStart: false }
  assert.deepEqual(world.connect(options).payloads(), ['gone'])
})

worldTest('[MQTT311-3.1.2-12] without a will nothing is published at the end', (world) => {
  const watcher = world.connect({ version: V311 })
  watcher.subscribe('#')
  world.connect(session(true)).drop()
  world.connect({ ...session(false), will: will() }).disconnect()
  world.connect(session(false)).drop()
  world.connect({ ...session(true), keepAliveSeconds: 4 })
  world.pass(10_000)
  assert.deepEqual(watcher.messages(), [])
})
