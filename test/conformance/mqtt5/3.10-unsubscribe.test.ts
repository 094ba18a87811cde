import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectClosedSilently, expectDisconnected } from '../../support/expect.ts'
import { kept } from '../../support/sessions.ts'
import { worldTest } from '../../support/world-test.ts'

const { SUCCESS, NO_SUBSCRIPTION_EXISTED } = ReasonCode

worldTest('[MQTT-3.10.1-1] UNSUBSCRIBE with other flags than 0010 ends the connection', (world) => {
  for (let flags = 0; flags < 16; flags++) {
    const client = world.connect()
    client.send(`A${flags.toString(16)} @ 0001 <> s"t"`)
    if (flags === 2) client.take(PacketType.UNSUBACK)
    else expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.10.3-1] a filter that is not UTF-8 ends the connection', (world) => {
  for (const bytes of ['FF', 'C328', 'EDA080', 'F4908080', '610062']) {
    const client = world.connect()
    const length = (bytes.length / 2).toString(16).padStart(4, '0')
    client.send(`A2 @ 0001 <> ${length} ${bytes}`)
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.10.3-2] UNSUBSCRIBE without a filter is a protocol error', (world) => {
  const client = world.connect()
  client.send('A2 @ 0001 <>')
  expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
  const old = world.connect({ version: ProtocolVersion.V311 })
  old.packets.length = 0
  old.send('A2 @ 0001')
  expectClosedSilently(old)
})

worldTest('[MQTT-3.10.4-1] only the filter that is the same in every character goes', (world) => {
  const client = world.connect()
  client.subscribe(['a/+', 'a/#', 'a/b', 'A/b'])
  assert.deepEqual(
    client.unsubscribe(['a/B', 'a/b/', '/a/b', '#', '+/b', 'a']),
    Array.from({ length: 6 }, () => NO_SUBSCRIPTION_EXISTED),
  )
  assert.deepEqual(client.unsubscribe('a/+'), [SUCCESS])
  const publisher = world.connect()
  publisher.publish('a/b', 'm')
  publisher.publish('A/b', 'm')
  assert.equal(client.messages().length, 2, 'one for a/# and a/b, one for A/b')
  assert.deepEqual(client.unsubscribe(['a/#', 'a/b']), [SUCCESS, SUCCESS])
  publisher.publish('a/b', 'm')
  assert.deepEqual(client.payloads(), [])
})

worldTest('[MQTT-3.10.4-1] filters are compared without normalising', (world) => {
  const client = world.connect()
  const composed = 'caf\u00e9'
  client.subscribe(composed)
  assert.deepEqual(client.unsubscribe('cafe\u0301'), [NO_SUBSCRIPTION_EXISTED])
  assert.deepEqual(client.unsubscribe('CAF\u00c9'), [NO_SUBSCRIPTION_EXISTED])
  assert.deepEqual(client.unsubscribe(composed), [SUCCESS])
})

worldTest('[MQTT-3.10.4-1] a shared subscription is another one than its filter', (world) => {
  const client = world.connect()
  client.subscribe(['$share/g/t', '$share/h/t', '$queue/t', 't'])
  assert.deepEqual(client.unsubscribe(['$share/x/t', '$share/g/t', 't']), [
    NO_SUBSCRIPTION_EXISTED,
    SUCCESS,
    SUCCESS,
  ])
  world.connect().publish('t', 'm')
  assert.deepEqual(client.payloads(), ['m', 'm'], 'the groups h and $queue are left')
  assert.deepEqual(client.unsubscribe(['$share/h/t', '$queue/t']), [SUCCESS, SUCCESS])
  world.connect().publish('t', 'm')
  assert.deepEqual(client.payloads(), [])
})

worldTest('[MQTT-3.10.4-1] what is unsubscribed stays so after a crash', (world) => {
  const client = world.connect(kept('keeper'))
  client.subscribe(['a', 'b', 'c'], { qos: 1 })
  client.unsubscribe('b')
  world.crash()
  const publisher = world.connect()
  for (const topic of ['a', 'b', 'c']) publisher.publish(topic, topic, { qos: 1 })
  assert.deepEqual(world.connect(kept('keeper')).payloads(), ['a', 'c'])
})

worldTest('[MQTT-3.10.4-2] no message is added once UNSUBSCRIBE has been taken', (world) => {
  const client = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  client.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  publisher.publish('t', 'before', { qos: 1 })
  client.unsubscribe('t')
  publisher.publish('t', 'after', { qos: 1 })
  client.ack(PacketType.PUBACK, 1)
  assert.deepEqual(client.payloads(), ['before'])
})

worldTest('[MQTT-3.10.4-2] the publisher in the same packet order sees it gone', (world) => {
  const client = world.connect({ autoAck: false })
  client.subscribe('t', { qos: 1 })
  client.send('A2 06 0007 00 0001 "t"  32 07 0001 "t" 0009 00 "m"')
  assert.equal(client.take(PacketType.UNSUBACK).packetId, 7)
  assert.equal(client.take(PacketType.PUBACK).reason, ReasonCode.NO_MATCHING_SUBSCRIBERS)
  assert.deepEqual(client.payloads(), [])
})

worldTest('[MQTT-3.10.4-3] what was being delivered is finished', (world) => {
  const client = world.connect(kept('keeper', { autoAck: false }))
  client.subscribe('t/#', { qos: 2 })
  const publisher = world.connect()
  publisher.publish('t/1', 'one', { qos: 1 })
  publisher.publish('t/2', 'two', { qos: 2 })
  publisher.publish('t/3', 'three', { qos: 2 })
  const [one, two, three] = client.messages()
  client.ack(PacketType.PUBREC, three!.packetId)
  client.take(PacketType.PUBREL)
  client.unsubscribe('t/#')
  client.drop()
  const again = world.connect(kept('keeper', { autoAck: false }))
  const resent = again.messages().map(({ payload, packetId, dup }) => [payload, packetId, dup])
  assert.deepEqual(resent, [
    ['one', one!.packetId, true],
    ['two', two!.packetId, true],
  ])
  assert.equal(again.take(PacketType.PUBREL).packetId, three!.packetId)
  again.ack(PacketType.PUBREC, two!.packetId)
  assert.equal(again.take(PacketType.PUBREL).packetId, two!.packetId)
})

worldTest('[MQTT-3.10.4-4] [MQTT-3.10.4-5] UNSUBACK answers with the same identifier', (world) => {
  const client = world.connect()
  client.subscribe('t')
  for (const packetId of ['0001', 'FFFF']) {
    client.send(`A2 @ ${packetId} <26 s"a" s"b"> s"t"`)
    assert.equal(client.take(PacketType.UNSUBACK).packetId, Number.parseInt(packetId, 16))
  }
  assert.equal(client.packets.length, 1)
})

worldTest('[MQTT-3.10.4-5] UNSUBACK comes although there was nothing to delete', (world) => {
  const client = world.connect()
  assert.deepEqual(client.unsubscribe('nothing'), [NO_SUBSCRIPTION_EXISTED])
  const old = world.connect({ version: ProtocolVersion.V311 })
  assert.deepEqual(old.unsubscribe('nothing'), [])
})

worldTest('[MQTT-3.10.4-6] several filters go with one UNSUBACK', (world) => {
  const client = world.connect()
  client.subscribe(['a', 'b', 'c'])
  assert.deepEqual(client.unsubscribe(['a', 'x', 'a', 'c']), [
    SUCCESS,
    NO_SUBSCRIPTION_EXISTED,
    NO_SUBSCRIPTION_EXISTED,
    SUCCESS,
  ])
  assert.equal(client.packets.length, 1)
  const publisher = world.connect()
  for (const topic of ['a', 'b', 'c']) publisher.publish(topic, topic)
  assert.deepEqual(client.payloads(), ['b'])
})

worldTest('[MQTT-3.10.4-6] thousands of filters go with one UNSUBACK', (world) => {
  const client = world.connect()
  const filters = Array.from({ length: 3_000 }, (_, index) => `f/${index}`)
  client.subscribe(filters)
  assert.deepEqual(
    client.unsubscribe(filters),
    filters.map(() => SUCCESS),
  )
})
