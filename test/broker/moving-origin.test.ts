import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { World } from '../support/world.ts'

const KEPT = { version: ProtocolVersion.V311, cleanStart: false } as const
/** More failures than there are commits until the crash. */
const FAILURES = 20

test('a QoS 2 message for a session that moves survives a crash of its new shard alone', () => {
  for (let rounds = 0; rounds < 12; rounds++) {
    const world = new World({ shards: 2 })
    const publisher = world.connect({ ...KEPT, clientId: 'publisher', shard: 0, autoAck: false })
    const before = world.connect({ ...KEPT, clientId: 'mover', shard: 0, autoAck: false })
    before.subscribe('t', { qos: 2 })
    const mover = world.dial({ ...KEPT, clientId: 'mover', shard: 1, autoAck: false })
    world.together(() => {
      mover.tryConnect()
      for (let round = 0; round < rounds; round++) world.round()
      for (let count = 0; count < FAILURES; count++) world.stores[1]?.failNext('io')
      publisher.publish('t', 'once', { qos: 2, packetId: 1 })
      for (let round = 0; round < 6; round++) world.round()
    })
    world.crash()
    const again = world.connect({ ...KEPT, clientId: 'publisher', shard: 0 })
    again.publish('t', 'once', { qos: 2, packetId: 1, dup: true })
    const got = world.connect({ ...KEPT, clientId: 'mover', shard: 1 }).payloads()
    assert.deepEqual(got, ['once'], `after ${rounds} rounds`)
  }
})
