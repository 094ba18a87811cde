import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { World } from '../support/world.ts'

describe('a QoS 2 message that is sent again', () => {
  for (const shard of [0, 1]) {
    test(`reaches shard ${shard} by an ordinary and by a shared subscription`, () => {
      const world = new World({ shards: 2 })
      const kept = { version: ProtocolVersion.V311, cleanStart: false } as const
      const member = world.connect({ clientId: 'member', shard, ...kept })
      member.subscribe(['t', '$share/g/t'], { qos: 2 })
      const publisher = world.connect({ clientId: 'publisher', shard: 0, ...kept })
      publisher.publish('t', 'again', { qos: 2, packetId: 1, dup: true })
      assert.deepEqual(member.payloads(), ['again', 'again'])
    })
  }
})
