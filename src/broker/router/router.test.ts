import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { Router } from './router.ts'
import type { Delivery, GroupMember, Subscriber, Subscription } from './routes.ts'
import type { TopicEntry } from './topic-entry.ts'

const LIMITS = { topicLevelsMax: 4, topicCacheEntriesMax: 100 }
const ALICE: Subscriber = { clientId: 'alice' }
const BOB: Subscriber = { clientId: 'bob' }

function subscription(
  subscriber: Subscriber,
  filter: string,
  rest: Partial<Subscription> = {},
): Subscription {
  return {
    subscriber,
    filter,
    qos: 0,
    noLocal: false,
    retainAsPublished: false,
    subscriptionId: 0,
    ...rest,
  }
}

function member(clientId: string, shard: number, online = true): GroupMember {
  return { clientId, shard, online, stored: false, subscription: undefined }
}

function find(router: Router, topic: string): TopicEntry {
  const bytes = Buffer.from(topic)
  const entry = router.entryForBytes(bytes, 0, bytes.length)
  assert.ok(!isFailure(entry))
  router.resolve(entry)
  return entry
}

function receivers(router: Router, topic: string): readonly string[] {
  return find(router, topic)
    .deliveries.map(({ subscriber }) => subscriber.clientId)
    .sort()
}

function failureOf(router: Router, topic: string): DecodeFailure {
  const bytes = Buffer.from(topic)
  const failure = router.entryForBytes(bytes, 0, bytes.length)
  assert.ok(isFailure(failure))
  return failure
}

function only(deliveries: readonly Delivery[]): Delivery {
  assert.equal(deliveries.length, 1)
  return deliveries[0]!
}

function sortedNumbers(numbers: readonly number[] | undefined): readonly number[] {
  return [...(numbers ?? [])].sort((a, b) => a - b)
}

test('a topic name with a wildcard is refused [MQTT-4.7.0-1] [MQTT-3.3.2-2]', () => {
  const router = new Router(0, LIMITS)
  for (const topic of ['a/+', '#', 'a+b', 'a/#']) {
    assert.equal(failureOf(router, topic).reason, 0x90, topic)
  }
})

test('an empty topic name and one with U+0000 are refused [MQTT-4.7.3-1] [MQTT-4.7.3-2]', () => {
  const router = new Router(0, LIMITS)
  assert.equal(failureOf(router, '').reason, 0x90)
  assert.equal(failureOf(router, 'a\0b').reason >= 0x80, true)
})

test('a topic with too many levels is refused with 0x90, by the limit of the moment', () => {
  const router = new Router(0, LIMITS)
  find(router, 'a/b/c/d')
  assert.equal(failureOf(router, 'a/b/c/d/e').reason, 0x90)
  router.setTopicLevelsMax(5)
  find(router, 'a/b/c/d/e')
  assert.equal(failureOf(router, 'a/b/c/d/e/f').reason, 0x90)
})

test('a topic is found again by bytes and by text, and its bytes are its own', () => {
  const router = new Router(0, LIMITS)
  const bytes = Buffer.from('--Größe/°C--')
  const entry = router.entryForBytes(bytes, 2, bytes.length - 2)
  assert.ok(!isFailure(entry))
  bytes.fill(0)
  assert.equal(entry.topic, 'Größe/°C')
  assert.deepEqual(entry.bytes, Buffer.from('Größe/°C'))
  assert.equal(router.entryFor('Größe/°C'), entry)
  assert.equal(find(router, 'Größe/°C'), entry)
})

test('topics are compared as they are, byte for byte [MQTT-4.7.3-4]', () => {
  const router = new Router(0, LIMITS)
  router.addLocal(subscription(ALICE, 'caf\u00e9/A'))
  assert.deepEqual(receivers(router, 'caf\u00e9/A'), ['alice'])
  for (const other of ['cafe\u0301/A', 'caf\u00e9/a', 'caf\u00e9//A', '/caf\u00e9/A']) {
    assert.deepEqual(receivers(router, other), [], other)
  }
})

test('overlapping subscriptions give one delivery with the highest QoS [MQTT-3.3.4-2]', () => {
  const router = new Router(0, LIMITS)
  router.addLocal(subscription(ALICE, 'a/b', { qos: 1 }))
  router.addLocal(subscription(ALICE, 'a/+', { qos: 2, retainAsPublished: true }))
  router.addLocal(subscription(ALICE, '#', { qos: 0 }))
  const delivery = only(find(router, 'a/b').deliveries)
  assert.equal(delivery.subscriber, ALICE)
  assert.equal(delivery.qos, 2)
  assert.equal(delivery.retainAsPublished, true)
  assert.equal(delivery.own, undefined)
})

test('all matching subscriptions give their identifiers [MQTT-3.3.4-3] [MQTT-3.3.4-4]', () => {
  const router = new Router(0, LIMITS)
  router.addLocal(subscription(ALICE, 'a/b', { subscriptionId: 7 }))
  router.addLocal(subscription(ALICE, 'a/+', { subscriptionId: 9 }))
  router.addLocal(subscription(ALICE, 'a/#', { subscriptionId: 7 }))
  router.addLocal(subscription(ALICE, '#'))
  router.addLocal(subscription(ALICE, 'x/#', { subscriptionId: 11 }))
  const { subscriptionIds } = only(find(router, 'a/b').deliveries)
  assert.deepEqual(sortedNumbers(subscriptionIds), [7, 7, 9])
  assert.equal(only(find(router, 'b').deliveries).subscriptionIds, undefined)
})

test('no local keeps a subscription out of what a session gets of its own [MQTT-3.8.3-3]', () => {
  const router = new Router(0, LIMITS)
  router.addLocal(subscription(ALICE, 'a/b', { qos: 2, noLocal: true, subscriptionId: 1 }))
  assert.equal(only(find(router, 'a/b').deliveries).own, null)
  router.addLocal(subscription(ALICE, 'a/+', { qos: 1, subscriptionId: 2 }))
  router.addLocal(subscription(ALICE, 'a/#', { qos: 0, subscriptionId: 3 }))
  const { qos, own } = only(find(router, 'a/b').deliveries)
  assert.equal(qos, 2)
  assert.equal(own?.qos, 1)
  assert.deepEqual(sortedNumbers(own?.subscriptionIds), [2, 3])
})

test('the same filter again replaces the subscription [MQTT-3.8.4-3]', () => {
  const router = new Router(0, LIMITS)
  assert.equal(router.addLocal(subscription(ALICE, 'a/#', { qos: 1 })), true)
  assert.equal(only(find(router, 'a').deliveries).qos, 1)
  assert.equal(router.addLocal(subscription(ALICE, 'a/#', { qos: 0, noLocal: true })), false)
  const { qos, own } = only(find(router, 'a').deliveries)
  assert.deepEqual([qos, own], [0, null])
  assert.equal(router.counts.localSubscriptions, 1)
})

test('siblings must hear of the first and the last local subscription of a filter only', () => {
  const router = new Router(0, LIMITS)
  for (const filter of ['a/b', 'a/+']) {
    assert.equal(router.addLocal(subscription(ALICE, filter)), true)
    assert.equal(router.addLocal(subscription(BOB, filter)), false)
    assert.deepEqual(Array.from(router.filters()), [{ filter, group: undefined, shardMask: 1 }])
    assert.equal(router.removeLocal(filter, ALICE), false)
    assert.equal(router.removeLocal(filter, ALICE), false)
    assert.equal(router.removeLocal(filter, BOB), true)
    assert.equal(router.removeLocal(filter, BOB), false)
    assert.deepEqual(Array.from(router.filters()), [])
  }
})

test('hundreds of subscribers of one filter come and go', () => {
  const router = new Router(0, LIMITS)
  const crowd = Array.from({ length: 300 }, (_, i) => ({ clientId: `c${i}` }))
  for (const [index, subscriber] of crowd.entries()) {
    router.addLocal(subscription(subscriber, 'a/b'))
    router.addLocal(subscription(subscriber, 'a/+', { qos: 1 }))
    assert.equal(find(router, 'a/b').deliveries.length, index + 1)
  }
  assert.ok(find(router, 'a/b').deliveries.every(({ qos }) => qos === 1))
  for (const [index, subscriber] of crowd.entries()) {
    assert.equal(router.removeLocal('a/+', subscriber), index === 299)
    assert.equal(find(router, 'a/c').deliveries.length, 299 - index)
    assert.equal(find(router, 'a/b').deliveries.length, 300)
  }
})

test('topics that only one filter matches share its list of deliveries', () => {
  const router = new Router(0, LIMITS)
  for (let i = 0; i < 50; i++) router.addLocal(subscription({ clientId: `c${i}` }, 'a/+'))
  assert.equal(find(router, 'a/b').deliveries, find(router, 'a/c').deliveries)
})

test('a list of deliveries taken before a change stays as it was', () => {
  const router = new Router(0, LIMITS)
  for (const count of [1, 2, 30]) {
    for (let i = 0; i < count; i++)
      router.addLocal(subscription({ clientId: `c${i}` }, `f${count}`))
    const { deliveries } = find(router, `f${count}`)
    router.addLocal(subscription(ALICE, `f${count}`))
    assert.equal(deliveries.length, count)
    assert.equal(find(router, `f${count}`).deliveries.length, count + 1)
    assert.equal(deliveries.length, count)
  }
})

test('a change of a filter without wildcard outdates its own topic only', () => {
  const router = new Router(0, LIMITS)
  const [a, b] = [find(router, 'a'), find(router, 'b')]
  router.addLocal(subscription(ALICE, 'a'))
  assert.notEqual(a.version, router.version)
  assert.equal(b.version, router.version)
})

test('a change of a wildcard leaves the routes of topics it does not match alone', () => {
  const router = new Router(0, LIMITS)
  router.addLocal(subscription(ALICE, 'a/+'))
  router.addLocal(subscription(ALICE, 'a/#'))
  const { only } = find(router, 'a/b')
  router.addLocal(subscription(ALICE, 'x/+'))
  assert.equal(find(router, 'a/b').only, only)
  router.addLocal(subscription(BOB, 'a/#'))
  assert.notEqual(find(router, 'a/b').only, only)
})

test('a subscription that changes nothing outdates nothing', () => {
  const router = new Router(0, LIMITS)
  router.addLocal(subscription(ALICE, 'a/+', { qos: 1, subscriptionId: 3 }))
  const { version } = router
  router.addLocal(subscription(ALICE, 'a/+', { qos: 1, subscriptionId: 3 }))
  assert.equal(router.version, version)
  router.addLocal(subscription(ALICE, 'a/+', { qos: 1, subscriptionId: 4 }))
  assert.notEqual(router.version, version)
})

test('an entry held for long hears of changes though the cache dropped it', () => {
  const router = new Router(0, { topicLevelsMax: 4, topicCacheEntriesMax: 2 })
  const held = find(router, 'held')
  for (let i = 0; i < 50; i++) find(router, `other/${i % 10}`)
  router.addLocal(subscription(ALICE, 'held'))
  router.resolve(held)
  assert.equal(held.deliveries.length, 1)
  router.resolve(held)
  router.removeLocal('held', ALICE)
  router.resolve(held)
  assert.equal(held.deliveries.length, 0)
})

test('interest of siblings is a mask of shards', () => {
  const router = new Router(2, LIMITS)
  router.addRemote(0, 'a/b')
  router.addRemote(30, 'a/+')
  router.addRemote(30, '#')
  assert.equal(find(router, 'a/b').remoteShards, 1 | (1 << 30))
  router.removeRemote(30, '#')
  assert.equal(find(router, 'a/b').remoteShards, 1 | (1 << 30))
  router.removeRemote(30, 'a/+')
  assert.equal(find(router, 'a/b').remoteShards, 1)
  for (const wrong of [-1, 2, 31]) assert.throws(() => router.addRemote(wrong, 'a'))
})

test('a group is one route with the members of all shards [MQTT-4.8.2-1] [MQTT-4.8.2-2]', () => {
  const router = new Router(0, LIMITS)
  router.joinGroup('g', 'a/+', member('m1', 0))
  router.joinGroup('g', 'a/+', member('m2', 1))
  router.joinGroup('h', 'a/+', member('m1', 0))
  router.joinGroup('g', 'a/b', member('m1', 0))
  const { groups, deliveries } = find(router, 'a/b')
  const names = groups.map(({ group, filter, members }) => `${group} ${filter} ${members.length}`)
  assert.deepEqual(names.sort(), ['g a/+ 2', 'g a/b 1', 'h a/+ 1'])
  assert.deepEqual(deliveries, [])
  assert.equal(router.findGroup('g', 'a/+')?.members.length, 2)
  assert.equal(router.counts.groups, 3)
})

test('groups of one filter end in any order', () => {
  const router = new Router(0, LIMITS)
  const names = ['g1', 'g2', 'g3', 'g4']
  for (const name of names) router.joinGroup(name, 'jobs', member('m', 0))
  for (const [index, name] of ['g1', 'g4', 'g3', 'g2'].entries()) {
    router.leaveGroup(name, 'jobs', 'm', 0)
    const left = find(router, 'jobs').groups.map(({ group }) => group)
    assert.equal(left.length, 3 - index)
    assert.ok(!left.includes(name) && new Set(left).size === left.length)
  }
  assert.equal(router.counts.filters, 0)
})

test('each member keeps the QoS granted to it [MQTT-4.8.2-3]', () => {
  const router = new Router(0, LIMITS)
  for (const [clientId, qos] of [['m1', 1] as const, ['m2', 2] as const]) {
    const own = subscription({ clientId }, 'jobs', { qos })
    router.joinGroup('g', 'jobs', {
      clientId,
      shard: 0,
      online: true,
      stored: false,
      subscription: own,
    })
  }
  const granted = router.findGroup('g', 'jobs')?.members.map(({ clientId, subscription: own }) => {
    return `${clientId} ${own?.qos}`
  })
  assert.deepEqual(granted?.sort(), ['m1 1', 'm2 2'])
})

test('each shard speaks for its own member, in whatever order its news arrives', () => {
  const router = new Router(0, LIMITS)
  router.joinGroup('g', 'jobs', member('m', 2))
  // Old news of the shard that the session came from.
  router.joinGroup('g', 'jobs', { ...member('m', 1), online: false })
  router.leaveGroup('g', 'jobs', 'm', 1)
  const left = router.findGroup('g', 'jobs')?.members
  assert.deepEqual(
    left?.map(({ shard, online }) => [shard, online]),
    [[2, true]],
  )
  router.leaveGroup('g', 'jobs', 'm', 2)
  assert.equal(router.findGroup('g', 'jobs'), undefined)
})

test('joining a group that exists outdates no topic', () => {
  const router = new Router(0, LIMITS)
  router.joinGroup('g', 'a/+', member('m1', 0))
  const { groups } = find(router, 'a/b')
  const { version } = router
  router.joinGroup('g', 'a/+', member('m2', 0))
  router.setMemberOnline('g', 'a/+', 'm1', 0, false)
  router.leaveGroup('g', 'a/+', 'm1', 0)
  assert.equal(router.version, version)
  assert.equal(find(router, 'a/b').groups, groups)
  assert.deepEqual(
    groups[0]?.members.map(({ clientId }) => clientId),
    ['m2'],
  )
})
