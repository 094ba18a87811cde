import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Table } from '#broker/ports.ts'
import { incomingKey, numberedKey, queueKey, runPrefix } from '#broker/session/keys.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { World } from '../support/world.ts'

const HOUR = { sessionExpiryIntervalSeconds: 3600 }

/**
 * A crash after a client began anew, while a sibling was storing what its old session, in shard 0,
 * had got as a member of a group.
 */
function crashWhileLeaving(properties: { sessionExpiryIntervalSeconds: number }): World {
  const world = new World({ shards: 3 })
  const open = { properties: HOUR, autoAck: false }
  const before = world.connect({ ...open, clientId: 'c', shard: 0 })
  before.subscribe(['old/#', '$share/g/jobs'], { qos: 1 })
  world.connect({ shard: 1 }).publish('jobs', 'job', { qos: 1 })
  const member = world.connect({ ...open, clientId: 'member', shard: 1 })
  member.subscribe('$share/g/jobs', { qos: 1 })
  world.pass(1000)
  world.stores[1]!.setAutomatic(false)
  const after = world.connect({ clientId: 'c', properties, shard: 2 })
  assert.equal(after.packets[0]?.sessionPresent, false)
  world.crash()
  return world
}

describe('a session that was ended before a crash, with a job not yet stored elsewhere', () => {
  test('does not come back for a client that was told so', () => {
    const world = crashWhileLeaving({ sessionExpiryIntervalSeconds: 0 })
    const again = world.dial({ clientId: 'c', cleanStart: false, properties: HOUR })
    assert.equal(again.connect().sessionPresent, false)
    const member = world.connect({ clientId: 'member', cleanStart: false, properties: HOUR })
    assert.deepEqual(member.payloads(), ['job'])
  })

  test('does not come back when the wall clock went back', () => {
    const world = crashWhileLeaving({ sessionExpiryIntervalSeconds: 0 })
    world.nowMs -= 100_000
    world.crash()
    const again = world.dial({ clientId: 'c', cleanStart: false, properties: HOUR })
    assert.equal(again.connect().sessionPresent, false)
  })

  test('the newer one lives, nothing of the older one is left', () => {
    const world = crashWhileLeaving(HOUR)
    world.pass(1000)
    assert.equal(world.disk.size(Table.SESSIONS), 2, 'those of the client and of the member')
    assert.equal(world.disk.size(Table.SUBSCRIPTIONS), 1)
    world.connect().publish('old/x', 'for nobody', { qos: 1 })
    const again = world.dial({ clientId: 'c', cleanStart: false, properties: HOUR })
    assert.equal(again.connect().sessionPresent, true)
    assert.deepEqual(again.payloads(), [])
    const member = world.connect({ clientId: 'member', cleanStart: false, properties: HOUR })
    assert.deepEqual(member.payloads(), ['job'])
  })
})

test('[MQTT-3.1.2-4] CONNACK says that a session is gone once a crash cannot bring it back', () => {
  for (const shards of [1, 3]) {
    const world = new World({ shards })
    const before = world.connect({ clientId: 'c', properties: HOUR, shard: 0 })
    before.subscribe('t', { qos: 1 })
    world.holdCommits()
    const clients = [0, 1].map(() => world.dial({ clientId: 'c', shard: shards - 1 }))
    for (const client of clients) assert.equal(client.tryConnect(), undefined)
    world.finishCommits()
    assert.equal(clients[0]!.closed, true, 'the later one took over')
    assert.equal(clients[1]!.take(PacketType.CONNACK).sessionPresent, false)
    assert.equal(world.disk.size(Table.SESSIONS), 0)
  }
})

test('[MQTT-3.1.2-4] so does a client that ended its session itself and returns at once', () => {
  for (const [shards, from, to] of [
    [1, 0, 0],
    [3, 0, 0],
    [3, 0, 1],
    [3, 1, 2],
    [3, 2, 0],
  ] as const) {
    const world = new World({ shards })
    const before = world.connect({ clientId: 'c', properties: HOUR, shard: from })
    before.subscribe('t', { qos: 1 })
    world.holdCommits()
    before.disconnect(0, 0)
    const back = { clientId: 'c', cleanStart: false }
    const clients = [0, 1].map(() => world.dial({ ...back, shard: to }))
    for (const client of clients) assert.equal(client.tryConnect(), undefined)
    world.finishCommits()
    assert.equal(clients[0]!.closed, true, 'the later one took over')
    assert.equal(clients[1]!.take(PacketType.CONNACK).sessionPresent, false)
    assert.equal(world.disk.size(Table.SESSIONS), 0)
    clients[1]!.drop()
    world.crash()
    assert.equal(world.connect(back).packets[0]?.sessionPresent, false)
  }
})

test('while nothing can be stored, clients that keep nothing come and go', () => {
  for (const shards of [1, 3]) {
    const world = new World({ shards })
    world.holdCommits()
    for (let visit = 0; visit < 6; visit++) {
      world.connect({ clientId: 'c', shard: visit % shards }).disconnect()
    }
    const stays = world.connect({ clientId: 'c', shard: 0 })
    world.connect({ clientId: 'c', shard: shards - 1 })
    assert.equal(stays.closed, true)
  }
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

  test('removes messages of a session that a crash kept from being stored', () => {
    const world = new World({ shards: 2 })
    const [store] = world.stores
    assert.ok(store !== undefined)
    store.put(Table.QUEUE, queueKey(numberedKey(runPrefix(1, 1), 7), 255, 0), Buffer.alloc(20))
    store.commit()
    const device = world.connect({ clientId: 'device', properties: HOUR })
    device.subscribe('t', { qos: 1 })
    device.drop()
    world.connect().publish('t', 'kept', { qos: 1 })
    world.restart()
    world.pass(1_000)
    assert.equal(world.disk.size(Table.QUEUE), 1)
    const again = world.connect({ clientId: 'device', cleanStart: false, properties: HOUR })
    assert.deepEqual(again.payloads(), ['kept'])
  })

  test('removes notes of messages whose publisher has no session any more', () => {
    const world = new World({ shards: 2 })
    const note = incomingKey(numberedKey(runPrefix(1, 1), 7), 5)
    const [store] = world.stores
    assert.ok(store !== undefined)
    store.put(Table.INCOMING, note + numberedKey(runPrefix(1, 0), 1), Buffer.alloc(1))
    store.commit()
    world.restart()
    assert.equal(world.disk.size(Table.INCOMING), 0)
  })
})

test('notes of a message go with its publisher, also when siblings store them later', () => {
  const world = new World({ shards: 2 })
  const publisher = world.connect({ clientId: 'p', properties: HOUR, shard: 0, autoAck: false })
  for (const shard of [0, 1]) {
    const receiver = world.connect({ clientId: `r${shard}`, properties: HOUR, shard })
    receiver.subscribe('t', { qos: 2 })
  }
  world.stores[1]!.setAutomatic(false)
  publisher.publish('t', 'm', { qos: 2 })
  publisher.disconnect(0, 0)
  world.finishCommits()
  assert.equal(world.disk.size(Table.INCOMING), 0)
})
