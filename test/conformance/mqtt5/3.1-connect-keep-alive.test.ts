import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { Access } from '#broker/ports.ts'
import { expectClosedSilently, expectDisconnected } from '../../support/expect.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

const KEEP_ALIVE_TIMEOUT = 0x8d

worldTest('[MQTT-3.1.2-22] silence of one and a half keep alives ends in 0x8D', (world) => {
  const client = world.connect({ keepAliveSeconds: 10 })
  world.pass(14_900)
  assert.equal(client.closed, false)
  world.pass(200)
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-3.1.2-22] the silence counts from the last packet', (world) => {
  const client = world.connect({ keepAliveSeconds: 10 })
  world.pass(13_700)
  client.ping()
  world.pass(14_800)
  assert.equal(client.closed, false)
  world.pass(400)
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-3.1.2-22] every packet of the client counts', (world) => {
  const publisher = world.connect()
  const client = world.connect({ keepAliveSeconds: 10, autoAck: false })
  client.subscribe('t', { qos: 2 })
  publisher.publish('t', 'm', { qos: 1 })
  publisher.publish('t', 'm', { qos: 2 })
  const [one, two] = client.messages()
  const packets: Array<(from: TestClient) => void> = [
    (from) => from.ping(),
    (from) => void from.publish('x', 'm'),
    (from) => void from.publish('x', 'm', { qos: 2, packetId: 9 }),
    (from) => from.ack(PacketType.PUBREL, 9),
    (from) => from.ack(PacketType.PUBACK, one!.packetId),
    (from) => from.ack(PacketType.PUBREC, two!.packetId),
    (from) => from.ack(PacketType.PUBCOMP, two!.packetId),
    (from) => void from.subscribe('y'),
    (from) => void from.unsubscribe('y'),
  ]
  for (const packet of packets) {
    world.pass(14_000)
    packet(client)
  }
  world.pass(14_000)
  assert.equal(client.closed, false)
})

worldTest('[MQTT-3.1.2-22] bytes that never make a packet do not count', (world) => {
  const client = world.connect({ keepAliveSeconds: 10 })
  const packet = client.publishBytes('t', 'x'.repeat(100))
  for (let second = 0; second < 15; second++) {
    client.sendBytes(packet.subarray(second, second + 1))
    assert.equal(client.closed, false)
    world.pass(1_000)
  }
  world.pass(200)
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-3.1.2-22] a large packet may take its time while it goes on', (world) => {
  const client = world.connect({ keepAliveSeconds: 10 })
  client.subscribe('t')
  const packet = client.publishBytes('t', 'x'.repeat(40_000))
  for (let offset = 0; offset < packet.length; offset += 10_000) {
    world.pass(14_000)
    client.sendBytes(packet.subarray(offset, offset + 10_000))
  }
  assert.equal(client.payloads()[0]?.length, 40_000)
})

worldTest('[MQTT-3.1.2-22] what the broker sends does not count', (world) => {
  const client = world.connect({ keepAliveSeconds: 10 })
  client.subscribe('t')
  const publisher = world.connect()
  for (let second = 0; second < 16; second++) {
    publisher.publish('t', 'm')
    world.pass(1_000)
  }
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-3.1.2-22] keep alive 0 switches it off', (world) => {
  const client = world.connect({ keepAliveSeconds: 0 })
  world.pass(3_600_000)
  assert.equal(client.closed, false)
})

worldTest('[MQTT-3.1.2-22] the longest keep alive is not cut short', (world) => {
  const client = world.connect({ keepAliveSeconds: 65_535 })
  world.nowMs += 98_300_000
  world.pass(2_000)
  assert.equal(client.closed, false)
  world.pass(1_000)
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-3.1.2-22] the session goes on as after a failure of the network', (world) => {
  const properties = { sessionExpiryIntervalSeconds: 3600 }
  const client = world.connect({ clientId: 'kept', keepAliveSeconds: 1, properties })
  client.subscribe('t', { qos: 1 })
  world.pass(2_000)
  assert.equal(client.closed, true)
  world.connect().publish('t', 'm', { qos: 1 })
  const again = world.dial({ clientId: 'kept', cleanStart: false })
  assert.equal(again.connect().sessionPresent, true)
  assert.deepEqual(again.payloads(), ['m'])
})

worldTest('[MQTT-3.1.2-22] a 3.1.1 client is closed without a packet', (world) => {
  const client = world.connect({ keepAliveSeconds: 4, version: ProtocolVersion.V311 })
  client.take(PacketType.CONNACK)
  world.pass(6_200)
  expectClosedSilently(client)
})

worldTest('[MQTT-3.1.2-22] while the broker takes no packets, no time passes', (world) => {
  let decide: (allowed: boolean) => void = () => {}
  world.access.authorizePublish = (_who, _topic, _qos, _retain, done) => {
    decide = done
    return Access.PENDING
  }
  const client = world.connect({ keepAliveSeconds: 10 })
  client.publish('t', 'm', { qos: 1 })
  world.pass(60_000)
  assert.equal(client.closed, false)
  decide(true)
  world.pass(14_800)
  assert.equal(client.closed, false)
  world.pass(400)
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

worldTest(
  '[MQTT-3.1.2-22] the time after which silence is too long can be configured',
  (world) => {
    const client = world.connect({ keepAliveSeconds: 10 })
    world.pass(19_800)
    assert.equal(client.closed, false)
    world.pass(400)
    expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
  },
  { mqtt: { keepAliveMultiplier: 2 } },
)

worldTest('[MQTT-3.2.2-22] without a Server Keep Alive the value of the client holds', (world) => {
  const client = world.dial({ keepAliveSeconds: 3 })
  const connack = client.connect()
  assert.equal(connack.properties.serverKeepAliveSeconds, undefined)
  world.pass(4_300)
  assert.equal(client.closed, false)
  world.pass(400)
  expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
})

for (const keepAliveSeconds of [0, 5, 100]) {
  worldTest(
    `[MQTT-3.2.2-22] a Server Keep Alive holds instead of ${keepAliveSeconds} seconds`,
    (world) => {
      const client = world.dial({ keepAliveSeconds })
      const connack = client.connect()
      assert.equal(connack.properties.serverKeepAliveSeconds, 20)
      world.pass(29_700)
      assert.equal(client.closed, false)
      world.pass(500)
      expectDisconnected(client, KEEP_ALIVE_TIMEOUT)
    },
    { mqtt: { serverKeepAliveSeconds: 20 } },
  )
}

worldTest(
  '[MQTT-3.2.2-22] a client that cannot be told of a Server Keep Alive keeps its own',
  (world) => {
    for (const version of [ProtocolVersion.V31, ProtocolVersion.V311]) {
      const short = world.connect({ keepAliveSeconds: 5, version })
      const long = world.connect({ keepAliveSeconds: 100, version })
      const none = world.connect({ keepAliveSeconds: 0, version })
      world.pass(8_000)
      assert.equal(short.closed, true)
      world.pass(140_000)
      assert.equal(long.closed, false)
      world.pass(5_000)
      assert.equal(long.closed, true)
      assert.equal(none.closed, false)
    }
  },
  { mqtt: { serverKeepAliveSeconds: 20 } },
)
