import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import type { ConnectOptions, TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** Five messages on their way: QoS 1, 2, 2 released, 1 acknowledged, 2 complete. */
function halfWay(world: World, options: ConnectOptions): Map<string, number> {
  const client = world.connect(options)
  client.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'one', { qos: 1 })
  publisher.publish('t', 'two', { qos: 2 })
  publisher.publish('t', 'released', { qos: 2 })
  publisher.publish('t', 'done one', { qos: 1 })
  publisher.publish('t', 'done two', { qos: 2 })
  const ids = new Map(client.messages().map(({ payload, packetId }) => [payload, packetId]))
  client.ack(PacketType.PUBREC, ids.get('released')!)
  client.ack(PacketType.PUBACK, ids.get('done one')!)
  client.ack(PacketType.PUBREC, ids.get('done two')!)
  client.ack(PacketType.PUBCOMP, ids.get('done two')!)
  client.drop()
  return ids
}

function expectRest(client: TestClient, ids: ReadonlyMap<string, number>): void {
  const { PUBLISH, PUBREL } = PacketType
  const messages = client.packets.filter(({ type }) => type === PUBLISH)
  assert.deepEqual(
    messages.map(({ payload, packetId, dup, qos }) => [payload, packetId, dup, qos]),
    [
      ['one', ids.get('one'), true, 1],
      ['two', ids.get('two'), true, 2],
    ],
  )
  const releases = client.packets.filter(({ type }) => type === PUBREL)
  assert.deepEqual(
    releases.map(({ packetId }) => packetId),
    [ids.get('released')],
  )
  assert.equal(client.packets.length, 4, 'CONNACK, and nothing else')
}

for (const make of [kept, kept311]) {
  const options = make('keeper', { autoAck: false })
  const version = make === kept ? '5.0' : '3.1.1'

  worldTest(`[MQTT-4.4.0-1] on resume what is open is sent again (${version})`, (world) => {
    const ids = halfWay(world, options)
    for (let shard = 0; shard < world.shardCount; shard++) {
      const again = world.connect({ ...options, shard })
      expectRest(again, ids)
      again.drop()
    }
  })

  worldTest(`[MQTT-4.4.0-1] the same after a crash and a restart (${version})`, (world) => {
    const ids = halfWay(world, options)
    world.crash()
    expectRest(world.connect(options), ids)
    world.restart()
    expectRest(world.connect(options), ids)
  })

  worldTest(
    `[MQTT-4.4.0-1] the same when the client returns before it left (${version})`,
    (world) => {
      const ids = halfWay(world, options)
      for (let round = 0; round < 4; round++) expectRest(world.connect(options), ids)
    },
  )
}

worldTest(
  '[MQTT-4.4.0-1] nothing is sent again while the connection lives',
  (world) => {
    const client = world.connect(kept('keeper', { autoAck: false }))
    client.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    publisher.publish('t', 'one', { qos: 1 })
    publisher.publish('t', 'two', { qos: 2 })
    const [, two] = client.messages()
    client.ack(PacketType.PUBREC, two!.packetId)
    client.packets.length = 0
    world.pass(120_000)
    assert.deepEqual(client.packets, [])
  },
  { mqtt: { retryIntervalMs: 1_000 } },
)

worldTest(
  '[MQTT-4.4.0-1] to 3.1.1 clients it may be, if the owner wants it',
  (world) => {
    const client = world.connect(kept311('keeper', { autoAck: false }))
    client.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    publisher.publish('t', 'one', { qos: 1 })
    publisher.publish('t', 'two', { qos: 2 })
    const [one, two] = client.messages()
    client.ack(PacketType.PUBREC, two!.packetId)
    client.packets.length = 0
    world.pass(2_000)
    const { packetId, dup } = client.take(PacketType.PUBLISH)
    assert.deepEqual([packetId, dup], [one!.packetId, true])
    assert.equal(client.take(PacketType.PUBREL).packetId, two!.packetId)
  },
  { mqtt: { retryIntervalMs: 1_000 } },
)

worldTest('[MQTT-4.4.0-1] a clean start begins without what was open', (world) => {
  halfWay(world, kept('keeper', { autoAck: false }))
  const clean = world.connect({ ...kept('keeper', { autoAck: false }), cleanStart: true })
  assert.deepEqual(
    clean.packets.map(({ type }) => type),
    [PacketType.CONNACK],
  )
})

worldTest('[MQTT-4.4.0-1] what is open comes before what is new, within the window', (world) => {
  const options = kept('keeper', { autoAck: false, properties: { receiveMaximum: 3 } })
  const client = world.connect(options)
  client.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  for (let index = 0; index < 6; index++) publisher.publish('t', `${index}`, { qos: 1 })
  assert.deepEqual(client.payloads(), ['0', '1', '2'])
  client.drop()
  const narrow = kept('keeper', { autoAck: false, properties: { receiveMaximum: 2 } })
  const again = world.connect(narrow)
  const got: Array<readonly [string, boolean]> = []
  for (let round = 0; round < 6; round++) {
    const messages = again.messages()
    assert.ok(messages.length <= 2, 'the new window is smaller than the old one')
    for (const { payload, dup, packetId } of messages) {
      got.push([payload, dup])
      again.ack(PacketType.PUBACK, packetId)
    }
  }
  assert.deepEqual(got, [
    ['0', true],
    ['1', true],
    ['2', true],
    ['3', false],
    ['4', false],
    ['5', false],
  ])
})

for (const reason of [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
  const code = `0x${reason.toString(16)}`
  worldTest(`[MQTT-4.4.0-2] a message refused with ${code} is not sent again`, (world) => {
    const options = kept('keeper', { autoAck: false, properties: { receiveMaximum: 1 } })
    const client = world.connect(options)
    client.subscribe('t', { qos: 2 })
    const publisher = world.connect()
    publisher.publish('t', 'one', { qos: 1 })
    publisher.publish('t', 'two', { qos: 2 })
    publisher.publish('t', 'three', { qos: 1 })
    client.ack(PacketType.PUBACK, client.take(PacketType.PUBLISH).packetId, reason)
    const two = client.take(PacketType.PUBLISH)
    assert.equal(two.payload, 'two', 'the window goes on')
    client.ack(PacketType.PUBREC, two.packetId, reason)
    const three = client.take(PacketType.PUBLISH)
    assert.equal(three.payload, 'three')
    client.drop()
    assert.deepEqual(world.connect(options).payloads(), ['three'])
    world.crash()
    assert.deepEqual(world.connect(options).payloads(), ['three'])
  })
}

worldTest('[MQTT-4.4.0-2] PUBREC that refuses gets no PUBREL', (world) => {
  const client = world.connect({ autoAck: false })
  client.subscribe('t', { qos: 2 })
  world.connect().publish('t', 'm', { qos: 2 })
  const { packetId } = client.take(PacketType.PUBLISH)
  client.packets.length = 0
  client.ack(PacketType.PUBREC, packetId, ReasonCode.QUOTA_EXCEEDED)
  client.ack(PacketType.PUBREC, packetId, ReasonCode.QUOTA_EXCEEDED)
  assert.deepEqual(client.packets, [])
})
