import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectClosedSilently, expectDisconnected, expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const { MALFORMED_PACKET, PROTOCOL_ERROR } = ReasonCode

/** What a connected client may get wrong, and what it is told (MQTT 5). */
const BREACHES: ReadonlyArray<readonly [name: string, bytes: string, reason: number]> = [
  ['packet type 0', '00 00', MALFORMED_PACKET],
  ['a length of five bytes', '30 FFFFFFFF01', MALFORMED_PACKET],
  ['a length that is padded', 'C0 80 00', MALFORMED_PACKET],
  ['CONNECT again', '10 @ s"MQTT" 05 02 0000 <> s"x"', PROTOCOL_ERROR],
  ['CONNACK', '20 03 00 00 00', PROTOCOL_ERROR],
  ['SUBACK', '90 04 0001 00 00', PROTOCOL_ERROR],
  ['UNSUBACK', 'B0 04 0001 00 00', PROTOCOL_ERROR],
  ['PINGRESP', 'D0 00', PROTOCOL_ERROR],
  ['QoS 3', '36 @ s"t" 0001 <> "m"', MALFORMED_PACKET],
  ['DUP with QoS 0', '38 @ s"t" <> "m"', MALFORMED_PACKET],
  ['a topic that ends behind the packet', '30 05 0010 "abc"', MALFORMED_PACKET],
  ['properties that end behind the packet', '30 @ s"t" 7F "m"', MALFORMED_PACKET],
  ['an unknown property', '30 @ s"t" <7F 00> "m"', MALFORMED_PACKET],
  ['a property of another packet', '30 @ s"t" <11 00000001> "m"', MALFORMED_PACKET],
  ['a property twice', '30 @ s"t" <01 01 01 01> "m"', PROTOCOL_ERROR],
  ['a format that is neither 0 nor 1', '30 @ s"t" <01 02> "m"', PROTOCOL_ERROR],
  ['a response topic with a wildcard', '30 @ s"t" <08 s"a/+"> "m"', PROTOCOL_ERROR],
  ['a subscription identifier in PUBLISH', '30 @ s"t" <0B 01> "m"', PROTOCOL_ERROR],
  ['packet identifier 0', '32 @ s"t" 0000 <> "m"', PROTOCOL_ERROR],
  ['SUBSCRIBE with identifier 0', '82 @ 0000 <> s"t" 00', PROTOCOL_ERROR],
  ['PUBACK with identifier 0', '40 02 0000', PROTOCOL_ERROR],
  ['an alias that nothing introduced', '30 @ s"" <23 0001> "m"', PROTOCOL_ERROR],
  ['no topic and no alias', '30 @ s"" <> "m"', PROTOCOL_ERROR],
  ['SUBSCRIBE without a filter', '82 @ 0001 <>', PROTOCOL_ERROR],
  ['UNSUBSCRIBE without a filter', 'A2 @ 0001 <>', PROTOCOL_ERROR],
  ['AUTH without a method', 'F0 @ 18 <15 s"x">', PROTOCOL_ERROR],
  ['bytes behind the end of PINGREQ', 'C0 01 00', MALFORMED_PACKET],
  ['bytes behind the end of PUBACK', '40 05 0001 00 00 00', MALFORMED_PACKET],
]

worldTest('[MQTT-4.13.1-1] a malformed packet or a protocol error ends the connection', (world) => {
  const bystander = world.connect()
  bystander.subscribe('t')
  for (const [name, bytes, reason] of BREACHES) {
    const client = world.connect()
    client.send(bytes)
    const last = client.packets.at(-1)
    assert.equal(last?.type, PacketType.DISCONNECT, name)
    assert.equal(last.reason, reason, `${name}: ${last.properties.reasonString}`)
    assert.equal(client.closed, true, name)
  }
  assert.deepEqual(bystander.packets.length, 1)
  bystander.publish('t', 'still there')
  assert.deepEqual(bystander.payloads(), ['still there'])
})

worldTest('[MQTT-4.13.1-1] what came before the bad packet counts, what follows not', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  const client = world.connect()
  client.send('30 05 0001 "t" 00 "1" D0 00 30 05 0001 "t" 00 "2"')
  expectDisconnected(client, PROTOCOL_ERROR)
  assert.deepEqual(subscriber.payloads(), ['1'])
})

worldTest('[MQTT-4.13.1-1] a bad CONNECT is answered with its code, and closed', (world) => {
  const cases: ReadonlyArray<readonly [string, number]> = [
    ['10 @ s"MQTT" 05 03 0000 <> s"x"', MALFORMED_PACKET],
    ['10 @ s"MQTT" 05 02 0000 <21 0000> s"x"', PROTOCOL_ERROR],
    ['10 @ s"MQTT" 05 02 0000 <11 00000001 11 00000001> s"x"', PROTOCOL_ERROR],
  ]
  for (const [bytes, reason] of cases) {
    const client = world.dial()
    client.send(bytes)
    expectRefused(client, reason)
  }
})

worldTest('[MQTT-4.13.2-1] CONNACK of 0x80 or above is followed by the end', (world) => {
  for (const reason of [ReasonCode.SERVER_BUSY, ReasonCode.BANNED, ReasonCode.SERVER_UNAVAILABLE]) {
    world.access.authenticate = (_request, done) => {
      done({ allowed: false, reason, reasonString: 'no' })
    }
    for (const version of [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5]) {
      const client = world.dial({ version })
      client.tryConnect()
      assert.equal(client.packets.length, 1)
      assert.equal(client.closed, true)
      client.ping()
      assert.equal(client.packets.length, 1)
    }
  }
})

worldTest('[MQTT-4.13.2-1] DISCONNECT of 0x80 or above from a client ends it at once', (world) => {
  const subscriber = world.connect()
  subscriber.subscribe('t')
  for (const reason of [0x80, 0x81, 0x82, 0x83, 0x97]) {
    const client = world.connect()
    client.packets.length = 0
    client.sendBytes(Buffer.from([0xe0, 1, reason]))
    client.publish('t', 'too late')
    expectClosedSilently(client)
  }
  assert.deepEqual(subscriber.payloads(), [])
})

worldTest('[MQTT-4.13.2-1] 3.1.1 has no DISCONNECT of the broker: it is just closed', (world) => {
  for (const bytes of ['D0 00', '36 @ s"t" 0001 "m"', '10 @ s"MQTT" 04 02 0000 s"x"']) {
    const client = world.connect({ version: ProtocolVersion.V311 })
    client.packets.length = 0
    client.send(bytes)
    expectClosedSilently(client)
  }
})
