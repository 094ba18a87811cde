import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { Access } from '#broker/ports.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** Publishes once with QoS 2 and returns the reason in the PUBREC. */
function received(world: World, topic: string, payload: string | Buffer = 'm'): number {
  const publisher = world.connect({ autoAck: false })
  const packetId = publisher.publish(topic, payload, { qos: 2 })
  const pubrec = publisher.take(PacketType.PUBREC)
  assert.equal(pubrec.packetId, packetId)
  assert.deepEqual(
    publisher.packets.map(({ type }) => type),
    [PacketType.CONNACK],
  )
  return pubrec.reason
}

worldTest('[MQTT-3.5.2-1] PUBREC 0x00 says that somebody gets the message', (world) => {
  world.connect().subscribe('t')
  assert.equal(received(world, 't'), ReasonCode.SUCCESS)
})

worldTest('[MQTT-3.5.2-1] PUBREC 0x10 says that nobody has subscribed', (world) => {
  assert.equal(received(world, 't'), ReasonCode.NO_MATCHING_SUBSCRIBERS)
})

worldTest('[MQTT-3.5.2-1] PUBREC 0x87 says that the client may not publish there', (world) => {
  world.access.authorizePublish = () => Access.DENY
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  assert.equal(received(world, 't'), ReasonCode.NOT_AUTHORIZED)
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-3.5.2-1] PUBREC 0x90 says that the topic cannot be published to', (world) => {
  for (const topic of ['$share/g/t', '$queue/t', '$exclusive/t', '$delayed/soon/t']) {
    assert.equal(received(world, topic), ReasonCode.TOPIC_NAME_INVALID, topic)
  }
})

worldTest('[MQTT-3.5.2-1] PUBREC 0x91 says that the identifier is in use', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect({ autoAck: false })
  publisher.publish('t', 'first', { qos: 2, packetId: 7 })
  publisher.publish('t', 'another', { qos: 2, packetId: 7 })
  const reasons = [publisher.take(PacketType.PUBREC), publisher.take(PacketType.PUBREC)]
  assert.deepEqual(
    reasons.map(({ packetId, reason }) => [packetId, reason]),
    [
      [7, ReasonCode.SUCCESS],
      [7, ReasonCode.PACKET_IDENTIFIER_IN_USE],
    ],
  )
  assert.deepEqual(subscriber.payloads(), ['first'])
})

worldTest(
  '[MQTT-3.5.2-1] PUBREC 0x97 says that a limit is reached',
  (world) => {
    assert.equal(received(world, '$delayed/60/t'), ReasonCode.SUCCESS)
    assert.equal(received(world, '$delayed/60/t'), ReasonCode.QUOTA_EXCEEDED)
  },
  { delayed: { messagesMax: 1 } },
)

worldTest(
  '[MQTT-3.5.2-1] PUBREC 0x83 says that the broker is not set up for it',
  (world) => {
    assert.equal(received(world, '$delayed/60/t'), ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)
  },
  { delayed: { enable: false } },
)

worldTest('[MQTT-3.5.2-1] PUBREC 0x97 and 0x83 say that the disk failed', (world) => {
  const subscriber = world.connect(kept('keeper'))
  subscriber.subscribe('t', { qos: 2 })
  subscriber.drop()
  world.failNextCommit('full')
  assert.equal(received(world, 't'), ReasonCode.QUOTA_EXCEEDED)
  world.pass(1_000)
  world.failNextCommit('io')
  assert.equal(received(world, 't'), ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)
})

worldTest('[MQTT-3.5.2-1] PUBREC 0x99 says that the payload is not UTF-8', (world) => {
  const publisher = world.connect()
  const properties = { payloadFormatIndicator: 1 } as const
  publisher.publish('t', Buffer.from([0xed, 0xa0, 0x80]), { qos: 2, properties })
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.PAYLOAD_FORMAT_INVALID)
})

worldTest('[MQTT-3.5.2-1] a client may send each listed code, and no other', (world) => {
  const accepted = [0x00, 0x10]
  const refusals = [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]
  for (let reason = 0; reason < 256; reason++) {
    const subscriber = world.connect({ autoAck: false })
    subscriber.subscribe('t', { qos: 2 })
    world.connect().publish('t', 'm', { qos: 2 })
    const { packetId } = subscriber.take(PacketType.PUBLISH)
    subscriber.sendBytes(Buffer.from([0x50, 3, packetId >> 8, packetId & 0xff, reason]))
    if (accepted.includes(reason)) {
      assert.equal(subscriber.take(PacketType.PUBREL).packetId, packetId)
    } else if (refusals.includes(reason)) {
      assert.deepEqual(
        subscriber.packets.map(({ type }) => type),
        [PacketType.CONNACK],
      )
    } else expectDisconnected(subscriber, ReasonCode.PROTOCOL_ERROR)
    subscriber.drop()
  }
})

worldTest('[MQTT-3.5.2-2] [MQTT-3.5.2-3] PUBREC fits into a small packet', (world) => {
  const publisher = world.connect({
    autoAck: false,
    properties: { maximumPacketSizeBytes: 20, requestProblemInformation: true },
  })
  for (const topic of ['nobody', '$share/g/t', '$SYS/x']) publisher.publish(topic, 'm', { qos: 2 })
  const frames = publisher.packets.slice(1).map(({ frame }) => frame)
  assert.deepEqual(frames, [
    bytesOf('50 03 0001 10'),
    bytesOf('50 03 0002 90'),
    bytesOf('50 03 0003 87'),
  ])
})

worldTest('[MQTT-3.5.2-2] [MQTT-3.5.2-3] PUBREC of a client may have both properties', (world) => {
  const subscriber = world.connect({ autoAck: false })
  subscriber.subscribe('t', { qos: 2 })
  world.connect().publish('t', 'm', { qos: 2 })
  subscriber.send('50 @ 0001 00 <1F s"got it" 26 s"a" s"b">')
  assert.equal(subscriber.take(PacketType.PUBREL).packetId, 1)
})
