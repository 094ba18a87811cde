import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { Access } from '#broker/ports.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { expectClosedSilently } from '../../support/expect.ts'
import { worldTest } from '../../support/world-test.ts'

const V311 = { version: ProtocolVersion.V311 }
const FAILURE = 0x80

worldTest(
  '[MQTT311-3.8.3-2] where wildcards are switched off, filters with them are refused',
  (world) => {
    const client = world.connect(V311)
    assert.deepEqual(client.subscribe(['a', '#', 'a/+', '+', 'a/b']), [
      0,
      FAILURE,
      FAILURE,
      FAILURE,
      0,
    ])
    const publisher = world.connect(V311)
    for (const topic of ['a', 'a/b', 'a/c']) publisher.publish(topic, topic)
    assert.deepEqual(client.payloads(), ['a', 'a/b'])
  },
  { mqtt: { wildcardSubscription: false } },
)

worldTest('[MQTT311-3.8.3-4] reserved bits or QoS 3 in SUBSCRIBE are malformed', (world) => {
  for (const options of ['03', '04', '08', '10', '20', '40', '80', 'FF']) {
    const client = world.connect(V311)
    client.packets.length = 0
    client.send(`82 @ 00 01 s"ok" 00 s"t" ${options}`)
    expectClosedSilently(client)
  }
})

worldTest(
  '[MQTT311-3.9.3-2] SUBACK has no other codes than 0, 1, 2 and 0x80',
  (world) => {
    world.access.authorizeSubscribe = (_who, filter) => {
      return filter === 'denied' ? Access.DENY : Access.ALLOW
    }
    const client = world.connect(V311)
    const filters = [
      's"a" 00',
      's"b" 01',
      's"c" 02',
      's"denied" 01', // 0x87 in MQTT 5.
      's"a#" 00', // 0x8F.
      's"a/#/b" 00',
      's"$share/g/t" 01', // 0x9E: shared subscriptions are off here.
      's"full" 00', // 0x97: one too many.
      's"a" 02',
    ]
    client.send(`82 @ 00 07 ${filters.join(' ')}`)
    const { frame } = client.take(PacketType.SUBACK)
    assert.deepEqual(frame, bytesOf('90 @ 00 07 00 01 02 80 80 80 80 80 02'))
  },
  { mqtt: { sharedSubscription: false, subscriptionsMax: 3 } },
)

worldTest('[MQTT311-3.9.3-2] UNSUBACK has no codes', (world) => {
  const client = world.connect(V311)
  client.send('A2 @ 00 09 s"none" s"a/#/b"')
  assert.deepEqual(client.take(PacketType.UNSUBACK).frame, bytesOf('B0 02 00 09'))
})
