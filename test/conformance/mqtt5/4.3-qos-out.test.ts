import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import type { ServerPacket } from '../../support/server-packets.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** QoS 1 and 2 from the broker to its clients; `4.3-qos-in` has the other direction. */

function subscriber(world: World, qos: 1 | 2, receiveMaximum = 100): TestClient {
  const client = world.connect(kept('keeper', { autoAck: false, properties: { receiveMaximum } }))
  client.subscribe('t', { qos })
  return client
}

function again(world: World): TestClient {
  return world.connect(kept('keeper', { autoAck: false }))
}

worldTest('[MQTT-4.3.1-1] QoS 0 is sent with QoS 0 and DUP 0, once', (world) => {
  const client = world.connect(kept('keeper'))
  client.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'now')
  client.drop()
  publisher.publish('t', 'while away')
  const later = world.connect(kept('keeper'))
  for (const [device, payload] of [
    [client, 'now'],
    [later, 'while away'],
  ] as const) {
    const [message, ...more] = device.messages()
    assert.deepEqual(more, [])
    assert.equal(message?.payload, payload)
    assert.equal(message.qos, 0)
    assert.equal(message.dup, false)
    assert.equal(message.packetId, 0)
  }
  assert.deepEqual(world.connect(kept('keeper')).payloads(), [])
})

for (const qos of [1, 2] as const) {
  const tag = `MQTT-4.3.${qos + 1}`
  worldTest(
    `[MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.3-1] [MQTT-4.3.3-2] QoS ${qos}: first time`,
    (world) => {
      const client = subscriber(world, qos)
      const publisher = world.connect()
      // What the publisher says of its own delivery is not passed on.
      publisher.publish('t', 'a', { qos, packetId: 77, dup: true })
      publisher.publish('t', 'b', { qos, packetId: 78 })
      const first = client.messages()
      assert.deepEqual(
        first.map((message) => [message.payload, message.qos, message.dup]),
        [
          ['a', qos, false],
          ['b', qos, false],
        ],
        tag,
      )
      const [one, two] = first.map(({ packetId }) => packetId)
      assert.ok(one! > 0 && two! > 0 && one !== two, 'each has an identifier of its own')
    },
  )
}

worldTest('[MQTT-4.3.2-1] [MQTT-4.3.3-1] an identifier in use is never given again', (world) => {
  const client = subscriber(world, 2, 3)
  const publisher = world.connect()
  client.packets.length = 0
  const open = new Set<number>()
  let received = 0
  const answer = (packet: ServerPacket): void => {
    const { type, packetId, qos } = packet
    if (type === PacketType.PUBREL) {
      client.ack(PacketType.PUBCOMP, packetId)
      open.delete(packetId)
      return
    }
    assert.ok(packetId > 0 && !open.has(packetId), `${packetId} is free`)
    open.add(packetId)
    // The first message stays open while the others go round all identifiers.
    if (++received === 1) return
    client.ack(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, packetId)
    if (qos === 1) open.delete(packetId)
  }
  for (let round = 0; round < 70; round++) {
    const qos = round % 2 === 0 ? 1 : 2
    world.together(() => {
      for (let count = 0; count < 1_000; count++) publisher.publish('t', `${count}`, { qos })
    })
    while (client.packets.length > 0) {
      const packets = client.packets.splice(0)
      world.together(() => packets.forEach(answer))
    }
  }
  assert.equal(received, 70_000)
  assert.equal(open.size, 1)
})

worldTest('[MQTT-4.3.2-3] a QoS 1 message stays open until PUBACK', (world) => {
  const client = subscriber(world, 1, 1)
  const publisher = world.connect()
  publisher.publish('t', '1', { qos: 1 })
  publisher.publish('t', '2', { qos: 1 })
  const [first] = client.messages()
  client.ack(PacketType.PUBREC, first!.packetId)
  client.ack(PacketType.PUBCOMP, first!.packetId)
  client.ack(PacketType.PUBACK, first!.packetId + 1)
  assert.deepEqual(client.payloads(), [], 'other acknowledgements do not count')
  client.drop()
  const resumed = again(world)
  const [resent, next] = resumed.messages()
  assert.deepEqual([resent?.payload, resent?.packetId], ['1', first!.packetId])
  assert.equal(next?.payload, '2')
  resumed.ack(PacketType.PUBACK, first!.packetId)
  resumed.drop()
  assert.deepEqual(again(world).payloads(), ['2'], 'PUBACK has ended it')
})

worldTest('[MQTT-4.3.3-3] a QoS 2 message stays open until PUBREC', (world) => {
  const client = subscriber(world, 2)
  world.connect().publish('t', 'm', { qos: 2 })
  const [first] = client.messages()
  client.ack(PacketType.PUBACK, first!.packetId)
  client.drop()
  const resumed = again(world)
  const [resent] = resumed.messages()
  assert.deepEqual([resent?.packetId, resent?.dup], [first!.packetId, true])
  resumed.ack(PacketType.PUBREC, first!.packetId)
  resumed.drop()
  assert.deepEqual(again(world).payloads(), [], 'PUBREC has ended it')
})

worldTest('[MQTT-4.3.3-4] PUBREC is answered by PUBREL with the same identifier', (world) => {
  const client = subscriber(world, 2)
  const publisher = world.connect()
  for (const payload of ['1', '2', '3']) publisher.publish('t', payload, { qos: 2 })
  const ids = client.messages().map(({ packetId }) => packetId)
  for (const id of ids.toReversed()) {
    client.ack(PacketType.PUBREC, id)
    const pubrel = client.take(PacketType.PUBREL)
    assert.deepEqual([pubrel.packetId, pubrel.reason], [id, 0])
  }
  client.ack(PacketType.PUBREC, ids[0]!)
  assert.equal(client.take(PacketType.PUBREL).packetId, ids[0], 'a second PUBREC as well')
})

worldTest('[MQTT-4.3.3-5] PUBREL stays open until PUBCOMP', (world) => {
  const client = subscriber(world, 2)
  world.connect().publish('t', 'm', { qos: 2 })
  const [{ packetId } = { packetId: 0 }] = client.messages()
  client.ack(PacketType.PUBREC, packetId)
  client.take(PacketType.PUBREL)
  client.drop()
  const resumed = again(world)
  assert.equal(resumed.take(PacketType.PUBREL).packetId, packetId)
  resumed.ack(PacketType.PUBCOMP, packetId)
  resumed.drop()
  const last = again(world)
  assert.deepEqual(
    last.packets.map(({ type }) => type),
    [PacketType.CONNACK],
    'PUBCOMP has ended it',
  )
})

worldTest('[MQTT-4.3.3-5] PUBREL stays open over a crash of the broker', (world) => {
  const client = subscriber(world, 2)
  world.connect().publish('t', 'm', { qos: 2 })
  const [{ packetId } = { packetId: 0 }] = client.messages()
  client.ack(PacketType.PUBREC, packetId)
  world.crash()
  const resumed = again(world)
  assert.deepEqual(
    resumed.packets.map((packet) => [packet.type, packet.packetId]),
    [
      [PacketType.CONNACK, 0],
      [PacketType.PUBREL, packetId],
    ],
  )
})

worldTest('[MQTT-4.3.3-6] after PUBREL the PUBLISH is not sent again', (world) => {
  const client = subscriber(world, 2)
  const publisher = world.connect()
  publisher.publish('t', 'released', { qos: 2 })
  publisher.publish('t', 'open', { qos: 2 })
  const [released] = client.messages()
  client.ack(PacketType.PUBREC, released!.packetId)
  client.drop()
  for (let round = 0; round < 3; round++) {
    const resumed = again(world)
    assert.deepEqual(resumed.payloads(), ['open'])
    assert.equal(resumed.take(PacketType.PUBREL).packetId, released!.packetId)
    if (round === 1) world.crash()
    else resumed.drop()
  }
})

worldTest('[MQTT-4.3.3-7] a message that was sent no longer expires', (world) => {
  const client = subscriber(world, 2, 2)
  const publisher = world.connect()
  const properties = { messageExpiryIntervalSeconds: 5 }
  publisher.publish('t', 'sent 2', { qos: 2, properties })
  publisher.publish('t', 'sent 1', { qos: 1, properties })
  publisher.publish('t', 'waiting', { qos: 2, properties })
  const sent = client.messages()
  assert.deepEqual(
    sent.map(({ payload }) => payload),
    ['sent 2', 'sent 1'],
  )
  client.drop()
  world.pass(10_000)
  for (let round = 0; round < 2; round++) {
    const resumed = again(world)
    const resent = resumed.messages().map((message) => {
      const { messageExpiryIntervalSeconds: left } = message.properties
      return [message.payload, message.packetId, message.dup, left]
    })
    assert.deepEqual(resent, [
      ['sent 2', sent[0]!.packetId, true, 0],
      ['sent 1', sent[1]!.packetId, true, 0],
    ])
    world.crash()
  }
})

worldTest('[MQTT-4.4.0-1] messages and releases keep their order on resume', (world) => {
  for (const options of [kept('five', { autoAck: false }), kept311('old', { autoAck: false })]) {
    const client = world.connect(options)
    client.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    for (let index = 0; index < 6; index++) publisher.publish('t', `${index}`, { qos: 2 })
    const ids = client.messages().map(({ packetId }) => packetId)
    for (const index of [4, 0, 2]) client.ack(PacketType.PUBREC, ids[index]!)
    client.drop()
    const resumed = world.connect(options)
    assert.deepEqual(resumed.payloads(), ['1', '3', '5'])
    const released = resumed.packets.slice(1).map(({ packetId }) => packetId)
    assert.deepEqual(
      released.toSorted((a, b) => a - b),
      [ids[0], ids[2], ids[4]],
    )
    resumed.drop()
  }
})

worldTest('[MQTT-4.3.2-3] a 3.1 client gets its messages again too', (world) => {
  const options = {
    clientId: 'oldest',
    version: ProtocolVersion.V31,
    cleanStart: false,
    autoAck: false,
  } as const
  const client = world.connect(options)
  client.subscribe('t', { qos: 2 })
  world.connect().publish('t', 'm', { qos: 2 })
  assert.deepEqual(client.payloads(), ['m'])
  client.drop()
  const [resent] = world.connect(options).messages()
  assert.deepEqual([resent?.payload, resent?.dup], ['m', true])
})
