import assert from 'node:assert/strict'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { World } from '../../support/world.ts'

/** What a client says from CONNECT to its last PUBLISH, as one stream of bytes. */
const STREAM = Buffer.concat(
  [
    '10 @ s"MQTT" 04 02 0000 s"streamer"',
    '82 @ 0001 s"t/#" 01',
    '30 @ s"t/0" "zero"',
    '32 @ s"t/1" 0002 "one"',
    `30 @ s"t/long" "${'x'.repeat(400)}"`,
    'C0 00',
  ].map(bytesOf),
)

function dial(world: World): TestClient {
  return world.dial({ version: 4, clientId: 'streamer', autoAck: false })
}

function expectConversation(client: TestClient): void {
  const topics = client.packets
    .filter(({ type }) => type === PacketType.PUBLISH)
    .map(({ topic, payload }) => [topic, payload.length])
  assert.deepEqual(topics, [
    ['t/0', 4],
    ['t/1', 3],
    ['t/long', 400],
  ])
  const types = new Set(client.packets.map(({ type }) => type))
  const { CONNACK, SUBACK, PUBLISH, PUBACK, PINGRESP } = PacketType
  assert.deepEqual(
    [...types].toSorted((a, b) => a - b),
    [CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP],
  )
}

worldTest('[MQTT-4.2.0-1] packets may come in one piece', (world) => {
  const client = dial(world)
  client.sendBytes(STREAM)
  expectConversation(client)
})

worldTest('[MQTT-4.2.0-1] packets may come byte by byte', (world) => {
  const client = dial(world)
  for (const byte of STREAM) client.sendBytes(Buffer.from([byte]))
  expectConversation(client)
})

worldTest('[MQTT-4.2.0-1] [MQTT-6.0.0-2] packets may be cut anywhere', (world) => {
  for (let cut = 1; cut < STREAM.length; cut++) {
    const client = dial(world)
    client.sendBytes(STREAM.subarray(0, cut))
    client.sendBytes(STREAM.subarray(cut))
    expectConversation(client)
    client.drop()
  }
})

worldTest('[MQTT-4.2.0-1] pieces may arrive faster than they are taken', (world) => {
  for (let size = 1; size < 60; size++) {
    const client = dial(world)
    world.together(() => {
      for (let at = 0; at < STREAM.length; at += size) {
        client.sendBytes(STREAM.subarray(at, at + size))
      }
    })
    expectConversation(client)
    client.drop()
  }
})
