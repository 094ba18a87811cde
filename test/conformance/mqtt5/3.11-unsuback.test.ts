import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { worldTest } from '../../support/world-test.ts'

worldTest('[MQTT-3.11.2-1] [MQTT-3.11.2-2] UNSUBACK has no more than its codes', (world) => {
  const client = world.connect({ properties: { maximumPacketSizeBytes: 20 } })
  client.subscribe('b')
  client.send('A2 @ 0001 <> s"a" s"b"')
  assert.deepEqual(client.take(PacketType.UNSUBACK).frame, bytesOf('B0 05 0001 00 11 00'))
})

worldTest('[MQTT-3.11.3-1] the codes come in the order of the filters', (world) => {
  const client = world.connect()
  client.subscribe(['b', 'd'])
  const reasons = client.unsubscribe(['a', 'b', 'c', 'd', 'e'])
  assert.deepEqual(reasons, [0x11, 0x00, 0x11, 0x00, 0x11])
})

worldTest('[MQTT-3.11.3-2] UNSUBACK 0x00 and 0x11 tell whether there was one', (world) => {
  const client = world.connect()
  client.subscribe('t')
  assert.deepEqual(client.unsubscribe('t'), [ReasonCode.SUCCESS])
  assert.deepEqual(client.unsubscribe('t'), [ReasonCode.NO_SUBSCRIPTION_EXISTED])
})

worldTest('[MQTT-3.11.3-2] UNSUBACK 0x11 comes for filters that nobody can have', (world) => {
  const client = world.connect()
  const bad = ['', 'a/#/b', 'a#', '+a', '$share/g', '$share//t', '$share/g+/t', '$queue/$share/g/t']
  assert.deepEqual(
    client.unsubscribe(bad),
    bad.map(() => ReasonCode.NO_SUBSCRIPTION_EXISTED),
  )
})

worldTest(
  '[MQTT-3.11.3-2] UNSUBACK 0x8F says that no rule may rewrite the filter',
  (world) => {
    const client = world.connect()
    const long = `x/${'y'.repeat(600)}`
    assert.deepEqual(client.unsubscribe(['x/1', long]), [
      ReasonCode.NO_SUBSCRIPTION_EXISTED,
      ReasonCode.TOPIC_FILTER_INVALID,
    ])
  },
  {
    rewrite: [
      { action: 'all', sourceTopic: 'x/#', regularExpression: '^x/(.+)$', destTopic: 'z/$1' },
    ],
  },
)

worldTest('[MQTT-3.11.3-2] UNSUBACK of 3.1.1 has no codes', (world) => {
  const client = world.connect({ version: ProtocolVersion.V311 })
  client.subscribe('t')
  client.send('A2 @ 1234 s"t" s"u"')
  assert.deepEqual(client.take(PacketType.UNSUBACK).frame, bytesOf('B0 02 1234'))
})
