import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_SETTINGS } from '#broker/limits.ts'
import { Message } from '#broker/message.ts'
import { Router } from '#broker/router/router.ts'
import type { Delivery } from '#broker/router/routes.ts'
import { noteReceived } from '#broker/session/origin.ts'
import type { Session } from '#broker/session/session.ts'
import type { ShardCore } from '#broker/shard/core.ts'
import type { Links } from '#broker/shard/links.ts'
import { admitDuringMove } from '#broker/shard/move-gate.ts'
import { MemoryDisk } from '#storage/memory/memory-store.ts'

describe('a session that moves to this shard', () => {
  const make = () => {
    const store = new MemoryDisk().open({ automatic: true })
    const router = new Router(0, { topicLevelsMax: 8, topicCacheEntriesMax: 8 })
    const bytes = Buffer.from('payload')
    const nothing = Buffer.alloc(0)
    const topic = router.entryFor('a')
    const message = new Message(topic, bytes, 2, false, nothing, 0, 'publisher', 1, false)
    message.origin = 'origin-key1'
    message.checkOrigin = true
    const early: unknown[] = []
    const move = { role: 'target', peer: 1, marked: new Set([1]), forwarded: false, early }
    const zone = { mqtt: DEFAULT_SETTINGS.mqtt }
    const session = { storeKey: 'store-key', clientId: 'mover', zone, move }
    const core = { store, settings: DEFAULT_SETTINGS, noteEarly: () => {} }
    const admit = (): boolean =>
      admitDuringMove(
        core as unknown as ShardCore,
        {} as Links,
        session as unknown as Session,
        message,
        { qos: 2, retainAsPublished: false } as unknown as Delivery,
        1,
      )
    return { store, message, early, admit }
  }

  test('puts a message behind what is still being forwarded', () => {
    const { early, admit } = make()
    assert.equal(admit(), false)
    assert.equal(early.length, 1)
  })

  test('does not take a QoS 2 message again that it has from before a crash', () => {
    const { store, message, early, admit } = make()
    noteReceived(store, message, 'store-key', undefined)
    assert.equal(admit(), false)
    assert.equal(early.length, 0)
  })
})
