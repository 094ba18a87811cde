import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectClosedSilently, expectDisconnected } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

worldTest('[MQTT-3.8.1-1] SUBSCRIBE with other flags than 0010 ends the connection', (world) => {
  for (let flags = 0; flags < 16; flags++) {
    const client = world.connect()
    client.send(`8${flags.toString(16)} @ 0001 <> s"t" 00`)
    if (flags === 2) assert.deepEqual(client.take(PacketType.SUBACK).reasons, [0])
    else expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.8.3-1] a filter that is not UTF-8 ends the connection', (world) => {
  const bad = ['FF', 'C328', 'EDA080', 'F4908080', 'C0AF']
  for (const bytes of bad) {
    const client = world.connect()
    const length = (bytes.length / 2).toString(16).padStart(4, '0')
    client.send(`82 @ 0001 <> ${length} ${bytes} 00`)
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.8.3-1] a filter in any script is taken', (world) => {
  const filter = '温度/комната/+/🌡️'
  const client = world.connect()
  assert.deepEqual(client.subscribe(filter), [0])
  world.connect().publish('温度/комната/é/🌡️', 'm')
  assert.deepEqual(client.payloads(), ['m'])
})

worldTest('[MQTT-3.8.3-2] SUBSCRIBE without a filter is a protocol error', (world) => {
  const client = world.connect()
  client.send('82 @ 0001 <>')
  expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
})

worldTest('[MQTT-3.8.3-2] SUBSCRIBE without a filter closes a 3.1.1 connection', (world) => {
  const client = world.connect({ version: ProtocolVersion.V311 })
  client.packets.length = 0
  client.send('82 @ 0001')
  expectClosedSilently(client)
})

worldTest('[MQTT-3.8.3-2] a filter without its options is malformed', (world) => {
  const client = world.connect()
  client.send('82 @ 0001 <> s"a" 00 s"b"')
  expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
})

worldTest('[MQTT-3.8.3-4] no local on a shared subscription is a protocol error', (world) => {
  for (const filter of ['$share/g/t', '$share/g/#']) {
    const client = world.connect()
    client.send(`82 @ 0001 <> s"a" 00 s"${filter}" 04`)
    expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
  }
})

worldTest('[MQTT-3.8.3-5] reserved bits of the options make SUBSCRIBE malformed', (world) => {
  for (const options of ['40', '80', 'C0', '41', 'AE']) {
    const client = world.connect()
    client.send(`82 @ 0001 <> s"t" ${options}`)
    expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.8.3-5] every combination of options without reserved bits counts', (world) => {
  for (let options = 0; options < 0x40; options++) {
    const client = world.connect()
    client.sendBytes(Buffer.from([0x82, 7, 0, 1, 0, 0, 1, 0x74, options]))
    const qos = options & 3
    if (qos === 3 || options >> 4 === 3) expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
    else assert.deepEqual(client.take(PacketType.SUBACK).reasons, [qos])
  }
})

worldTest('[MQTT-4.13.1-1] a subscription identifier of 0, or two, is refused', (world) => {
  const zero = world.connect()
  zero.send('82 @ 0001 <0B 00> s"t" 00')
  expectDisconnected(zero, ReasonCode.PROTOCOL_ERROR)
  const twice = world.connect()
  twice.send('82 @ 0001 <0B 01 0B 02> s"t" 00')
  expectDisconnected(twice, ReasonCode.PROTOCOL_ERROR)
})

worldTest(
  '[MQTT-3.8.4-1] SUBSCRIBE may have user properties and the largest identifier',
  (world) => {
    const client = world.connect()
    client.send('82 @ 0001 <26 s"a" s"1" 0B FFFFFF7F 26 s"a" s"2"> s"t" 01')
    assert.deepEqual(client.take(PacketType.SUBACK).reasons, [1])
    world.connect().publish('t', 'm')
    const { properties } = client.take(PacketType.PUBLISH)
    assert.deepEqual(properties.subscriptionIdentifiers, [268_435_455])
  },
)
