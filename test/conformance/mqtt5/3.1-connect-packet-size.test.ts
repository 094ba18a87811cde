import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { Metric } from '#broker/metrics.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { expectClosedSilently, expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const PACKET_TOO_LARGE = 0x95

function limited(maximumPacketSizeBytes: number, more: ConnectOptions = {}): ConnectOptions {
  return { ...more, properties: { maximumPacketSizeBytes, ...more.properties } }
}

/** Bytes of the PUBLISH that a client without a limit gets for a message. */
function sizeOf(world: World, qos: 0 | 1 | 2, payload: string): number {
  const probe = world.connect()
  probe.subscribe('topic/of/size', { qos })
  world.connect().publish('topic/of/size', payload, { qos })
  const { frame } = probe.take(PacketType.PUBLISH)
  probe.disconnect()
  return frame.length
}

/** Subscribes clients with limits around `size` and returns who got the message. */
function whoGets(world: World, qos: 0 | 1 | 2, payload: string, clients: TestClient[]): boolean[] {
  for (const client of clients) client.subscribe('topic/of/size', { qos })
  world.connect().publish('topic/of/size', payload, { qos })
  return clients.map((client) => client.payloads().includes(payload))
}

for (const qos of [0, 1, 2] as const) {
  worldTest(`[MQTT-3.1.2-24] a QoS ${qos} message may be as large as the client says`, (world) => {
    for (const length of [0, 1, 100, 125, 16_400]) {
      const payload = 'x'.repeat(length)
      const size = Math.max(20, sizeOf(world, qos, payload))
      const clients = [size, size + 1].map((max) => world.connect(limited(max)))
      assert.deepEqual(whoGets(world, qos, payload, clients), [true, true])
    }
  })

  worldTest(
    `[MQTT-3.1.2-24] a QoS ${qos} message that is larger by a byte is not sent`,
    (world) => {
      for (const length of [100, 5_000, 16_400]) {
        const payload = 'x'.repeat(length)
        const size = sizeOf(world, qos, payload)
        const clients = [size - 1, 20].map((max) => world.connect(limited(max)))
        assert.deepEqual(whoGets(world, qos, payload, clients), [false, false])
      }
    },
  )

  worldTest(
    `[MQTT-3.1.2-25] what follows a QoS ${qos} message that is too large is sent`,
    (world) => {
      const client = world.connect(limited(50, { properties: { receiveMaximum: 1 } }))
      client.subscribe('t', { qos })
      const publisher = world.connect()
      publisher.publish('t', 'x'.repeat(100), { qos })
      publisher.publish('t', 'x'.repeat(100), { qos })
      publisher.publish('t', 'small', { qos })
      assert.deepEqual(client.payloads(), ['small'])
      assert.equal(client.closed, false)
      assert.equal(world.metric(Metric.DELIVERY_DROPPED_TOO_LARGE), 2)
    },
  )

  worldTest(
    `[MQTT-3.1.2-25] a QoS ${qos} message that is too large counts as delivered`,
    (world) => {
      const options = { clientId: 'kept', properties: { sessionExpiryIntervalSeconds: 3600 } }
      const client = world.connect(limited(50, options))
      client.subscribe('t', { qos })
      world.connect().publish('t', 'x'.repeat(100), { qos })
      client.drop()
      const again = world.dial({ ...options, cleanStart: false })
      assert.equal(again.connect().sessionPresent, true)
      assert.deepEqual(again.payloads(), [])
    },
  )

  worldTest(
    `[MQTT-3.1.2-25] QoS ${qos} messages too large in the queue hold nothing up`,
    (world) => {
      const expiring = { sessionExpiryIntervalSeconds: 3600 }
      const options = { clientId: 'kept', cleanStart: false, properties: expiring }
      const client = world.connect(options)
      client.subscribe('t', { qos })
      client.drop()
      const publisher = world.connect()
      const sizes = [100, 1, 200, 300, 2, 100, 3]
      for (const size of sizes) publisher.publish('t', `${size}`.padEnd(size, 'x'), { qos })
      const properties = { ...expiring, receiveMaximum: 1 }
      const again = world.connect(limited(50, { ...options, properties }))
      assert.deepEqual(again.payloads(), ['1', '2x', '3xx'])
    },
  )
}

worldTest('[MQTT-3.1.2-25] a message too large is kept for clients that take it', (world) => {
  const small = world.connect(limited(50))
  const large = world.connect(limited(500))
  for (const client of [small, large]) client.subscribe('t', { qos: 1 })
  world.connect().publish('t', 'x'.repeat(100), { qos: 1, retain: true })
  assert.equal(small.payloads().length, 0)
  assert.equal(large.payloads().length, 1)
  const late = world.connect(limited(50))
  late.subscribe('t', { qos: 1 })
  assert.equal(late.payloads().length, 0)
  const later = world.connect(limited(500))
  later.subscribe('t', { qos: 1 })
  assert.equal(later.payloads().length, 1)
})

worldTest('[MQTT-3.1.2-24] properties count: what is sent with them stays below', (world) => {
  const properties = { userProperties: [['name', 'v'.repeat(100)] as [string, string]] }
  const client = world.connect(limited(60))
  client.subscribe('t', { qos: 1, subscriptionIdentifier: 7 })
  const publisher = world.connect()
  publisher.publish('t', 'with', { qos: 1, properties })
  publisher.publish('t', 'without', { qos: 1 })
  assert.deepEqual(client.payloads(), ['without'])
})

worldTest('[MQTT-3.1.2-24] an alias that makes the packet too large is not used', (world) => {
  const publisher = world.connect()
  const properties = { topicAliasMaximum: 10 }
  const client = world.connect(limited(30, { properties }))
  client.subscribe('a/b/c', { qos: 0 })
  // 2 + 2 + 5 + 1 bytes before the payload, 3 more with an alias.
  publisher.publish('a/b/c', 'x'.repeat(20))
  publisher.publish('a/b/c', 'y'.repeat(17))
  publisher.publish('a/b/c', 'z'.repeat(22))
  const got = client.messages()
  const shape = got.map(({ topic, payload, properties: { topicAlias } }) => {
    return [topic, payload.slice(0, 1), topicAlias]
  })
  assert.deepEqual(shape, [
    ['a/b/c', 'x', undefined],
    ['a/b/c', 'y', 1],
    ['', 'z', 1],
  ])
  assert.ok(got.every(({ frame }) => frame.length <= 30))
})

worldTest('[MQTT-3.1.2-24] a SUBACK that the client does not take is not sent', (world) => {
  const client = world.connect(limited(20))
  const filters = Array.from({ length: 50 }, (_, index) => `s"t${index}" 00`)
  client.send(`82 @ 00 01 <> ${filters.join(' ')}`)
  assert.ok(client.packets.every(({ frame }) => frame.length <= 20))
  assert.equal(client.packets.at(-1)?.type, PacketType.DISCONNECT)
  assert.equal(client.packets.at(-1)?.reason, PACKET_TOO_LARGE)
  assert.equal(client.closed, true)
})

worldTest('[MQTT-3.1.2-24] an UNSUBACK that the client does not take is not sent', (world) => {
  const client = world.connect(limited(20))
  const filters = Array.from({ length: 50 }, (_, index) => `s"t${index}"`)
  client.send(`A2 @ 00 01 <> ${filters.join(' ')}`)
  assert.ok(client.packets.every(({ frame }) => frame.length <= 20))
  assert.equal(client.packets.at(-1)?.reason, PACKET_TOO_LARGE)
  assert.equal(client.closed, true)
})

worldTest('[MQTT-3.1.2-24] a DISCONNECT leaves out what would make it too large', (world) => {
  const client = world.connect(limited(20))
  client.send('00 00')
  const disconnect = client.packets.at(-1)!
  assert.equal(disconnect.type, PacketType.DISCONNECT)
  assert.equal(disconnect.reason, 0x81)
  assert.equal(disconnect.properties.reasonString, undefined)
  assert.ok(disconnect.frame.length <= 20)
})

worldTest('[MQTT-3.1.2-24] a client that cannot take its CONNACK is refused', (world) => {
  for (const max of [5, 10]) {
    const client = world.dial(limited(max))
    client.tryConnect()
    expectRefused(client, PACKET_TOO_LARGE)
    assert.ok(client.packets.every(({ frame }) => frame.length <= max))
  }
})

worldTest('[MQTT-3.1.2-24] a client that can take no CONNACK at all is closed', (world) => {
  for (const max of [1, 2, 4]) {
    const client = world.dial(limited(max))
    client.tryConnect()
    expectClosedSilently(client)
  }
})

worldTest(
  '[MQTT-3.2.2-15] a packet above the maximum of the broker ends it with 0x95',
  (world) => {
    const client = world.dial()
    assert.equal(client.connect().properties.maximumPacketSizeBytes, 1_000)
    const subscriber = world.connect()
    subscriber.subscribe('t')
    client.publish('t', 'x'.repeat(1_000 - 7))
    assert.equal(client.closed, false)
    assert.equal(subscriber.messages().length, 1)
    client.publish('t', 'x'.repeat(1_000 - 6))
    assert.equal(client.packets.at(-1)?.reason, PACKET_TOO_LARGE)
    assert.equal(client.closed, true)
    assert.equal(subscriber.messages().length, 0)
  },
  { mqtt: { packetBytesMax: 1_000 } },
)

worldTest('[MQTT-3.2.2-15] the header alone of a packet too large ends the connection', (world) => {
  const client = world.connect()
  client.send('30 FF FF FF 7F')
  assert.equal(client.packets.at(-1)?.reason, PACKET_TOO_LARGE)
  assert.equal(client.closed, true)
})

worldTest(
  '[MQTT-3.2.2-15] a CONNECT above the maximum of the broker gets 0x95',
  (world) => {
    const client = world.dial({ username: 'x'.repeat(2_000) })
    client.tryConnect()
    expectRefused(client, PACKET_TOO_LARGE)
  },
  { mqtt: { packetBytesMax: 1_000 } },
)

worldTest(
  '[MQTT-3.2.2-15] what cannot be known to be MQTT 5 is closed without CONNACK',
  (world) => {
    const client = world.dial()
    client.send('10 FF FF FF 7F')
    expectClosedSilently(client)
  },
)
