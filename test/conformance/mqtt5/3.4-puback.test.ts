import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** Publishes once with QoS 1 and returns the PUBACK. */
function acknowledged(world: World, topic: string, payload = 'm'): number {
  const publisher = world.connect()
  const packetId = publisher.publish(topic, payload, { qos: 1 })
  const puback = publisher.take(PacketType.PUBACK)
  assert.equal(puback.packetId, packetId)
  assert.deepEqual(
    publisher.packets.map(({ type }) => type),
    [PacketType.CONNACK],
  )
  return puback.reason
}

worldTest('[MQTT-3.4.2-1] PUBACK 0x00 says that somebody gets the message', (world) => {
  world.connect().subscribe('t')
  assert.equal(acknowledged(world, 't'), ReasonCode.SUCCESS)
})

worldTest('[MQTT-3.4.2-1] PUBACK 0x10 says that nobody has subscribed', (world) => {
  world.connect().subscribe('other')
  assert.equal(acknowledged(world, 't'), ReasonCode.NO_MATCHING_SUBSCRIBERS)
})

worldTest('[MQTT-3.4.2-1] PUBACK 0x87 says that the client may not publish there', (world) => {
  world.access.authorizePublish = () => Access.DENY
  const subscriber = world.connect()
  subscriber.subscribe('t')
  assert.equal(acknowledged(world, 't'), ReasonCode.NOT_AUTHORIZED)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.4.2-1] PUBACK 0x87 comes for topics of the broker itself', (world) => {
  assert.equal(acknowledged(world, '$SYS/brokers'), ReasonCode.NOT_AUTHORIZED)
})

worldTest('[MQTT-3.4.2-1] PUBACK 0x90 says that the topic cannot be published to', (world) => {
  for (const topic of ['$share/g/t', '$queue/t', '$exclusive/t', '$delayed/soon/t']) {
    assert.equal(acknowledged(world, topic), ReasonCode.TOPIC_NAME_INVALID, topic)
  }
})

worldTest('[MQTT-3.4.2-1] PUBACK 0x91 says that a QoS 2 message has the identifier', (world) => {
  const publisher = world.connect({ autoAck: false })
  publisher.publish('t', 'two', { qos: 2, packetId: 7 })
  publisher.publish('t', 'one', { qos: 1, packetId: 7 })
  const puback = publisher.take(PacketType.PUBACK)
  assert.equal(puback.packetId, 7)
  assert.equal(puback.reason, ReasonCode.PACKET_IDENTIFIER_IN_USE)
})

worldTest(
  '[MQTT-3.4.2-1] PUBACK 0x97 says that a limit is reached',
  (world) => {
    assert.equal(acknowledged(world, '$delayed/60/t'), ReasonCode.SUCCESS)
    assert.equal(acknowledged(world, '$delayed/60/t'), ReasonCode.QUOTA_EXCEEDED)
  },
  { delayed: { messagesMax: 1 } },
)

worldTest(
  '[MQTT-3.4.2-1] PUBACK 0x83 says that the broker is not set up for it',
  (world) => {
    assert.equal(acknowledged(world, '$delayed/60/t'), ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)
  },
  { delayed: { enable: false } },
)

worldTest('[MQTT-3.4.2-1] PUBACK 0x97 and 0x83 say that the disk failed', (world) => {
  const subscriber = world.connect(kept('keeper'))
  subscriber.subscribe('t', { qos: 1 })
  subscriber.drop()
  world.failNextCommit('full')
  assert.equal(acknowledged(world, 't'), ReasonCode.QUOTA_EXCEEDED)
  world.pass(1_000)
  world.failNextCommit('io')
  assert.equal(acknowledged(world, 't'), ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)
})

worldTest('[MQTT-3.4.2-1] PUBACK 0x99 says that the payload is not UTF-8', (world) => {
  const publisher = world.connect()
  const properties = { payloadFormatIndicator: 1 } as const
  publisher.publish('t', Buffer.from([0xc3, 0x28]), { qos: 1, properties })
  assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.PAYLOAD_FORMAT_INVALID)
})

worldTest('[MQTT-3.4.2-1] a client may send each listed code, and no other', (world) => {
  const listed = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
  for (let reason = 0; reason < 256; reason++) {
    const subscriber = world.connect({ autoAck: false })
    subscriber.subscribe('t', { qos: 1 })
    world.connect().publish('t', 'm', { qos: 1 })
    const { packetId } = subscriber.take(PacketType.PUBLISH)
    subscriber.sendBytes(Buffer.from([0x40, 3, packetId >> 8, packetId & 0xff, reason]))
    if (listed.includes(reason)) assert.equal(subscriber.closed, false, `0x${reason.toString(16)}`)
    else expectDisconnected(subscriber, ReasonCode.PROTOCOL_ERROR)
    subscriber.drop()
  }
})

worldTest('[MQTT-3.4.2-2] [MQTT-3.4.2-3] PUBACK fits into a small packet', (world) => {
  const publisher = world.connect({
    properties: { maximumPacketSizeBytes: 20, requestProblemInformation: true },
  })
  const frames: Buffer[] = []
  for (const topic of ['nobody', '$share/g/t', '$SYS/x']) {
    publisher.publish(topic, 'm', { qos: 1 })
    frames.push(publisher.take(PacketType.PUBACK).frame)
  }
  assert.deepEqual(frames, [
    bytesOf('40 03 0001 10'),
    bytesOf('40 03 0002 90'),
    bytesOf('40 03 0003 87'),
  ])
})

worldTest('[MQTT-3.4.2-2] [MQTT-3.4.2-3] PUBACK of a client may have both properties', (world) => {
  const subscriber = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  subscriber.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  publisher.publish('t', '1', { qos: 1 })
  publisher.publish('t', '2', { qos: 1 })
  subscriber.send('40 @ 0001 00 <1F s"done" 26 s"a" s"b">')
  assert.deepEqual(subscriber.payloads(), ['1', '2'])
})

worldTest('[MQTT-3.4.2-1] PUBACK for a message that is not open is ignored', (world) => {
  const subscriber = world.connect({ autoAck: false })
  subscriber.subscribe('t', { qos: 2 })
  subscriber.send('40 02 0001')
  world.connect().publish('t', 'm', { qos: 2 })
  const { packetId } = subscriber.take(PacketType.PUBLISH)
  subscriber.ack(PacketType.PUBACK, packetId) // It is a QoS 2 message.
  subscriber.ack(PacketType.PUBREC, packetId)
  assert.equal(subscriber.take(PacketType.PUBREL).reason, ReasonCode.SUCCESS)
})
