import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { Router } from './router.ts'
import type { Delivery, GroupMember, Subscriber, Subscription } from './routes.ts'
import type { TopicEntry } from './topic-entry.ts'

const OWN_SHARD = 2
const SIBLINGS = [0, 1, 30] as const
const CLIENTS: readonly Subscriber[] = ['c0', 'c1', 'c2'].map((clientId) => ({ clientId }))

/** One filter against one topic, level by level, as §4.7 says. */
function matches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false
  const wanted = filter.split('/')
  const present = topic.split('/')
  for (const [index, level] of wanted.entries()) {
    if (level === '#') return true
    if (index >= present.length || (level !== '+' && level !== present[index])) return false
  }
  return wanted.length === present.length
}

interface JoinedMember {
  readonly group: string
  readonly filter: string
  member: GroupMember
}

/** All subscriptions as plain lists. */
class Model {
  readonly locals: Subscription[] = []
  readonly remotes: { readonly shard: number; readonly filter: string }[] = []
  readonly members: JoinedMember[] = []

  subscribe(subscription: Subscription): boolean {
    const { filter, subscriber } = subscription
    const first = this.locals.every((other) => other.filter !== filter)
    this.unsubscribe(filter, subscriber)
    this.locals.push(subscription)
    return first
  }

  unsubscribe(filter: string, subscriber: Subscriber): boolean {
    const had = drop(this.locals, (each) => {
      return each.filter === filter && each.subscriber === subscriber
    })
    return had && this.locals.every((other) => other.filter !== filter)
  }

  expected(topic: string) {
    let remoteShards = 0
    for (const { shard, filter } of this.remotes) {
      if (matches(filter, topic)) remoteShards |= 1 << shard
    }
    const groups = new Map<string, string[]>()
    for (const { group, filter, member } of this.members) {
      if (!matches(filter, topic)) continue
      const key = `${group}/${filter}`
      const state = `${member.clientId}@${member.shard} ${member.online}`
      groups.set(key, [...(groups.get(key) ?? []), state].sort())
    }
    return { deliveries: this.deliveries(topic), remoteShards, groups: sortedEntries(groups) }
  }

  deliveries(topic: string): readonly unknown[] {
    const matching = this.locals.filter(({ filter }) => matches(filter, topic))
    return CLIENTS.flatMap((subscriber) => {
      const all = matching.filter((each) => each.subscriber === subscriber)
      if (all.length === 0) return []
      const others = all.filter(({ noLocal }) => !noLocal)
      const same = others.length === all.length
      const own = same ? undefined : others.length === 0 ? null : mergeOf(others, undefined)
      return [mergeOf(all, own)]
    })
  }
}

function mergeOf(all: readonly Subscription[], own: unknown) {
  const ids = all.map((each) => each.subscriptionId).filter((id) => id !== 0)
  return {
    client: all[0]?.subscriber.clientId,
    qos: Math.max(...all.map(({ qos }) => qos)),
    retainAsPublished: all.some((each) => each.retainAsPublished),
    ids: ids.sort((a, b) => a - b),
    own,
  }
}

function plainDelivery(delivery: Delivery): { client: string } {
  const { subscriber, qos, retainAsPublished, subscriptionIds, own } = delivery
  return {
    client: subscriber.clientId,
    qos,
    retainAsPublished,
    ids: [...(subscriptionIds ?? [])].sort((a, b) => a - b),
    own: own === undefined || own === null ? own : plainDelivery(own),
  } as { client: string }
}

function plainEntry(entry: TopicEntry) {
  const groups = new Map(
    entry.groups.map(({ group, filter, members }) => {
      const states = members.map((each) => `${each.clientId}@${each.shard} ${each.online}`)
      return [`${group}/${filter}`, states.sort()]
    }),
  )
  return {
    deliveries: plainList(entry.deliveries),
    remoteShards: entry.remoteShards,
    groups: sortedEntries(groups),
  }
}

function plainList(deliveries: readonly Delivery[]) {
  const all = deliveries.map(plainDelivery)
  return all.sort((a, b) => (a.client < b.client ? -1 : 1))
}

function sortedEntries(map: ReadonlyMap<string, readonly string[]>) {
  return Array.from(map).sort(([a], [b]) => (a < b ? -1 : 1))
}

function drop<T>(list: T[], unwanted: (item: T) => boolean): boolean {
  const index = list.findIndex(unwanted)
  if (index !== -1) list.splice(index, 1)
  return index !== -1
}

// `ä` and a long level take the ways of text that is not ASCII or is copied.
const level = fc.constantFrom('', 'a', 'b', 'A', '$s', 'ä', 'a-level-of-more-than-13-chars')
const topicName = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '')
const topicFilter = fc
  .tuple(
    fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }),
    fc.constantFrom('', '#', '#', '+', 'a'),
  )
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter((filter) => filter !== '')
const client = fc.constantFrom(...CLIENTS)
const groupName = fc.constantFrom('g', 'h')
const clientId = fc.constantFrom('m0', 'm1', 'm2', 'm3')
const shard = fc.constantFrom(OWN_SHARD, ...SIBLINGS)
const sibling = fc.constantFrom(...SIBLINGS)

type Step = (router: Router, model: Model) => void

const subscribe: fc.Arbitrary<Step> = fc
  .record({
    subscriber: client,
    filter: topicFilter,
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    noLocal: fc.boolean(),
    retainAsPublished: fc.boolean(),
    subscriptionId: fc.constantFrom(0, 0, 1, 2),
  })
  .map((subscription) => (router, model) => {
    assert.equal(router.addLocal(subscription), model.subscribe(subscription))
  })

const unsubscribe: fc.Arbitrary<Step> = fc
  .tuple(topicFilter, client, fc.nat(), fc.boolean())
  .map(([filter, subscriber, pick, present]) => (router, model) => {
    const some = model.locals[pick % Math.max(1, model.locals.length)]
    const [from, who] =
      present && some !== undefined ? [some.filter, some.subscriber] : [filter, subscriber]
    assert.equal(router.removeLocal(from, who), model.unsubscribe(from, who))
  })

const remote: fc.Arbitrary<Step> = fc
  .tuple(sibling, topicFilter, fc.boolean(), fc.nat())
  .map(([from, filter, add, pick]) => (router, model) => {
    const isSame = (each: { shard: number; filter: string }) => {
      return each.shard === from && each.filter === filter
    }
    if (add) {
      router.addRemote(from, filter)
      if (!model.remotes.some(isSame)) model.remotes.push({ shard: from, filter })
    } else {
      router.removeRemote(from, filter)
      drop(model.remotes, isSame)
      const some = model.remotes[pick % Math.max(1, model.remotes.length)]
      if (some === undefined) return
      router.removeRemote(some.shard, some.filter)
      drop(model.remotes, (each) => each === some)
    }
  })

function isSameMember(
  joined: JoinedMember,
  group: string,
  filter: string,
  { clientId: id, shard: from }: GroupMember,
): boolean {
  const { member } = joined
  const isSameGroup = joined.group === group && joined.filter === filter
  return isSameGroup && member.clientId === id && member.shard === from
}

const join: fc.Arbitrary<Step> = fc
  .tuple(groupName, topicFilter, clientId, shard, fc.boolean())
  .map(([group, filter, id, from, online]) => (router, model) => {
    const member = { clientId: id, shard: from, online, stored: false, subscription: undefined }
    router.joinGroup(group, filter, member)
    drop(model.members, (each) => isSameMember(each, group, filter, member))
    model.members.push({ group, filter, member })
  })

const changeMember: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(), fc.constantFrom('leave', 'online', 'offline'), shard)
  .map(([pick, change, from]) => (router, model) => {
    const some = model.members[pick % Math.max(1, model.members.length)]
    if (some === undefined) return
    const { group, filter, member } = some
    // Of this shard there may be one of the same name, or none.
    const ofShard = { ...member, shard: from }
    const isIt = (each: JoinedMember): boolean => isSameMember(each, group, filter, ofShard)
    if (change === 'leave') {
      router.leaveGroup(group, filter, member.clientId, from)
      drop(model.members, isIt)
    } else {
      const online = change === 'online'
      router.setMemberOnline(group, filter, member.clientId, from, online)
      for (const each of model.members) if (isIt(each)) each.member = { ...ofShard, online }
    }
  })

const sweep: fc.Arbitrary<Step> = fc.nat(40).map((places) => (router) => {
  router.sweepTopics(places)
})

const anyStep = fc.oneof(
  { weight: 8, arbitrary: subscribe },
  { weight: 5, arbitrary: unsubscribe },
  { weight: 3, arbitrary: remote },
  { weight: 3, arbitrary: join },
  { weight: 3, arbitrary: changeMember },
  { weight: 1, arbitrary: sweep },
)

/** Finds the topic anew, and looks at an entry that was found long before, as an alias would. */
function compareRoutes(
  router: Router,
  model: Model,
  topic: string,
  heldEntries: Map<string, TopicEntry>,
  byBytes: boolean,
): void {
  const bytes = Buffer.from(` ${topic} `)
  const entry = byBytes ? router.entryForBytes(bytes, 1, bytes.length - 1) : router.entryFor(topic)
  assert.ok(!isFailure(entry))
  const held = heldEntries.get(topic)
  if (held === undefined) heldEntries.set(topic, entry)
  const expected = model.expected(topic)
  for (const each of held === undefined ? [entry] : [held, entry]) {
    router.resolve(each)
    assert.equal(each.topic, topic)
    assert.deepEqual(plainEntry(each), expected, topic)
  }
  const { deliveries, remoteShards, groups } = expected
  const isWanted = deliveries.length + remoteShards + groups.length > 0
  assert.equal(router.isWanted(topic), isWanted)
}

function compareListings(router: Router, model: Model): void {
  const interest = new Map<string, number>()
  const add = (key: string, from: number) => {
    interest.set(key, (interest.get(key) ?? 0) | (1 << from))
  }
  for (const { filter } of model.locals) add(filter, OWN_SHARD)
  for (const { filter, shard: from } of model.remotes) add(filter, from)
  for (const each of model.members) add(`${each.filter} of ${each.group}`, each.member.shard)
  const plain = (found: ReturnType<Router['filters']>) => {
    const list = Array.from(found, ({ filter, group, shardMask }) => {
      return [group === undefined ? filter : `${filter} of ${group}`, shardMask] as const
    })
    return list.sort(([a], [b]) => (a < b ? -1 : 1))
  }
  const all = Array.from(interest).sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(plain(router.filters()), all)
  const { counts } = router
  assert.equal(counts.localSubscriptions, model.locals.length)
  assert.equal(counts.groupMembers, model.members.length)
  assert.equal(counts.topics, all.length)
  assert.equal(counts.filters, new Set(all.map(([key]) => key.split(' of ')[0])).size)
}

test('any mix of operations matches like a list of filters, with any size of the cache', () => {
  const look = fc.record({ topic: topicName, byBytes: fc.boolean() })
  const steps = fc.array(fc.tuple(anyStep, fc.array(look, { maxLength: 4 })), {
    maxLength: 60,
    size: 'max',
  })
  const cache = fc.record({
    topicLevelsMax: fc.constant(10),
    topicCacheEntriesMax: fc.constantFrom(1, 3, 8, 1000),
    topicCacheRefsMax: fc.constantFrom(0, 4, 1000),
  })
  fc.assert(
    fc.property(steps, cache, (mix, limits) => {
      const router = new Router(OWN_SHARD, limits)
      const model = new Model()
      const held = new Map<string, TopicEntry>()
      for (const [step, looks] of mix) {
        step(router, model)
        for (const { topic, byBytes } of looks) compareRoutes(router, model, topic, held, byBytes)
        assert.ok(router.counts.cachedTopics <= limits.topicCacheEntriesMax)
      }
      compareListings(router, model)
      for (const { filter, subscriber } of model.locals) router.removeLocal(filter, subscriber)
      for (const { filter, shard: from } of model.remotes) router.removeRemote(from, filter)
      for (const { group, filter, member } of model.members) {
        router.leaveGroup(group, filter, member.clientId, member.shard)
      }
      const { counts } = router
      assert.equal(counts.filters + counts.topics + counts.localSubscriptions, 0)
      assert.equal(counts.groups + counts.groupMembers, 0)
    }),
    { numRuns: 300 },
  )
})
