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

test('what a sibling sends is committed at the end of the tick, answered or not', () => {
  const world = new World({ shards: 2 })
  const device = world.connect({ clientId: 'device', properties: HOUR, shard: 1 })
  device.subscribe('t', { qos: 1 })
  device.drop()
  world.connect({ shard: 0 }).publish('t', 'nobody waits for it', { qos: 0 })
  assert.equal(world.disk.size(Table.QUEUE), 1)
})

describe('a start over records that belong to no session', () => {
  test('removes what an unreadable session record leaves alone', () => {
    const world = new World({ shards: 2 })
    const device = world.connect({ clientId: 'device', properties: HOUR, autoAck: false })
    device.subscribe('t', { qos: 2 })
    device.publish('elsewhere', 'not yet released', { qos: 2 })
    device.drop()
    world.connect().publish('t', 'queued', { qos: 1 })
    const [store] = world.stores
    assert.ok(store !== undefined)
    store.scan(Table.SESSIONS, '', '\xff', (key, value) => {
      const broken = Buffer.from(value)
      broken[broken.length - 1]! ^= 1 // A record has some bytes.
      store.put(Table.SESSIONS, key, broken)
      return true
    })
    store.commit()
    world.crash()
    const tables = [Table.SESSIONS, Table.SUBSCRIPTIONS, Table.QUEUE, Table.INCOMING]
    for (const table of tables) assert.equal(world.disk.size(table), 0, table)
    assert.ok(world.logLines.some(({ message }) => message === 'stored_session_unreadable'))
  })

  test('removes notes of messages whose publisher has no session any more', () => {
    const world = new World({ shards: 2 })
    const publisher = world.connect({ clientId: 'p', properties: HOUR, shard: 0, autoAck: false })
    const receivers = [0, 1].map((shard) =>
      world.connect({ clientId: `r${shard}`, properties: HOUR, shard }),
    )
    for (const receiver of receivers) receiver.subscribe('t', { qos: 2 })
    world.stores[1]!.setAutomatic(false)
    publisher.publish('t', 'm', { qos: 2 })
    publisher.disconnect(0, 0)
    world.finishCommits()
    assert.ok(world.disk.size(Table.INCOMING) > 0, 'the note came after the end of its publisher')
    world.restart()
    assert.equal(world.disk.size(Table.INCOMING), 0)
  })
})
