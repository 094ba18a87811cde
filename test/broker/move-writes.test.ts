import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kept } from '../support/sessions.ts'
import { World } from '../support/world.ts'

function willOf(payload: string) {
  return { topic: 'will', payload: Buffer.from(payload), qos: 1 as const, retain: false }
}

describe('the old shard of a session that moves', () => {
  test('writes nothing into its queue, not even retained messages that are paced', () => {
    const world = new World({ shards: 3, settings: { retainer: { deliveryRate: 1 } } })
    const publisher = world.connect({ shard: 0 })
    for (const topic of ['r/1', 'r/2']) publisher.publish(topic, topic, { qos: 1, retain: true })
    // Its place in the directory is in shard 1: the move begins without shard 2.
    const first = world.connect(kept('traveller', { shard: 0 }))
    first.subscribe(['r/#', 't'], { qos: 1 })
    assert.deepEqual(first.payloads(), ['r/1'])
    world.holdLink(2, 0)
    const second = world.dial(kept('traveller', { shard: 1 }))
    second.tryConnect()
    publisher.publish('t', 'live', { qos: 1 })
    world.pass(2_000)
    world.releaseLinks()
    assert.deepEqual(second.payloads().toSorted(), ['live', 'r/2'])
  })

  test('writes its record no more once the new one has it', () => {
    for (let rounds = 0; rounds < 20; rounds++) {
      const world = new World({ shards: 3 })
      const watcher = world.connect(kept('watcher', { shard: 2 }))
      watcher.subscribe('will', { qos: 1 })
      world.connect(kept('mover', { shard: 0, will: { ...willOf('first'), properties: {} } }))
      const again = kept('mover', { shard: 1, will: { ...willOf('second'), properties: {} } })
      world.stores[2]!.setAutomatic(false)
      const second = world.dial(again)
      world.together(() => {
        second.tryConnect()
        for (let round = 0; round < rounds; round++) world.round()
        world.stores[2]!.setAutomatic(true)
      })
      world.crash()
      const payloads = [...watcher.payloads(), ...world.connect(kept('watcher')).payloads()]
      assert.deepEqual([...new Set(payloads)], ['first', 'second'], `after ${rounds} rounds`)
    }
  })
})
