import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { Access } from '#broker/ports.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

const V311 = { version: ProtocolVersion.V311 }

/** Topic, payload, QoS and retain flag of what a new subscription brings. */
function retained(world: World, filter: string, qos: 0 | 1 | 2 = 2): unknown[][] {
  const client = world.connect(V311)
  client.subscribe(filter, { qos })
  const messages = client.messages()
  client.disconnect()
  return messages.map((message) => {
    return [message.topic, message.payload, message.qos, message.retain]
  })
}

worldTest('[MQTT311-3.3.1-6] a new subscription gets the last of each matching topic', (world) => {
  const publisher = world.connect(V311)
  for (const topic of ['r/a', 'r/b', 's/a']) {
    for (const payload of ['old', 'new'])
      publisher.publish(topic, payload, { retain: true, qos: 1 })
  }
  publisher.publish('r/b', 'passing', { qos: 1 })
  const seen = retained(world, 'r/+').map((fields) => fields.join(' '))
  assert.deepEqual(new Set(seen), new Set(['r/a new 1 true', 'r/b new 1 true']))
  assert.equal(seen.length, 2)
  assert.deepEqual(retained(world, 's/a', 0), [['s/a', 'new', 0, true]])
  assert.equal(retained(world, '#').length, 3)
  assert.deepEqual(retained(world, 'none'), [])
})

worldTest('[MQTT311-3.3.1-6] the same SUBSCRIBE again gets them again', (world) => {
  world.connect(V311).publish('r', 'm', { retain: true, qos: 1 })
  const client = world.connect(V311)
  for (let round = 0; round < 3; round++) {
    client.subscribe('r', { qos: 1 })
    assert.deepEqual(client.payloads(), ['m'])
  }
})

worldTest('[MQTT311-3.3.1-7] RETAIN 1 at QoS 0 takes the place of the older message', (world) => {
  const publisher = world.connect(V311)
  for (const qos of [1, 2] as const) {
    publisher.publish('r', 'old', { retain: true, qos })
    publisher.publish('r', 'new', { retain: true, qos: 0 })
    assert.deepEqual(retained(world, 'r'), [['r', 'new', 0, true]])
  }
  publisher.publish('r', '', { retain: true, qos: 0 })
  assert.deepEqual(retained(world, 'r'), [])
})

worldTest('[MQTT311-3.3.1-8] a retained message has RETAIN 1 for a new subscription', (world) => {
  world.connect(V311).publish('r', 'm', { retain: true, qos: 2 })
  for (const qos of [0, 1, 2] as const) {
    assert.deepEqual(retained(world, 'r', qos), [['r', 'm', qos, true]])
    assert.deepEqual(retained(world, '+', qos), [['r', 'm', qos, true]])
  }
})

worldTest(
  '[MQTT311-3.3.1-9] an existing subscription gets every message with RETAIN 0',
  (world) => {
    const client = world.connect(V311)
    client.subscribe('r', { qos: 2 })
    for (const options of [V311, {}]) {
      const publisher = world.connect(options)
      for (const qos of [0, 1, 2] as const) {
        for (const retain of [false, true]) publisher.publish('r', 'm', { qos, retain })
      }
      publisher.publish('r', '', { retain: true })
    }
    const flags = client.messages().map(({ retain }) => retain)
    assert.deepEqual(
      flags,
      Array.from({ length: 14 }, () => false),
    )
  },
)

worldTest('[MQTT311-3.3.1-9] a message that waited for its subscriber has RETAIN 0', (world) => {
  const options = { ...V311, clientId: 'kept', cleanStart: false }
  const first = world.connect(options)
  first.subscribe('r', { qos: 1 })
  first.drop()
  world.connect(V311).publish('r', 'm', { qos: 1, retain: true })
  assert.equal(world.connect(options).take(PacketType.PUBLISH).retain, false)
})

worldTest('[MQTT311-3.3.5-2] an unauthorised PUBLISH is acknowledged as usual', (world) => {
  const subscriber = world.connect(V311)
  subscriber.subscribe('#', { qos: 2 })
  world.access.authorizePublish = () => Access.DENY
  const client = world.connect(V311)
  client.publish('t', '0', { retain: true })
  const one = client.publish('t', '1', { qos: 1, retain: true })
  const two = client.publish('t', '2', { qos: 2, retain: true })
  assert.equal(client.take(PacketType.PUBACK).packetId, one)
  assert.equal(client.take(PacketType.PUBREC).packetId, two)
  assert.equal(client.take(PacketType.PUBCOMP).packetId, two)
  assert.equal(client.closed, false)
  assert.deepEqual(subscriber.payloads(), [])
  assert.deepEqual(retained(world, '#'), [])
})
