import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ControlMessage } from '#broker/ports.ts'
import { PendingAck } from '#broker/session/pending-ack.ts'
import type { ShardCore } from '#broker/shard/core.ts'
import type { BatchDurable } from '#broker/shard/messages.ts'
import { Links } from '#broker/shard/links.ts'

function durable(sequence: number): BatchDurable {
  return { kind: 'batch-durable', sequence, failure: undefined, healthy: true }
}

describe('the links of a shard', () => {
  const make = (): { links: Links; sent: ControlMessage[] } => {
    const sent: ControlMessage[] = []
    const core = {
      shard: 0,
      shardCount: 2,
      startTick: () => {},
      fabric: { send: (_shard: number, message: ControlMessage) => sent.push(message) },
    }
    return { links: new Links(core as unknown as ShardCore), sent }
  }

  test('take the answers to their batches in any order', () => {
    const { links, sent } = make()
    const answered: string[] = []
    for (const name of ['first', 'second']) {
      const ack = new PendingAck({ drainAcks: () => answered.push(name) }, 0, 0, 0, 0)
      links.awaitShards(ack, 1 << 1)
      links.endTick()
    }
    assert.deepEqual(sent, [
      { kind: 'batch-end', sequence: 1 },
      { kind: 'batch-end', sequence: 2 },
    ])
    // The sibling passed something of the first batch on to a third shard, and waits for that.
    links.batchDurable(1, durable(2))
    assert.deepEqual(answered, ['second'])
    links.batchDurable(1, durable(1))
    assert.deepEqual(answered, ['second', 'first'])
  })

  test('refuse an answer to a batch that was never sent', () => {
    const { links } = make()
    assert.throws(() => links.batchDurable(1, durable(7)), /unknown batch 7/)
  })
})
