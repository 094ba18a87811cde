import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { kept } from '../support/sessions.ts'
import { World } from '../support/world.ts'
import { worldTest } from '../support/world-test.ts'

const FAILURES = 40
const BIG = 'x'.repeat(1_000)

/** Every store fails to write for some time, and knows it. */
function fillDisk(world: World): void {
  for (const store of world.stores) {
    for (let count = 0; count < FAILURES; count++) store.failNext('full')
  }
  for (let shard = 0; shard < world.shardCount; shard++) {
    world.dial({ ...kept(`fills-${shard}`), shard }).tryConnect()
  }
  assert.ok(world.stores.every(({ healthy }) => !healthy))
}

function pendingBytes(world: World): number {
  return world.stores.reduce((sum, store) => sum + store.pendingBytes, 0)
}

worldTest('on a full disk clients that keep nothing come, subscribe and hear', (world) => {
  fillDisk(world)
  const subscriber = world.connect()
  assert.deepEqual(subscriber.subscribe('t', { qos: 1 }), [1])
  const publisher = world.connect({ shard: subscriber.options.shard ?? 0 })
  publisher.publish('t', 'lightly', { qos: 0 })
  assert.deepEqual(subscriber.payloads(), ['lightly'])
})

worldTest('on a full disk QoS 0 for sessions that are away is not gathered in memory', (world) => {
  world.connect(kept('away')).subscribe(['t', 'r'])
  world.restart()
  const publisher = world.connect()
  fillDisk(world)
  const before = pendingBytes(world)
  for (let count = 0; count < 20; count++) {
    publisher.publish('t', BIG)
    publisher.publish('r', BIG, { retain: true })
  }
  assert.ok(pendingBytes(world) - before < BIG.length, `${pendingBytes(world) - before} bytes`)
})

test('what a sibling with a full disk would have to store is refused, until it can', () => {
  const world = new World({ shards: 2 })
  world.connect(kept('away', { shard: 1 })).drop()
  const away = world.connect(kept('away', { shard: 1 }))
  away.subscribe('t', { qos: 1 })
  away.drop()
  const publisher = world.connect({ shard: 0 })
  for (let count = 0; count < FAILURES; count++) world.stores[1]!.failNext('full')
  const refused: number[] = []
  const publish = (): number => {
    publisher.publish('t', BIG, { qos: 1 })
    return publisher.take(PacketType.PUBACK).reason
  }
  for (let count = 0; count < 20; count++) refused.push(publish())
  assert.ok(refused.every((reason) => reason === ReasonCode.QUOTA_EXCEEDED))
  assert.ok(world.stores[1]!.pendingBytes < 3 * BIG.length, 'only the first one was passed on')
  for (let count = 0; count < 100 && !world.stores[1]!.healthy; count++) world.pass(100)
  world.pass(200)
  assert.equal(publish(), ReasonCode.SUCCESS)
})

test('what transient clients of a sibling with a full disk are sent at QoS 1 and 2 passes', () => {
  const world = new World({ shards: 2 })
  const subscriber = world.connect({ shard: 1 })
  subscriber.subscribe('t', { qos: 2 })
  const publisher = world.connect({ shard: 0 })
  for (const store of world.stores) store.setLimitReached(true)
  for (const qos of [1, 2] as const) publisher.publish('t', `by ${qos}`, { qos })
  assert.equal(publisher.take(PacketType.PUBACK).reason, ReasonCode.SUCCESS)
  assert.equal(publisher.take(PacketType.PUBREC).reason, ReasonCode.SUCCESS)
  assert.deepEqual(subscriber.payloads(), ['by 1', 'by 2'])
})

test('a sibling tells that a stored session came, and that the last one left', () => {
  const world = new World({ shards: 2 })
  const transient = world.connect({ shard: 1 })
  transient.subscribe('t', { qos: 1 })
  const away = world.connect(kept('away', { shard: 1 }))
  away.subscribe('t', { qos: 1 })
  away.subscribe('t', { qos: 2 })
  const publisher = world.connect({ shard: 0 })
  const publish = (): number => {
    publisher.publish('t', 'x', { qos: 1 })
    return publisher.take(PacketType.PUBACK).reason
  }
  for (const store of world.stores) store.setLimitReached(true)
  assert.equal(publish(), ReasonCode.QUOTA_EXCEEDED)
  away.unsubscribe('t')
  assert.equal(publish(), ReasonCode.SUCCESS)
  assert.deepEqual(transient.payloads(), ['x'])
})

worldTest(
  'on a full disk a group of clients that keep nothing is served at QoS 1 and 2',
  (world) => {
    const members = [0, 1].map((number) => {
      const member = world.connect({ shard: number % world.shardCount })
      member.subscribe('$share/g/t', { qos: 2 })
      return member
    })
    const publisher = world.connect({ shard: 0 })
    const publishBoth = (): number[] => {
      for (const qos of [1, 2] as const) publisher.publish('t', `by ${qos}`, { qos })
      return [PacketType.PUBACK, PacketType.PUBREC].map((type) => publisher.take(type).reason)
    }
    const stored = world.connect(kept('stored', { shard: world.shardCount - 1 }))
    stored.subscribe('$share/g/t', { qos: 1 })
    for (const store of world.stores) store.setLimitReached(true)
    const { QUOTA_EXCEEDED, SUCCESS } = ReasonCode
    assert.deepEqual(publishBoth(), [QUOTA_EXCEEDED, QUOTA_EXCEEDED])
    stored.unsubscribe('$share/g/t')
    assert.deepEqual(publishBoth(), [SUCCESS, SUCCESS])
    assert.deepEqual(members.flatMap((member) => member.payloads()).sort(), ['by 1', 'by 2'])
  },
)
