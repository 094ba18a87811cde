import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { SharedGroupSettings } from '#broker/limits.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import type { SettingsPatch, World } from '../../support/world.ts'

/** Three members of `$share/g/t/#`, one in each shard where there are three. */
function members(world: World, count = 3): TestClient[] {
  return Array.from({ length: count }, (_, index) => {
    const member = world.connect({ clientId: `m${index}`, shard: index % world.shardCount })
    member.subscribe('$share/g/t/#', { qos: 1 })
    return member
  })
}

function publishers(world: World, count = 3): TestClient[] {
  return Array.from({ length: count }, (_, index) => {
    return world.connect({ clientId: `p${index}`, shard: index % world.shardCount })
  })
}

/** All of them went to one. */
function expectOne(got: readonly number[], total: number): void {
  assert.deepEqual(sorted(got), [...got.slice(1).map(() => 0), total])
}

function sorted(got: readonly number[]): number[] {
  return got.toSorted((a, b) => a - b)
}

/** How many messages each client got since the last look. */
function counts(clients: readonly TestClient[]): number[] {
  return clients.map((client) => client.messages().length)
}

function strategy(
  name: SharedGroupSettings['strategy'],
  initialStickyPick: SharedGroupSettings['initialStickyPick'] = 'random',
): SettingsPatch {
  return { shared: { strategy: name, initialStickyPick } }
}

describe('shared subscriptions', () => {
  worldTest(
    'round_robin: the messages of each publisher go round the members',
    (world) => {
      const group = members(world)
      for (const publisher of publishers(world)) {
        for (let index = 0; index < 12; index++) publisher.publish('t/x', 'm', { qos: 1 })
        assert.deepEqual(counts(group), [4, 4, 4], publisher.clientId)
      }
    },
    strategy('round_robin'),
  )

  worldTest(
    'round_robin_per_group: publishers of a shard take turns together',
    (world) => {
      const group = members(world)
      const [first, second] = [world.connect({ shard: 0 }), world.connect({ shard: 0 })]
      for (let index = 0; index < 6; index++) {
        first.publish('t/x', 'm', { qos: 1 })
        second.publish('t/y', 'm', { qos: 1 })
        if (index % 3 === 2) assert.deepEqual(counts(group), [2, 2, 2])
      }
    },
    strategy('round_robin_per_group'),
  )

  worldTest(
    'sticky: a publisher stays with its member while that is there',
    (world) => {
      const group = members(world)
      const publisher = world.connect()
      for (let index = 0; index < 10; index++) publisher.publish('t/x', 'm', { qos: 1 })
      const before = counts(group)
      expectOne(before, 10)
      const chosen = before.indexOf(10)
      group[chosen]!.drop()
      for (let index = 0; index < 10; index++) publisher.publish('t/x', 'm', { qos: 1 })
      const after = counts(group)
      expectOne(after, 10)
      assert.notEqual(after.indexOf(10), chosen)
    },
    strategy('sticky'),
  )

  worldTest(
    'sticky: a member that joins later does not take over',
    (world) => {
      const [first] = members(world, 1)
      const publisher = world.connect()
      publisher.publish('t/x', 'm')
      const later = world.connect()
      later.subscribe('$share/g/t/#', { qos: 1 })
      for (let index = 0; index < 10; index++) publisher.publish('t/x', 'm')
      assert.deepEqual(counts([first!, later]), [11, 0])
    },
    strategy('sticky'),
  )

  worldTest(
    'sticky with hash_clientid: a publisher finds its member again on any shard',
    (world) => {
      const group = members(world)
      const chosen = new Set<number>()
      for (let shard = 0; shard < world.shardCount; shard++) {
        const publisher = world.connect({ clientId: 'publisher', shard })
        publisher.publish('t/x', 'm')
        chosen.add(counts(group).indexOf(1))
        publisher.drop()
      }
      assert.equal(chosen.size, 1)
    },
    strategy('sticky', 'hash_clientid'),
  )

  worldTest(
    'random: every member gets some, and each message goes to one',
    (world) => {
      const group = members(world)
      for (const publisher of publishers(world)) {
        for (let index = 0; index < 100; index++) publisher.publish('t/x', 'm', { qos: 1 })
      }
      const got = counts(group)
      assert.equal(got[0]! + got[1]! + got[2]!, 300)
      for (const count of got) assert.ok(count > 50, `${count} of 300`)
    },
    strategy('random'),
  )

  worldTest(
    'local: a member of the own shard comes first, else one elsewhere',
    (world) => {
      const group = members(world)
      if (world.shardCount === 1) return
      for (const [shard, publisher] of publishers(world).entries()) {
        for (let index = 0; index < 5; index++) publisher.publish('t/x', 'm', { qos: 1 })
        assert.deepEqual(
          counts(group),
          [0, 1, 2].map((other) => (other === shard ? 5 : 0)),
        )
      }
      group[0]!.drop()
      world.connect({ shard: 0 }).publish('t/x', 'm', { qos: 1 })
      const [none, ...others] = counts(group)
      assert.equal(none, 0)
      assert.deepEqual(sorted(others), [0, 1])
    },
    strategy('local'),
  )

  worldTest(
    'hash_clientid: a publisher has the same member from every shard',
    (world) => {
      const group = members(world)
      const used = new Set<number>()
      for (let index = 0; index < 20; index++) {
        const chosen = new Set<number>()
        for (let shard = 0; shard < world.shardCount; shard++) {
          const publisher = world.connect({ clientId: `publisher-${index}`, shard })
          publisher.publish('t/x', 'm')
          publisher.publish('t/y', 'm')
          chosen.add(counts(group).indexOf(2))
          publisher.drop()
        }
        assert.equal(chosen.size, 1)
        assert.ok(!chosen.has(-1), 'both messages went to one member')
        used.add([...chosen][0]!)
      }
      assert.equal(used.size, 3, 'different publishers have different members')
    },
    strategy('hash_clientid'),
  )

  worldTest(
    'hash_topic: a topic has the same member, whoever publishes',
    (world) => {
      const group = members(world)
      const all = publishers(world)
      const used = new Set<number>()
      for (let index = 0; index < 30; index++) {
        for (const publisher of all) publisher.publish(`t/${index}`, 'm', { qos: 1 })
        const chosen = counts(group).indexOf(3)
        assert.notEqual(chosen, -1, 'all three went to one member')
        used.add(chosen)
      }
      assert.equal(used.size, 3)
    },
    strategy('hash_topic'),
  )

  worldTest(
    'a group may have a strategy of its own',
    (world) => {
      const group = members(world)
      const others = [0, 1, 2].map((shard) => {
        const member = world.connect({ shard: shard % world.shardCount })
        member.subscribe('$share/own/t/#')
        return member
      })
      const publisher = world.connect()
      for (let index = 0; index < 9; index++) publisher.publish('t/x', 'm')
      assert.deepEqual(counts(group), [3, 3, 3])
      expectOne(counts(others), 9)
    },
    {
      shared: { strategy: 'round_robin', initialStickyPick: 'random' },
      sharedGroups: new Map([['own', { strategy: 'hash_topic', initialStickyPick: 'random' }]]),
    },
  )
})
