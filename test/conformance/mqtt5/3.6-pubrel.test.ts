import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectClosedSilently, expectDisconnected } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

worldTest('[MQTT-3.6.1-1] PUBREL with other flags than 0010 ends the connection', (world) => {
  for (let flags = 0; flags < 16; flags++) {
    const client = world.connect({ autoAck: false })
    client.publish('t', 'm', { qos: 2, packetId: 1 })
    client.sendBytes(Buffer.from([0x60 | flags, 2, 0, 1]))
    if (flags === 2) assert.equal(client.take(PacketType.PUBCOMP).packetId, 1)
    else expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.6.1-1] PUBREL with other flags closes a 3.1.1 connection', (world) => {
  for (const flags of [0, 1, 3, 6, 10]) {
    const client = world.connect({ version: ProtocolVersion.V311, autoAck: false })
    client.packets.length = 0
    client.sendBytes(Buffer.from([0x60 | flags, 2, 0, 1]))
    expectClosedSilently(client)
  }
})

worldTest('[MQTT-3.6.1-1] PUBREL of the broker has the flags 0010', (world) => {
  for (const version of [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5]) {
    const subscriber = world.connect({ version, autoAck: false })
    subscriber.subscribe('t', { qos: 2 })
    world.connect().publish('t', 'm', { qos: 2 })
    subscriber.ack(PacketType.PUBREC, subscriber.take(PacketType.PUBLISH).packetId)
    assert.deepEqual(subscriber.take(PacketType.PUBREL).frame, bytesOf('62 02 0001'))
    subscriber.drop()
  }
})

worldTest('[MQTT-3.6.2-1] PUBREL 0x92 answers a PUBREC that nothing is open for', (world) => {
  const client = world.connect({ autoAck: false })
  client.ack(PacketType.PUBREC, 9)
  const pubrel = client.take(PacketType.PUBREL)
  assert.equal(pubrel.packetId, 9)
  assert.equal(pubrel.reason, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)
})

worldTest('[MQTT-3.6.2-1] a client may send 0x00 and 0x92, and no other code', (world) => {
  for (let reason = 0; reason < 256; reason++) {
    const client = world.connect({ autoAck: false })
    client.publish('t', 'm', { qos: 2, packetId: 1 })
    client.sendBytes(Buffer.from([0x62, 3, 0, 1, reason]))
    if (reason === 0x00 || reason === 0x92) client.take(PacketType.PUBCOMP)
    else expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
    client.drop()
  }
})

worldTest('[MQTT-3.6.2-2] [MQTT-3.6.2-3] PUBREL fits into a small packet', (world) => {
  const client = world.connect({
    autoAck: false,
    properties: { maximumPacketSizeBytes: 20, requestProblemInformation: true },
  })
  client.ack(PacketType.PUBREC, 9)
  assert.deepEqual(client.take(PacketType.PUBREL).frame, bytesOf('62 03 0009 92'))
})

worldTest('[MQTT-3.6.2-2] [MQTT-3.6.2-3] PUBREL of a client may have both properties', (world) => {
  const client = world.connect({ autoAck: false })
  client.publish('t', 'm', { qos: 2, packetId: 1 })
  client.send('62 @ 0001 00 <1F s"free it" 26 s"a" s"b">')
  assert.equal(client.take(PacketType.PUBCOMP).reason, ReasonCode.SUCCESS)
})
