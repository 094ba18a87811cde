import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82

/** Lower four bits that each packet of a client must have; PUBLISH has its own rules. */
const FLAGS: Readonly<Record<number, number>> = {
  [PacketType.CONNECT]: 0,
  [PacketType.PUBACK]: 0,
  [PacketType.PUBREC]: 0,
  [PacketType.PUBREL]: 2,
  [PacketType.PUBCOMP]: 0,
  [PacketType.SUBSCRIBE]: 2,
  [PacketType.UNSUBSCRIBE]: 2,
  [PacketType.PINGREQ]: 0,
  [PacketType.DISCONNECT]: 0,
  [PacketType.AUTH]: 0,
}

worldTest('[MQTT-2.1.3-1] reserved flags that are not as the standard says end it', (world) => {
  for (const [type, right] of Object.entries(FLAGS)) {
    for (let flags = 0; flags < 16; flags++) {
      if (flags === right) continue
      const client = world.connect()
      client.sendBytes(Buffer.from([(Number(type) << 4) | flags, 0]))
      expectDisconnected(client, MALFORMED)
    }
  }
})

worldTest('[MQTT-2.1.3-1] the packet type 0 is refused', (world) => {
  const client = world.connect()
  client.send('00 00')
  expectDisconnected(client, MALFORMED)
})

worldTest('[MQTT-2.1.3-1] the flags are judged before the rest of the packet is there', (world) => {
  const client = world.connect()
  client.send('C1')
  expectDisconnected(client, MALFORMED)
})

worldTest('[MQTT-2.1.3-1] the broker sets its reserved flags as the standard says', (world) => {
  const client = world.connect({ autoAck: false })
  client.send('82 @ 00 01 <> s"t" 02')
  client.send('A2 @ 00 02 <> s"none"')
  client.ping()
  client.publish('t', 'm', { qos: 1 })
  client.publish('t', 'm', { qos: 2, packetId: 100 })
  client.ack(PacketType.PUBREL, 100)
  const [, exactlyOnce] = client.messages()
  client.ack(PacketType.PUBREC, exactlyOnce!.packetId)
  client.send('F0 00') // AUTH, to which DISCONNECT is the answer.
  const firstBytes = client.packets.map(({ frame }) => frame[0]!.toString(16))
  assert.deepEqual(firstBytes, ['20', '90', 'b0', 'd0', '40', '50', '70', '62', 'e0'])
})

worldTest('[MQTT-2.2.1-2] a QoS 0 PUBLISH of the broker has no packet identifier', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  world.connect().publish('t', 'm')
  const message = subscriber.take(PacketType.PUBLISH)
  assert.deepEqual(message.frame, bytesOf('30 @ s"t" <> "m"'))
})

worldTest('[MQTT-2.2.1-2] a QoS 0 message granted QoS 0 of QoS 2 has no identifier', (world) => {
  const subscriber = world.connect({ version: ProtocolVersion.V311 })
  subscriber.subscribe('t', { qos: 0 })
  world.connect().publish('t', 'm', { qos: 2 })
  const message = subscriber.take(PacketType.PUBLISH)
  assert.deepEqual(message.frame, bytesOf('30 @ s"t" "m"'))
})

worldTest('[MQTT-2.2.1-2] what follows the topic of a QoS 0 PUBLISH is no identifier', (world) => {
  const subscriber = world.connect({ version: ProtocolVersion.V311 })
  subscriber.subscribe('t')
  const publisher = world.connect({ version: ProtocolVersion.V311 })
  publisher.send('30 @ s"t" 00 00 "m"')
  const message = subscriber.take(PacketType.PUBLISH)
  assert.deepEqual(message.bytes, bytesOf('00 00 "m"'))
})

worldTest('[MQTT-2.2.1-3] the packet identifier 0 is refused', (world) => {
  const packets = [
    '32 @ s"t" 00 00 <> "m"',
    '34 @ s"t" 00 00 <> "m"',
    '82 @ 00 00 <> s"t" 00',
    'A2 @ 00 00 <> s"t"',
    '40 @ 00 00',
    '50 @ 00 00',
    '62 @ 00 00',
    '70 @ 00 00',
  ]
  for (const packet of packets) {
    const client = world.connect()
    client.send(packet)
    expectDisconnected(client, PROTOCOL_ERROR)
  }
})

worldTest('[MQTT-2.2.1-3] a new message under an identifier in use is not delivered', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect({ autoAck: false })
  publisher.publish('t', 'first', { qos: 2, packetId: 7 })
  publisher.publish('t', 'second', { qos: 2, packetId: 7 })
  publisher.publish('t', 'third', { qos: 1, packetId: 7 })
  assert.deepEqual(subscriber.payloads(), ['first'])
  assert.equal(publisher.take(PacketType.PUBREC).reason, 0)
  assert.equal(publisher.take(PacketType.PUBREC).reason, 0x91)
  assert.equal(publisher.take(PacketType.PUBACK).reason, 0x91)
})

worldTest('[MQTT-2.2.1-3] before MQTT 5 no message is acknowledged and then dropped', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect({ autoAck: false, version: ProtocolVersion.V311 })
  publisher.publish('t', 'first', { qos: 2, packetId: 7 })
  // A client that lost its state: the broker cannot tell it that the identifier is in use.
  publisher.publish('t', 'second', { qos: 1, packetId: 7 })
  assert.equal(publisher.take(PacketType.PUBACK).packetId, 7)
  assert.deepEqual(subscriber.payloads(), ['first', 'second'])
})

worldTest('[MQTT-2.2.1-4] each message of the broker has an identifier of its own', (world) => {
  const subscriber = world.connect({ autoAck: false })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  for (let index = 0; index < 100; index++) {
    publisher.publish('t', `${index}`, { qos: index % 2 === 0 ? 1 : 2 })
  }
  const ids = subscriber.messages().map(({ packetId }) => packetId)
  assert.equal(ids.length, 100)
  assert.equal(new Set(ids).size, 100)
  assert.ok(ids.every((id) => id > 0))
})

worldTest('[MQTT-2.2.1-4] identifiers go round without 0 and without those in use', (world) => {
  const subscriber = world.connect({ autoAck: false, clientId: 'round' })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  for (const payload of ['one', 'two']) publisher.publish('t', payload, { qos: 1 })
  const [one, two] = subscriber.messages()
  subscriber.ack(PacketType.PUBACK, one!.packetId)
  for (const { broker } of world.shards) {
    const session = broker.core.sessions.get('round')
    if (session !== undefined) session.nextPacketId = 65_534
  }
  for (let index = 0; index < 5; index++) publisher.publish('t', `${index}`, { qos: 1 })
  const ids = subscriber.messages().map(({ packetId }) => packetId)
  assert.equal(two!.packetId, 2)
  assert.deepEqual(ids, [65_534, 65_535, 1, 3, 4])
})

worldTest('[MQTT-2.2.1-4] the identifier of a QoS 2 message is in use until PUBCOMP', (world) => {
  const subscriber = world.connect({ autoAck: false, clientId: 'two' })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'a', { qos: 2 })
  const [first] = subscriber.messages()
  subscriber.ack(PacketType.PUBREC, first!.packetId)
  subscriber.take(PacketType.PUBREL)
  for (const { broker } of world.shards) {
    const session = broker.core.sessions.get('two')
    if (session !== undefined) session.nextPacketId = first!.packetId
  }
  publisher.publish('t', 'b', { qos: 2 })
  const [second] = subscriber.messages()
  assert.notEqual(second!.packetId, first!.packetId)
})

worldTest('[MQTT-2.2.1-4] identifiers of the two directions are independent', (world) => {
  const client = world.connect({ autoAck: false })
  client.subscribe('t', { qos: 2 })
  client.publish('t', 'mine', { qos: 2, packetId: 1 })
  const [message] = client.messages()
  assert.equal(message!.packetId, 1)
  assert.equal(client.take(PacketType.PUBREC).packetId, 1)
  client.ack(PacketType.PUBREC, 1)
  assert.equal(client.take(PacketType.PUBREL).packetId, 1)
  client.ack(PacketType.PUBREL, 1)
  assert.equal(client.take(PacketType.PUBCOMP).reason, 0)
})

worldTest('[MQTT-2.2.1-5] acknowledgements repeat the identifier of their PUBLISH', (world) => {
  for (const version of [ProtocolVersion.V311, ProtocolVersion.V5]) {
    const client = world.connect({ autoAck: false, version })
    for (const packetId of [1, 0x1234, 65_535]) {
      client.publish('t', 'm', { qos: 1, packetId })
      assert.equal(client.take(PacketType.PUBACK).packetId, packetId)
      client.publish('t', 'm', { qos: 2, packetId })
      assert.equal(client.take(PacketType.PUBREC).packetId, packetId)
      client.ack(PacketType.PUBREL, packetId)
      assert.equal(client.take(PacketType.PUBCOMP).packetId, packetId)
    }
  }
})

worldTest('[MQTT-2.2.1-5] PUBREL repeats the identifier of the PUBREC it answers', (world) => {
  const subscriber = world.connect({ autoAck: false })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  for (let index = 0; index < 3; index++) publisher.publish('t', `${index}`, { qos: 2 })
  for (const { packetId } of subscriber.messages().toReversed()) {
    subscriber.ack(PacketType.PUBREC, packetId)
    assert.equal(subscriber.take(PacketType.PUBREL).packetId, packetId)
  }
})

worldTest('[MQTT-2.2.1-6] SUBACK and UNSUBACK repeat the identifier of the request', (world) => {
  for (const version of [ProtocolVersion.V311, ProtocolVersion.V5]) {
    const client = world.connect({ version })
    const props = version === ProtocolVersion.V5 ? '<>' : ''
    for (const id of ['00 01', '12 34', 'FF FF']) {
      const number = Number.parseInt(id.replace(' ', ''), 16)
      client.send(`82 @ ${id} ${props} s"t" 00`)
      assert.equal(client.take(PacketType.SUBACK).packetId, number)
      client.send(`A2 @ ${id} ${props} s"t"`)
      assert.equal(client.take(PacketType.UNSUBACK).packetId, number)
    }
  }
})

worldTest('[MQTT-2.2.2-1] the broker writes an empty property list as length 0', (world) => {
  const client = world.connect()
  client.send('82 @ 00 01 <> s"t" 00')
  assert.deepEqual(client.take(PacketType.SUBACK).frame, bytesOf('90 @ 00 01 <> 00'))
  client.publish('t', 'm')
  assert.deepEqual(client.take(PacketType.PUBLISH).frame, bytesOf('30 @ s"t" <> "m"'))
  client.send('A2 @ 00 02 <> s"t"')
  assert.deepEqual(client.take(PacketType.UNSUBACK).frame, bytesOf('B0 @ 00 02 <> 00'))
})

worldTest('[MQTT-2.2.2-1] a property length that is left out makes a packet malformed', (world) => {
  const packets = ['30 @ s"t"', '32 @ s"t" 00 01', '82 @ 00 01 s"t" 00', 'A2 @ 00 01 s"t"']
  for (const packet of packets) {
    const client = world.connect()
    client.send(packet)
    expectDisconnected(client, MALFORMED)
  }
})
