import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ControlMessage } from '#broker/ports.ts'
import type { PendingAck } from '#broker/session/pending-ack.ts'
import { settle } from '#broker/shard/core.ts'
import type { ShardCore } from '#broker/shard/core.ts'
import { Links } from '#broker/shard/links.ts'

describe('a body that another shard counts', () => {
  test('is given up when the record that referred to it is gone for good, not before', () => {
    const sent: ControlMessage[] = []
    const commits: PendingAck[] = []
    const later: Array<() => void> = []
    const core = {
      shard: 0,
      shardCount: 2,
      startTick: () => {},
      awaitCommit: (ack: PendingAck) => {
        ack.waiting++
        commits.push(ack)
      },
      atNextAdvance: (action: () => void) => later.push(action),
      fabric: { send: (_shard: number, message: ControlMessage) => sent.push(message) },
    }
    const links = new Links(core as unknown as ShardCore)
    links.releaseBody(1, 'body')
    assert.deepEqual(sent, [])
    settle(commits[0]!, { kind: 'io', message: 'planned' })
    assert.deepEqual(sent, [])
    later[0]!()
    settle(commits[1]!, undefined)
    assert.deepEqual(sent, [{ kind: 'release-body', key: 'body' }])
  })
})
