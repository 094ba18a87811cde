import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Table } from '#broker/ports.ts'
import { World } from '../support/world.ts'

const HOUR = { sessionExpiryIntervalSeconds: 3600 }

/** A crash after the new session of a client was stored and before the old one was removed. */
function crashBetweenCommits(): World {
  const world = new World({ shards: 3 })
  const before = world.connect({ clientId: 'c', properties: HOUR, shard: 0 })
  before.subscribe('old/#', { qos: 1 })
  world.pass(1000)
  world.stores[0]!.setAutomatic(false)
  const after = world.dial({ clientId: 'c', properties: HOUR, shard: 2 })
  after.tryConnect()
  world.crash()
  return world
}

describe('two stored sessions of one client after a crash', () => {
  test('the newer one lives, nothing of the older one is left', () => {
    const world = crashBetweenCommits()
    world.pass(1000)
    assert.equal(world.disk.size(Table.SESSIONS), 1)
    assert.equal(world.disk.size(Table.SUBSCRIPTIONS), 0)
    world.connect().publish('old/x', 'for nobody', { qos: 1 })
    const again = world.dial({ clientId: 'c', cleanStart: false, properties: HOUR })
    assert.equal(again.connect().sessionPresent, true)
    assert.deepEqual(again.payloads(), [])
  })
})
