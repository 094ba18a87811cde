import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { expectClosedSilently, expectDisconnected, expectRefused } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const { BAD_AUTHENTICATION_METHOD, MALFORMED_PACKET, PROTOCOL_ERROR } = ReasonCode

worldTest('[MQTT-3.15.1-1] AUTH with other flags than 0000 ends the connection', (world) => {
  for (let flags = 1; flags < 16; flags++) {
    const client = world.connect()
    client.send(`F${flags.toString(16)} 00`)
    expectDisconnected(client, MALFORMED_PACKET)
  }
})

worldTest('[MQTT-3.15.1-1] AUTH closes a connection of 3.1.1, which does not have it', (world) => {
  for (const bytes of ['F0 00', 'F1 00', 'F0 02 00 00']) {
    const client = world.connect({ version: ProtocolVersion.V311 })
    client.packets.length = 0
    client.send(bytes)
    expectClosedSilently(client)
  }
})

worldTest('[MQTT-3.15.2-1] AUTH with a code that is not listed is a protocol error', (world) => {
  for (let reason = 0; reason < 256; reason++) {
    const client = world.connect()
    client.sendBytes(Buffer.from([0xf0, 6, reason, 4, 0x15, 0, 1, 0x78]))
    expectDisconnected(client, PROTOCOL_ERROR) // Listed ones too: CONNECT had no method.
    const unlisted = ![0x00, 0x18, 0x19].includes(reason)
    const says = client.packets.at(-1)?.properties.reasonString ?? ''
    assert.equal(says.includes('[MQTT-3.15.2-1]'), unlisted, says)
  }
})

worldTest('[MQTT-3.15.2-1] AUTH with a reason and no method is a protocol error', (world) => {
  const client = world.connect()
  client.send('F0 02 18 00')
  expectDisconnected(client, PROTOCOL_ERROR)
})

worldTest('[MQTT-4.12.0-1] a method that is not known is refused with 0x8C', (world) => {
  for (const authenticationMethod of ['SCRAM-SHA-1', 'unknown', '']) {
    const client = world.dial({ properties: { authenticationMethod } })
    client.tryConnect()
    const { properties } = expectRefused(client, BAD_AUTHENTICATION_METHOD)
    assert.equal(properties.authenticationMethod, undefined)
  }
})

worldTest('[MQTT-4.12.0-6] without a method in CONNECT there is none in CONNACK', (world) => {
  const client = world.connect({ username: 'someone', password: 'secret' })
  const connack = client.take(PacketType.CONNACK)
  assert.equal(connack.properties.authenticationMethod, undefined)
  assert.equal(connack.properties.authenticationData, undefined)
  assert.deepEqual(client.packets, [], 'and no AUTH comes')
})

worldTest('[MQTT-4.12.0-6] a refusal without a method in CONNECT names none', (world) => {
  world.access.authenticate = (_request, done) => {
    const reason = ReasonCode.NOT_AUTHORIZED
    done({ allowed: false, reason, reasonString: 'not you' })
  }
  const client = world.dial()
  client.tryConnect()
  const { properties } = expectRefused(client, ReasonCode.NOT_AUTHORIZED)
  assert.deepEqual(Object.keys(properties), ['reasonString'])
})

worldTest('[MQTT-4.12.0-7] AUTH of a client that gave no method is a protocol error', (world) => {
  const cases = ['F0 00', 'F0 @ 18 <15 s"x">', 'F0 @ 19 <15 s"x" 16 s"data">', 'F0 @ 00 <15 s"x">']
  for (const bytes of cases) {
    const client = world.connect()
    client.send(bytes)
    expectDisconnected(client, PROTOCOL_ERROR)
  }
})

worldTest('[MQTT-4.12.0-7] AUTH before CONNECT closes the connection', (world) => {
  const client = world.dial()
  client.send('F0 @ 18 <15 s"x">')
  expectClosedSilently(client)
})
