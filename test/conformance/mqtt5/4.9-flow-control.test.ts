import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { kept } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** A subscriber with so many messages waiting that its window is full. */
function full(world: World, receiveMaximum: number, count: number, qos: 1 | 2): TestClient {
  const client = world.connect({ autoAck: false, properties: { receiveMaximum } })
  client.subscribe('t', { qos })
  const publisher = world.connect()
  for (let index = 0; index < count; index++) publisher.publish('t', `${index}`, { qos })
  return client
}

worldTest('[MQTT-4.9.0-1] [MQTT-4.9.0-2] no more than the receive maximum is open', (world) => {
  for (const receiveMaximum of [1, 2, 7, 50]) {
    for (const qos of [1, 2] as const) {
      const client = full(world, receiveMaximum, 60, qos)
      assert.equal(client.messages().length, receiveMaximum)
      client.drop()
    }
  }
})

worldTest('[MQTT-4.9.0-1] without a receive maximum 65535 could be open', (world) => {
  const client = world.connect({ autoAck: false })
  client.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  for (let index = 0; index < 2_000; index++) publisher.publish('t', `${index}`, { qos: 1 })
  const open = client.messages().length
  assert.equal(open, world.settings.mqtt.inflightMax, 'as far as the configuration allows')
  assert.ok(open > 0 && open <= 65_535)
})

worldTest('[MQTT-4.9.0-2] PUBACK and a PUBREC that refuses make room for one each', (world) => {
  const client = full(world, 2, 6, 1)
  const [first] = client.messages()
  client.ack(PacketType.PUBACK, first!.packetId)
  assert.deepEqual(client.payloads(), ['2'])
  const other = full(world, 2, 6, 2)
  const [refused, taken] = other.messages()
  other.ack(PacketType.PUBREC, refused!.packetId, 0x97)
  assert.deepEqual(other.payloads(), ['2'])
  other.ack(PacketType.PUBREC, taken!.packetId)
  assert.deepEqual(other.payloads(), [], 'PUBREC alone does not')
  other.ack(PacketType.PUBCOMP, taken!.packetId)
  assert.deepEqual(other.payloads(), ['3'], 'PUBCOMP does')
})

worldTest('[MQTT-4.9.0-2] acknowledgements for nothing make no room', (world) => {
  const client = full(world, 1, 3, 1)
  const [{ packetId } = { packetId: 0 }] = client.messages()
  for (let round = 0; round < 3; round++) {
    client.ack(PacketType.PUBACK, packetId + 10 + round)
    client.ack(PacketType.PUBCOMP, packetId)
  }
  assert.deepEqual(client.payloads(), [])
  client.ack(PacketType.PUBACK, packetId)
  client.ack(PacketType.PUBACK, packetId)
  assert.deepEqual(client.payloads(), ['1'])
})

worldTest('[MQTT-4.9.0-2] the window of a new connection is its own', (world) => {
  const wide = kept('keeper', { autoAck: false, properties: { receiveMaximum: 10 } })
  const client = world.connect(wide)
  client.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  for (let index = 0; index < 20; index++) publisher.publish('t', `${index}`, { qos: 2 })
  assert.equal(client.messages().length, 10)
  client.drop()
  const narrow = kept('keeper', { autoAck: false, properties: { receiveMaximum: 3 } })
  const again = world.connect(narrow)
  assert.deepEqual(again.payloads(), ['0', '1', '2'])
  again.drop()
  assert.equal(world.connect(wide).messages().length, 10)
})

worldTest('[MQTT-4.9.0-2] a message that the client cannot take uses no room', (world) => {
  const properties = { receiveMaximum: 1, maximumPacketSizeBytes: 60 }
  for (const qos of [1, 2] as const) {
    const client = world.connect(kept(`keeper-${qos}`, { autoAck: false, properties }))
    client.subscribe('t', { qos })
    const publisher = world.connect()
    const large = 'x'.repeat(100)
    world.together(() => {
      for (const payload of [large, 'small', large, large, 'small too']) {
        publisher.publish('t', payload, { qos })
      }
    })
    const [small] = client.messages()
    assert.equal(small?.payload, 'small')
    client.ack(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, small.packetId)
    if (qos === 2) client.ack(PacketType.PUBCOMP, small.packetId)
    assert.deepEqual(client.payloads(), ['small too'])
    client.drop()
  }
})

worldTest('[MQTT-4.9.0-2] a message that expires while it waits uses no room', (world) => {
  for (const qos of [1, 2] as const) {
    const client = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
    client.subscribe('t', { qos })
    const publisher = world.connect()
    publisher.publish('t', 'first', { qos })
    const properties = { messageExpiryIntervalSeconds: 1 }
    for (let index = 0; index < 5; index++) publisher.publish('t', 'old', { qos, properties })
    publisher.publish('t', 'last', { qos })
    world.pass(2_000)
    const [first] = client.messages()
    client.ack(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, first!.packetId)
    if (qos === 2) client.ack(PacketType.PUBCOMP, first!.packetId)
    assert.deepEqual(client.payloads(), ['last'])
    client.drop()
  }
})

worldTest('[MQTT-4.9.0-3] everything else goes on while the window is full', (world) => {
  const client = full(world, 1, 5, 2)
  const [{ packetId } = { packetId: 0 }] = client.messages()
  client.packets.length = 0
  client.ping()
  client.take(PacketType.PINGRESP)
  assert.deepEqual(client.subscribe('u', { qos: 0 }), [0])
  assert.deepEqual(client.unsubscribe('t'), [0])
  client.publish('x', 'm', { qos: 1 })
  client.take(PacketType.PUBACK)
  client.publish('x', 'm', { qos: 2, packetId: 99 })
  client.take(PacketType.PUBREC)
  client.ack(PacketType.PUBREL, 99)
  client.take(PacketType.PUBCOMP)
  world.connect().publish('u', 'QoS 0', { qos: 2 })
  assert.deepEqual(client.payloads(), ['QoS 0'])
  client.ack(PacketType.PUBREC, packetId)
  assert.equal(client.take(PacketType.PUBREL).packetId, packetId)
})

worldTest('[MQTT-4.9.0-3] the client may send its full window at the same time', (world) => {
  const client = full(world, 1, 5, 2)
  client.packets.length = 0
  for (let index = 0; index < 500; index++) client.publish('x', 'm', { qos: 2 })
  assert.equal(client.closed, false)
  assert.equal(client.packets.length, 500)
})
