import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { expectDisconnected } from '../../support/expect.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const PROTOCOL_ERROR = 0x82
const TAKEN_OVER = 0x8e
const NEVER = 0xffffffff

/** A connection with a session that outlives it by this many seconds. */
function lasting(seconds: number, cleanStart = false): ConnectOptions {
  return {
    clientId: 'lasting',
    cleanStart,
    properties: { sessionExpiryIntervalSeconds: seconds },
  }
}

/** A session with a subscription, a message that waits and one under way; then it is offline. */
function leaveSession(world: World, options: ConnectOptions): void {
  const client = world.connect({ ...options, autoAck: false })
  client.subscribe('s/#', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('s/1', 'under way', { qos: 1 })
  assert.deepEqual(client.payloads(), ['under way'])
  client.drop()
  publisher.publish('s/2', 'waiting', { qos: 1 })
  publisher.disconnect()
}

/** True when the session of the client is still there; ends it. */
function hasSession(world: World, clientId: string): boolean {
  const client = world.dial({ clientId, cleanStart: false })
  const { sessionPresent } = client.connect()
  client.drop()
  return sessionPresent
}

/** What a client gets of a message published after it has connected. */
function reached(world: World, client: TestClient, topic: string): readonly string[] {
  client.messages()
  world.connect().publish(topic, 'now', { qos: 1 })
  return client.payloads()
}

worldTest('[MQTT-3.1.2-4] [MQTT-3.1.4-4] Clean Start 1 ends the session there was', (world) => {
  leaveSession(world, lasting(3600))
  const client = world.dial(lasting(3600, true))
  assert.equal(client.connect().sessionPresent, false)
  assert.deepEqual(client.payloads(), [])
  assert.deepEqual(reached(world, client, 's/3'), [])
  client.drop()
  const again = world.dial(lasting(3600))
  assert.equal(again.connect().sessionPresent, true)
  assert.deepEqual(again.payloads(), [])
})

worldTest('[MQTT-3.1.2-4] Clean Start 1 ends the session of a living connection', (world) => {
  const first = world.connect(lasting(3600))
  first.subscribe('s/#', { qos: 1 })
  const second = world.dial(lasting(3600, true))
  assert.equal(second.connect().sessionPresent, false)
  expectDisconnected(first, TAKEN_OVER)
  assert.deepEqual(reached(world, second, 's/1'), [])
})

worldTest('[MQTT-3.1.2-4] a session ended by Clean Start 1 stays ended over a crash', (world) => {
  leaveSession(world, lasting(3600))
  world.connect(lasting(3600, true))
  world.crash()
  const client = world.dial(lasting(3600))
  client.connect()
  assert.deepEqual(client.payloads(), [])
  assert.deepEqual(reached(world, client, 's/3'), [])
})

worldTest('[MQTT-3.1.2-5] [MQTT-3.1.4-4] Clean Start 0 resumes the session', (world) => {
  leaveSession(world, lasting(3600))
  const client = world.dial(lasting(3600))
  assert.equal(client.connect().sessionPresent, true)
  const messages = client.messages().map(({ payload, dup }) => [payload, dup])
  assert.deepEqual(messages, [
    ['under way', true],
    ['waiting', false],
  ])
  assert.deepEqual(reached(world, client, 's/3'), ['now'])
})

worldTest('[MQTT-3.1.2-5] a session is resumed after a crash and after a restart', (world) => {
  leaveSession(world, lasting(3600))
  world.crash()
  const client = world.dial(lasting(3600))
  assert.equal(client.connect().sessionPresent, true)
  assert.deepEqual(client.payloads(), ['under way', 'waiting'])
  client.drop()
  world.restart()
  const again = world.dial(lasting(3600))
  assert.equal(again.connect().sessionPresent, true)
  assert.deepEqual(again.payloads(), [])
  assert.deepEqual(reached(world, again, 's/3'), ['now'])
})

worldTest('[MQTT-3.1.2-5] a session is resumed in every shard', (world) => {
  leaveSession(world, lasting(3600))
  for (let shard = 0; shard < world.shardCount; shard++) {
    const client = world.dial({ ...lasting(3600), shard })
    assert.equal(client.connect().sessionPresent, true)
    assert.deepEqual(client.payloads(), shard === 0 ? ['under way', 'waiting'] : [])
    assert.deepEqual(reached(world, client, 's/3'), ['now'])
  }
})

worldTest('[MQTT-3.1.2-6] [MQTT-3.1.4-4] Clean Start 0 without a session makes one', (world) => {
  const client = world.dial(lasting(3600))
  assert.equal(client.connect().sessionPresent, false)
  client.subscribe('s/#', { qos: 1 })
  assert.deepEqual(reached(world, client, 's/1'), ['now'])
})

worldTest('[MQTT-3.1.2-23] without an expiry the session ends with the connection', (world) => {
  leaveSession(world, { clientId: 'short', cleanStart: false })
  const client = world.dial({ clientId: 'short', cleanStart: false })
  assert.equal(client.connect().sessionPresent, false)
  assert.deepEqual(client.payloads(), [])
  client.disconnect()
  leaveSession(world, lasting(0))
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest(
  '[MQTT-3.1.2-23] the session lives as long as its expiry after the connection',
  (world) => {
    leaveSession(world, lasting(10))
    world.pass(9_800)
    const client = world.dial(lasting(10))
    assert.equal(client.connect().sessionPresent, true)
    client.drop()
    world.pass(10_200)
    assert.equal(hasSession(world, 'lasting'), false)
  },
)

worldTest('[MQTT-3.1.2-23] the expiry does not run while the client is connected', (world) => {
  const client = world.connect(lasting(5))
  client.subscribe('s/#', { qos: 1 })
  world.pass(60_000)
  client.drop()
  world.pass(4_800)
  assert.equal(hasSession(world, 'lasting'), true)
})

worldTest('[MQTT-3.1.2-23] the expiry goes on to run over a restart', (world) => {
  leaveSession(world, lasting(10))
  world.pass(6_000)
  world.crash()
  world.pass(3_000)
  const client = world.dial(lasting(10))
  assert.equal(client.connect().sessionPresent, true)
  client.drop()
  world.pass(6_000)
  world.restart()
  world.pass(5_000)
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] a session that expired while the broker was down is gone', (world) => {
  leaveSession(world, lasting(10))
  world.nowMs += 11_000
  world.crash()
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] the expiry 0xFFFFFFFF keeps the session for ever', (world) => {
  leaveSession(world, lasting(NEVER))
  world.nowMs += 50 * 365 * 86_400_000
  world.pass(1_000)
  assert.equal(hasSession(world, 'lasting'), true)
})

worldTest('[MQTT-3.1.2-23] an expiry of a century does not wrap around', (world) => {
  leaveSession(world, lasting(NEVER - 1))
  world.pass(60_000)
  world.restart()
  world.pass(60_000)
  assert.equal(hasSession(world, 'lasting'), true)
})

worldTest('[MQTT-3.1.2-23] each CONNECT sets the expiry anew', (world) => {
  leaveSession(world, lasting(3600))
  const client = world.dial({ clientId: 'lasting', cleanStart: false })
  assert.equal(client.connect().sessionPresent, true)
  client.drop()
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] DISCONNECT may shorten the expiry', (world) => {
  const client = world.connect(lasting(3600))
  client.disconnect(0, 5)
  world.pass(4_800)
  world.connect(lasting(3600)).disconnect(0, 5)
  world.pass(5_200)
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] DISCONNECT with expiry 0 ends the session at once', (world) => {
  world.connect(lasting(3600)).disconnect(0, 0)
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] DISCONNECT may prolong the expiry, for ever as well', (world) => {
  world.connect(lasting(5)).disconnect(0, 60)
  world.pass(55_000)
  const client = world.dial(lasting(5))
  assert.equal(client.connect().sessionPresent, true)
  client.disconnect(0, NEVER)
  world.nowMs += 365 * 86_400_000
  world.pass(1_000)
  assert.equal(hasSession(world, 'lasting'), true)
})

worldTest('[MQTT-3.1.2-23] an expiry changed by DISCONNECT holds over a restart', (world) => {
  world.connect(lasting(3600)).disconnect(0, 10)
  world.pass(6_000)
  world.crash()
  world.pass(5_000)
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] an expiry in DISCONNECT after none in CONNECT is an error', (world) => {
  const client = world.connect(lasting(0))
  client.send('E0 @ 00 <11 00 00 00 01>')
  expectDisconnected(client, PROTOCOL_ERROR)
  assert.equal(hasSession(world, 'lasting'), false)
})

worldTest('[MQTT-3.1.2-23] expiry 0 in DISCONNECT after none in CONNECT is fine', (world) => {
  const client = world.connect(lasting(0))
  client.send('E0 @ 00 <11 00 00 00 00>')
  assert.equal(client.closed, true)
  assert.equal(client.packets.at(-1)?.type, PacketType.CONNACK)
})

worldTest('[MQTT-3.1.3-2] the client identifier alone names the session', (world) => {
  leaveSession(world, { ...lasting(3600), username: 'one' })
  const other = world.dial({ ...lasting(3600), clientId: 'Lasting' })
  assert.equal(other.connect().sessionPresent, false)
  const same = world.dial({ ...lasting(3600), username: 'two' })
  assert.equal(same.connect().sessionPresent, true)
  assert.deepEqual(same.payloads(), ['under way', 'waiting'])
})

worldTest('[MQTT-3.1.4-3] another CONNECT with the identifier ends the older one', (world) => {
  for (const cleanStart of [false, true]) {
    const first = world.connect(lasting(3600, cleanStart))
    const second = world.connect(lasting(3600, cleanStart))
    expectDisconnected(first, TAKEN_OVER)
    assert.equal(second.closed, false)
    const third = world.connect({ clientId: 'lasting' })
    expectDisconnected(second, TAKEN_OVER)
    assert.equal(third.closed, false)
    third.disconnect()
  }
})

worldTest('[MQTT-3.1.4-3] messages under way go on with the connection that took over', (world) => {
  const first = world.connect({ ...lasting(3600), autoAck: false })
  first.subscribe('s/#', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('s/1', 'one', { qos: 1 })
  publisher.publish('s/2', 'two', { qos: 2 })
  const before = first.messages()
  const second = world.dial(lasting(3600))
  assert.equal(second.connect().sessionPresent, true)
  const after = second.messages()
  const shape = ({ payload, packetId }: { payload: string; packetId: number }): unknown[] => {
    return [payload, packetId]
  }
  assert.deepEqual(after.map(shape), before.map(shape))
  assert.ok(after.every(({ dup }) => dup))
})

worldTest('[MQTT-3.1.4-3] of many CONNECTs at once exactly one connection remains', (world) => {
  const old = world.connect({ ...lasting(3600), shard: world.shardCount - 1 })
  old.subscribe('s/#', { qos: 1 })
  const rivals = Array.from({ length: 9 }, (_, index) => {
    return world.dial({ ...lasting(3600), shard: index % world.shardCount })
  })
  for (const rival of rivals) rival.sendLater(rival.connectBytes())
  world.settle()
  assert.equal(old.closed, true)
  assert.equal(rivals.filter(({ closed }) => !closed).length, 1)
  for (const rival of rivals) {
    const types = rival.packets.map(({ type }) => type)
    const expected = rival.closed
      ? [PacketType.CONNACK, PacketType.DISCONNECT]
      : [PacketType.CONNACK]
    assert.deepEqual(types, expected)
    assert.equal(rival.packets[0]?.sessionPresent, true)
  }
  const last = rivals.find(({ closed }) => !closed)!
  assert.deepEqual(reached(world, last, 's/1'), ['now'])
})

worldTest('[MQTT-3.1.4-3] of many CONNECTs of short sessions exactly one remains', (world) => {
  const rivals = Array.from({ length: 9 }, (_, index) => {
    return world.dial({ clientId: 'short', shard: index % world.shardCount })
  })
  for (const rival of rivals) rival.sendLater(rival.connectBytes())
  world.settle()
  assert.equal(rivals.filter(({ closed }) => !closed).length, 1)
  for (const rival of rivals) {
    assert.equal(rival.packets[0]?.type, PacketType.CONNACK)
    assert.equal(rival.packets.length, rival.closed ? 2 : 1)
  }
  const last = rivals.find(({ closed }) => !closed)!
  last.subscribe('s/#', { qos: 1 })
  assert.deepEqual(reached(world, last, 's/1'), ['now'])
})
