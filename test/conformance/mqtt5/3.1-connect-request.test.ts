import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { Access } from '#broker/ports.ts'
import type { ConnectOptions } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'

const RESPONSES = { mqtt: { responseInformation: 'answers/here' } }

/** A CONNECT that asks for response information, or says that it does not want it. */
function asking(requestResponseInformation: boolean): ConnectOptions {
  return { properties: { requestResponseInformation } }
}

worldTest(
  '[MQTT-3.1.2-28] without the request CONNACK has no response information',
  (world) => {
    const silent = world.dial().connect()
    assert.equal(silent.properties.responseInformation, undefined)
    const declined = world.dial(asking(false)).connect()
    assert.equal(declined.properties.responseInformation, undefined)
  },
  RESPONSES,
)

worldTest(
  '[MQTT-3.1.2-28] a client that asks gets the response information',
  (world) => {
    const connack = world.dial(asking(true)).connect()
    assert.equal(connack.properties.responseInformation, 'answers/here')
  },
  RESPONSES,
)

worldTest('[MQTT-3.1.2-28] where none is configured nobody gets one', (world) => {
  const connack = world.dial(asking(true)).connect()
  assert.equal(connack.properties.responseInformation, undefined)
})

worldTest('[MQTT-3.1.2-29] without problem information only some packets say why', (world) => {
  world.access.authorizePublish = () => Access.DENY
  world.access.authorizeSubscribe = () => Access.DENY
  const properties = { requestProblemInformation: false }
  const client = world.connect({ properties, autoAck: false })
  client.publish('t', 'm', { qos: 1 })
  client.publish('t', 'm', { qos: 2 })
  client.ack(PacketType.PUBREL, 99)
  client.ack(PacketType.PUBREC, 99)
  client.send('82 @ 00 09 <> s"t" 00 s"t/#/x" 00')
  client.send('A2 @ 00 0A <> s"t"')
  const types = new Set(client.packets.map(({ type }) => type))
  const { PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK } = PacketType
  for (const type of [PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK]) {
    assert.ok(types.has(type), `a packet of type ${type} has come`)
  }
  for (const packet of client.packets) {
    if (packet.type === PacketType.CONNACK) continue
    assert.equal(packet.properties.reasonString, undefined)
    assert.equal(packet.properties.userProperties, undefined)
  }
})

worldTest('[MQTT-3.1.2-29] user properties of messages come all the same', (world) => {
  const client = world.connect({ properties: { requestProblemInformation: false } })
  client.subscribe('t')
  const userProperties: Array<[string, string]> = [['k', 'v']]
  world.connect().publish('t', 'm', { properties: { userProperties } })
  assert.deepEqual(client.take(PacketType.PUBLISH).properties, { userProperties })
})

worldTest('[MQTT-3.1.2-29] a client that asks for problem information gets a reason', (world) => {
  for (const options of [{}, { properties: { requestProblemInformation: true } }]) {
    const client = world.connect(options)
    client.send('00 00')
    const { reasonString } = client.take(PacketType.DISCONNECT).properties
    assert.match(reasonString ?? '', /malformed/)
  }
})
