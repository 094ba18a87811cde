import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { expectDisconnected } from '../../support/expect.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

const { PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK } = PacketType
const THREE = { mqtt: { awaitingRelMax: 3 } }

/** A client that takes `receiveMaximum` messages at a time and answers by hand. */
function windowed(receiveMaximum: number, more: ConnectOptions = {}): ConnectOptions {
  return {
    clientId: 'windowed',
    cleanStart: false,
    autoAck: false,
    ...more,
    properties: { receiveMaximum, sessionExpiryIntervalSeconds: 3600 },
  }
}

function ids(client: TestClient): number[] {
  return client.messages().map(({ packetId }) => packetId)
}

worldTest(
  '[MQTT-3.3.4-7] as many QoS 2 messages as the broker allows may be open',
  (world) => {
    const client = world.dial({ autoAck: false })
    assert.equal(client.connect().properties.receiveMaximum, 3)
    for (const packetId of [1, 2, 3]) client.publish('t', 'm', { qos: 2, packetId })
    assert.equal(client.closed, false)
    client.ack(PUBREL, 1)
    client.publish('t', 'm', { qos: 2, packetId: 4 })
    assert.equal(client.closed, false)
    client.publish('t', 'm', { qos: 2, packetId: 5 })
    expectDisconnected(client, ReasonCode.RECEIVE_MAXIMUM_EXCEEDED)
  },
  THREE,
)

worldTest(
  '[MQTT-3.3.4-7] open QoS 2 messages count for QoS 1 messages as well, not for QoS 0',
  (world) => {
    const client = world.connect({ autoAck: false })
    for (const packetId of [1, 2, 3]) client.publish('t', 'm', { qos: 2, packetId })
    for (let index = 0; index < 10; index++) client.publish('t', 'm')
    assert.equal(client.closed, false)
    client.publish('t', 'm', { qos: 1, packetId: 4 })
    expectDisconnected(client, ReasonCode.RECEIVE_MAXIMUM_EXCEEDED)
  },
  THREE,
)

worldTest(
  '[MQTT-3.3.4-7] acknowledged messages do not count',
  (world) => {
    const client = world.connect()
    for (let index = 0; index < 20; index++) client.publish('t', 'm', { qos: 1 })
    for (let index = 0; index < 20; index++) client.publish('t', 'm', { qos: 2 })
    assert.equal(client.closed, false)
  },
  THREE,
)

worldTest(
  '[MQTT-3.3.4-7] refused messages do not count',
  (world) => {
    world.access.authorizePublish = () => Access.DENY
    const client = world.connect({ autoAck: false })
    for (let index = 0; index < 20; index++) client.publish('t', 'm', { qos: 2 })
    for (let index = 0; index < 20; index++) client.publish('t', 'm', { qos: 1 })
    assert.equal(client.closed, false)
  },
  THREE,
)

worldTest(
  '[MQTT-3.3.4-7] an open QoS 2 message that is sent again does not count twice',
  (world) => {
    const client = world.connect({ autoAck: false })
    for (const packetId of [1, 2, 3]) client.publish('t', 'm', { qos: 2, packetId })
    for (const packetId of [1, 2, 3]) client.publish('t', 'm', { qos: 2, packetId, dup: true })
    assert.equal(client.closed, false)
  },
  THREE,
)

worldTest(
  '[MQTT-3.3.4-7] open QoS 2 messages of the session count on the next connection',
  (world) => {
    const options = windowed(10)
    const first = world.connect(options)
    for (const packetId of [1, 2, 3]) first.publish('t', 'm', { qos: 2, packetId })
    first.drop()
    const second = world.connect(options)
    for (const packetId of [1, 2, 3]) {
      second.publish('t', 'm', { qos: 2, packetId, dup: true })
      assert.equal(second.take(PUBREC).reason, 0)
    }
    for (const packetId of [1, 2, 3]) second.ack(PUBREL, packetId)
    second.publish('t', 'm', { qos: 2, packetId: 4 })
    assert.equal(second.closed, false)
  },
  THREE,
)

for (const qos of [1, 2] as const) {
  worldTest(`[MQTT-3.3.4-9] QoS ${qos} messages stay within the window of the client`, (world) => {
    for (const receiveMaximum of [1, 2, 10]) {
      const client = world.connect(windowed(receiveMaximum, { cleanStart: true }))
      client.subscribe('t', { qos })
      const publisher = world.connect()
      for (let index = 0; index < 20; index++) publisher.publish('t', `${index}`, { qos })
      const got: string[] = []
      for (;;) {
        const messages = client.messages()
        assert.ok(messages.length <= receiveMaximum)
        got.push(...messages.map(({ payload }) => payload))
        if (messages.length === 0) break
        for (const { packetId } of messages) {
          if (qos === 1) client.ack(PUBACK, packetId)
          else {
            client.ack(PUBREC, packetId)
            client.ack(PUBCOMP, packetId)
          }
        }
      }
      assert.deepEqual(
        got,
        Array.from({ length: 20 }, (_, index) => `${index}`),
      )
    }
  })

  worldTest(`[MQTT-3.3.4-9] QoS ${qos} messages sent again stay within the new window`, (world) => {
    const first = world.connect(windowed(10))
    first.subscribe('t', { qos })
    const publisher = world.connect()
    for (let index = 0; index < 8; index++) publisher.publish('t', `${index}`, { qos })
    const before = ids(first)
    assert.equal(before.length, 8)
    first.drop()
    const second = world.connect(windowed(3))
    assert.deepEqual(ids(second), before.slice(0, 3))
    publisher.publish('t', 'new', { qos })
    assert.deepEqual(ids(second), [])
    if (qos === 1) second.ack(PUBACK, before[0]!)
    else {
      second.ack(PUBREC, before[0]!)
      assert.deepEqual(ids(second), [])
      second.ack(PUBCOMP, before[0]!)
    }
    assert.deepEqual(ids(second), [before[3]])
  })
}

worldTest('[MQTT-3.3.4-9] a QoS 2 message leaves the window with PUBCOMP', (world) => {
  const client = world.connect(windowed(1))
  client.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  for (let index = 0; index < 3; index++) publisher.publish('t', `${index}`, { qos: 2 })
  const [first] = ids(client)
  client.ack(PUBREC, first!)
  assert.deepEqual(ids(client), [])
  client.ack(PUBCOMP, first!)
  const [second] = ids(client)
  // A refused one leaves it with PUBREC.
  client.ack(PUBREC, second!, 0x80)
  assert.equal(ids(client).length, 1)
})

worldTest('[MQTT-3.3.4-9] a refused QoS 1 message leaves the window', (world) => {
  const client = world.connect(windowed(1))
  client.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  for (let index = 0; index < 2; index++) publisher.publish('t', `${index}`, { qos: 1 })
  client.ack(PUBACK, ids(client)[0]!, 0x97)
  assert.equal(ids(client).length, 1)
})

worldTest('[MQTT-3.3.4-9] released messages of the session count in the new window', (world) => {
  const first = world.connect(windowed(2))
  first.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'released', { qos: 2 })
  const [released] = ids(first)
  first.ack(PUBREC, released!)
  first.drop()
  const second = world.connect(windowed(1))
  assert.equal(second.take(PUBREL).packetId, released)
  publisher.publish('t', 'next', { qos: 1 })
  assert.deepEqual(ids(second), [])
  second.ack(PUBCOMP, released!)
  assert.equal(ids(second).length, 1)
})

worldTest(
  '[MQTT-3.3.4-9] without a Receive Maximum the limit of the broker holds',
  (world) => {
    const client = world.connect({ autoAck: false })
    client.subscribe('t', { qos: 1 })
    const publisher = world.connect()
    for (let index = 0; index < 20; index++) publisher.publish('t', 'm', { qos: 1 })
    assert.equal(ids(client).length, 12)
  },
  { mqtt: { inflightMax: 12 } },
)

worldTest('[MQTT-3.3.4-10] a full window holds up nothing but QoS 1 and 2', (world) => {
  const client = world.connect(windowed(1))
  client.subscribe('t', { qos: 2 })
  client.subscribe('zero', { qos: 0 })
  const publisher = world.connect()
  for (let index = 0; index < 5; index++) publisher.publish('t', `${index}`, { qos: 1 })
  const [first] = client.messages()
  client.packets.length = 0
  publisher.publish('zero', 'm', { qos: 2 })
  publisher.publish('t', 'zero', { qos: 0 })
  assert.deepEqual(client.payloads(), ['m', 'zero'])
  client.ping()
  client.take(PacketType.PINGRESP)
  client.send('82 @ 00 09 <> s"other" 01')
  client.take(SUBACK)
  client.send('A2 @ 00 0A <> s"other"')
  client.take(PacketType.UNSUBACK)
  client.publish('x', 'm', { qos: 1 })
  client.take(PUBACK)
  client.publish('x', 'm', { qos: 2, packetId: 77 })
  client.take(PUBREC)
  client.ack(PUBREL, 77)
  client.take(PUBCOMP)
  client.ack(PUBREC, first!.packetId + 1)
  client.take(PUBREL)
  assert.deepEqual(client.messages(), [])
  client.ack(PUBACK, first!.packetId)
  assert.deepEqual(client.payloads(), ['1'])
})
