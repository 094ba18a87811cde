import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected } from '../../support/expect.ts'
import type { TestClient } from '../../support/test-client.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** A subscriber with a window of one whose QoS 2 message 1 is released, and 2 waits. */
function releasing(world: World): TestClient {
  const subscriber = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'first', { qos: 2 })
  publisher.publish('t', 'second', { qos: 2 })
  subscriber.ack(PacketType.PUBREC, subscriber.take(PacketType.PUBLISH).packetId)
  assert.equal(subscriber.take(PacketType.PUBREL).packetId, 1)
  return subscriber
}

worldTest('[MQTT-3.7.2-1] PUBCOMP 0x00 answers the release of a known identifier', (world) => {
  const client = world.connect({ autoAck: false })
  client.publish('t', 'm', { qos: 2, packetId: 5 })
  client.ack(PacketType.PUBREL, 5)
  assert.deepEqual(client.take(PacketType.PUBCOMP).frame, bytesOf('70 02 0005'))
})

worldTest('[MQTT-3.7.2-1] PUBCOMP 0x92 answers the release of an unknown identifier', (world) => {
  const client = world.connect({ autoAck: false })
  client.ack(PacketType.PUBREL, 5)
  assert.deepEqual(client.take(PacketType.PUBCOMP).frame, bytesOf('70 03 0005 92'))
  client.publish('t', 'm', { qos: 1, packetId: 6 })
  client.ack(PacketType.PUBREL, 6) // PUBACK has freed it.
  assert.deepEqual(client.take(PacketType.PUBCOMP).frame, bytesOf('70 03 0006 92'))
})

worldTest('[MQTT-3.7.2-1] a release sent again after a resume gets PUBCOMP 0x00', (world) => {
  const first = world.connect(kept('client'))
  first.publish('t', 'm', { qos: 2, packetId: 5 })
  first.drop() // Before PUBCOMP was read.
  const second = world.connect(kept('client', { autoAck: false }))
  second.ack(PacketType.PUBREL, 5)
  assert.deepEqual(second.take(PacketType.PUBCOMP).frame, bytesOf('70 02 0005'))
})

worldTest('[MQTT-3.7.2-1] a client may send 0x00 and 0x92, and no other code', (world) => {
  for (let reason = 0; reason < 256; reason++) {
    const subscriber = releasing(world)
    subscriber.sendBytes(Buffer.from([0x70, 3, 0, 1, reason]))
    if (reason === 0x00 || reason === 0x92) assert.deepEqual(subscriber.payloads(), ['second'])
    else expectDisconnected(subscriber, ReasonCode.PROTOCOL_ERROR)
    subscriber.drop()
  }
})

worldTest('[MQTT-3.7.2-1] PUBCOMP for a message that is not released is ignored', (world) => {
  const subscriber = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t', 'first', { qos: 2 })
  publisher.publish('t', 'second', { qos: 2 })
  assert.deepEqual(subscriber.payloads(), ['first'])
  subscriber.ack(PacketType.PUBCOMP, 1)
  subscriber.ack(PacketType.PUBCOMP, 2)
  assert.deepEqual(subscriber.payloads(), [])
  assert.equal(subscriber.closed, false)
})

worldTest('[MQTT-3.7.2-2] [MQTT-3.7.2-3] PUBCOMP fits into a small packet', (world) => {
  const client = world.connect({
    autoAck: false,
    properties: { maximumPacketSizeBytes: 20, requestProblemInformation: true },
  })
  client.ack(PacketType.PUBREL, 5)
  assert.deepEqual(client.take(PacketType.PUBCOMP).frame, bytesOf('70 03 0005 92'))
})

worldTest('[MQTT-3.7.2-2] [MQTT-3.7.2-3] PUBCOMP of a client may have both properties', (world) => {
  const subscriber = releasing(world)
  subscriber.send('70 @ 0001 00 <1F s"done" 26 s"a" s"b">')
  assert.deepEqual(subscriber.payloads(), ['second'])
})
