import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { GOLDEN_PACKETS } from '../../golden/mqtt/table.ts'
import { expectClosedSilently } from '../../support/expect.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

const V311: ConnectOptions = { version: ProtocolVersion.V311 }
const KEPT: ConnectOptions = { ...V311, clientId: 'kept', cleanStart: false }
const { PUBACK, PUBCOMP, PUBREC, PUBREL } = PacketType

worldTest('[MQTT311-4.6.0-6] messages of a topic arrive in their order at each QoS', (world) => {
  const subscribers = ([0, 1, 2] as const).map((qos) => {
    const subscriber = world.connect(V311)
    subscriber.subscribe(['t', 't/#'], { qos })
    return subscriber
  })
  const publisher = world.connect(V311)
  for (const qos of [0, 1, 2] as const) {
    const sent = Array.from({ length: 200 }, (_, index) => `${index}`)
    for (const payload of sent) publisher.publish('t', payload, { qos })
    for (const subscriber of subscribers) assert.deepEqual(subscriber.payloads(), sent)
  }
})

worldTest('[MQTT311-4.6.0-6] the order is kept through queue, window and reconnect', (world) => {
  const sent = Array.from({ length: 60 }, (_, index) => `${index}`)
  const publisher = world.connect(V311)
  let client = world.connect({ ...KEPT, autoAck: false })
  client.subscribe('t', { qos: 2 })
  const got: string[] = []
  for (const [index, payload] of sent.entries()) {
    publisher.publish('t', payload, { qos: 2 })
    const fresh = client.messages().filter(({ dup }) => !dup)
    got.push(...fresh.map((message) => message.payload))
    // Some are answered, some only when they come again.
    for (const { packetId } of fresh) if (index % 3 === 0) client.ack(PUBREC, packetId)
    if (index % 10 === 9) client = world.connect({ ...KEPT, autoAck: false })
    if (index % 20 === 15) client.drop()
    if (index % 20 === 18) client = world.connect({ ...KEPT, autoAck: false })
  }
  client = world.connect(KEPT)
  const seen = new Set(got)
  got.push(...client.payloads().filter((payload) => !seen.has(payload)))
  assert.deepEqual(got, sent)
})

worldTest('[MQTT311-4.6.0-6] acknowledgements come in the order of what they answer', (world) => {
  world.connect(KEPT).subscribe('stored', { qos: 2 })
  world.connect(V311).subscribe('t', { qos: 2 })
  const client = world.connect({ ...V311, autoAck: false })
  const packets: Buffer[] = []
  for (let id = 1; id <= 9; id++) {
    const first = id % 3 === 0 ? '34' : '32'
    const topic = id % 2 === 0 ? 'stored' : 't'
    packets.push(bytesOf(`${first} @ s"${topic}" 00 0${id} "m"`))
  }
  client.packets.length = 0
  client.sendBytes(Buffer.concat(packets))
  assert.deepEqual(
    client.packets.map(({ type, packetId }) => [type, packetId]),
    Array.from({ length: 9 }, (_, index) => [(index + 1) % 3 === 0 ? PUBREC : PUBACK, index + 1]),
  )
})

worldTest('[MQTT311-4.6.0-6] PUBRELs come in the order of the PUBRECs they answer', (world) => {
  const client = world.connect({ ...KEPT, autoAck: false })
  client.subscribe('t', { qos: 2 })
  const publisher = world.connect(V311)
  for (let index = 0; index < 5; index++) publisher.publish('t', `${index}`, { qos: 2 })
  const ids = client.messages().map(({ packetId }) => packetId)
  client.packets.length = 0
  const packets = ids.map((id) => bytesOf(`50 02 00 0${id}`))
  client.sendBytes(Buffer.concat(packets))
  assert.deepEqual(
    client.packets.map(({ type, packetId }) => [type, packetId]),
    ids.map((id) => [PUBREL, id]),
  )
  client.packets.length = 0
  client.drop()
  const next = world.connect({ ...KEPT, autoAck: false })
  const again = next.packets.filter(({ type }) => type === PUBREL)
  assert.deepEqual(
    again.map(({ packetId }) => packetId),
    ids,
  )
  for (const id of ids) next.ack(PUBCOMP, id)
})

for (const version of [ProtocolVersion.V31, ProtocolVersion.V311]) {
  worldTest(
    `[MQTT311-4.8.0-1] protocol violations close a connection (level ${version})`,
    (world) => {
      for (const { bytes, from, packet, version: of, name } of GOLDEN_PACKETS) {
        const isConnect = bytes[0]! >> 4 === PacketType.CONNECT
        if (packet !== undefined || from !== 'client' || of !== version || isConnect) continue
        const client = world.connect({ version })
        client.packets.length = 0
        client.sendBytes(bytes)
        assert.equal(client.closed, true, name)
        assert.deepEqual(client.packets, [], name)
      }
    },
  )
}

worldTest('[MQTT311-4.8.0-1] packets that only a server sends close the connection', (world) => {
  for (const packet of [
    '20 02 00 00',
    '90 03 00 01 00',
    'B0 02 00 01',
    'D0 00',
    'F0 00',
    '00 00',
  ]) {
    const client = world.connect(V311)
    client.packets.length = 0
    client.send(packet)
    expectClosedSilently(client)
  }
})

worldTest('[MQTT311-4.8.0-1] a violation closes the connection it came on, no other', (world) => {
  const others = [world.connect(V311), world.connect()]
  for (const other of others) other.subscribe('t')
  world.connect(V311).send('30 00')
  world.connect(V311).publish('t', 'm')
  for (const other of others) assert.deepEqual(other.payloads(), ['m'])
})

for (const qos of [1, 2] as const) {
  worldTest(`[MQTT311-4.8.0-2] a QoS ${qos} message that cannot be stored closes`, (world) => {
    world.connect(KEPT).subscribe('t', { qos: 2 })
    const client = world.connect(V311)
    client.packets.length = 0
    for (const store of world.stores) store.setLimitReached(true)
    client.publish('t', 'm', { qos })
    expectClosedSilently(client)
  })

  worldTest(`[MQTT311-4.8.0-2] a QoS ${qos} message whose commit fails closes`, (world) => {
    const subscriber = world.connect(KEPT)
    subscriber.subscribe('t', { qos: 2 })
    subscriber.drop()
    const client = world.connect(V311)
    client.packets.length = 0
    world.failNextCommit('io')
    client.publish('t', 'm', { qos })
    expectClosedSilently(client)
  })
}

worldTest('[MQTT311-7.0.0-2] a session needs nothing but what the standard has', (world) => {
  const client = world.dial({ ...V311, autoAck: false })
  const exchange: Array<[request: string, ...answers: string[]]> = [
    ['10 @ s"MQTT" 04 02 00 3C s"plain"', '20 02 00 00'],
    ['82 @ 00 01 s"t/+" 02', '90 03 00 01 02'],
    ['30 @ s"t/0" "m"', '30 @ s"t/0" "m"'],
    ['32 @ s"t/1" 00 02 "m"', '32 @ s"t/1" 00 01 "m"', '40 02 00 02'],
    ['40 02 00 01'],
    ['34 @ s"t/2" 00 03 "m"', '34 @ s"t/2" 00 02 "m"', '50 02 00 03'],
    ['62 02 00 03', '70 02 00 03'],
    ['50 02 00 02', '62 02 00 02'],
    ['70 02 00 02'],
    ['C0 00', 'D0 00'],
    ['A2 @ 00 04 s"t/+"', 'B0 02 00 04'],
    ['E0 00'],
  ]
  const hex = (bytes: Buffer): string => bytes.toString('hex')
  for (const [request, ...answers] of exchange) {
    client.packets.length = 0
    client.send(request)
    const frames = client.packets.map(({ frame }) => hex(frame))
    const expected = answers.map((answer) => hex(bytesOf(answer)))
    assert.deepEqual(frames.toSorted(), expected.toSorted(), request)
  }
  assert.equal(client.closed, true)
})
