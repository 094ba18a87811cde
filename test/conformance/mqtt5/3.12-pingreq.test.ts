import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectDisconnected } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

worldTest('[MQTT-3.12.4-1] PINGRESP answers PINGREQ in every version', (world) => {
  for (const version of [ProtocolVersion.V31, ProtocolVersion.V311, ProtocolVersion.V5]) {
    const client = world.connect({ version })
    client.ping()
    assert.deepEqual(client.take(PacketType.PINGRESP).frame, bytesOf('D0 00'))
  }
})

worldTest('[MQTT-3.12.4-1] each of several PINGREQ in one read is answered', (world) => {
  const client = world.connect()
  client.send('C0 00 C0 00 C0 00')
  assert.equal(client.packets.length, 4)
})

worldTest('[MQTT-3.12.4-1] PINGREQ is answered while messages wait', (world) => {
  const client = world.connect({ autoAck: false, properties: { receiveMaximum: 1 } })
  client.subscribe('t', { qos: 1 })
  const publisher = world.connect()
  for (let index = 0; index < 10; index++) publisher.publish('t', `${index}`, { qos: 1 })
  assert.deepEqual(client.payloads(), ['0'])
  client.ping()
  client.take(PacketType.PINGRESP)
})

worldTest('[MQTT-3.12.4-1] PINGREQ keeps a connection alive', (world) => {
  const pinging = world.connect({ keepAliveSeconds: 10 })
  const silent = world.connect({ keepAliveSeconds: 10 })
  for (let round = 0; round < 5; round++) {
    world.pass(10_000)
    pinging.ping()
  }
  assert.equal(pinging.closed, false)
  expectDisconnected(silent, ReasonCode.KEEP_ALIVE_TIMEOUT)
})

worldTest('[MQTT-4.13.1-1] a PINGREQ with a body is malformed', (world) => {
  const client = world.connect()
  client.send('C0 01 00')
  expectDisconnected(client, ReasonCode.MALFORMED_PACKET)
})

worldTest('[MQTT-4.13.1-1] PINGRESP from a client is a protocol error', (world) => {
  const client = world.connect()
  client.send('D0 00')
  expectDisconnected(client, ReasonCode.PROTOCOL_ERROR)
})
