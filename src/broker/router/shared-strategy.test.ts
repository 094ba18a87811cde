import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashString } from '#kernel/hash.ts'
import type { SharedStrategyName, StickyPickName } from '../limits.ts'
import type { Random } from '../ports.ts'
import { Router } from './router.ts'
import type { GroupRoute } from './routes.ts'
import { PickMemory, SharedPicker } from './shared-strategy.ts'

const OWN_SHARD = 0
const LIMITS = { topicLevelsMax: 10, topicCacheEntriesMax: 100 }
const STRATEGIES: readonly SharedStrategyName[] = [
  'random',
  'round_robin',
  'round_robin_per_group',
  'sticky',
  'local',
  'hash_clientid',
  'hash_topic',
]

/** Numbers that look random and are the same in every run. */
function seeded(seed: number): Random {
  let state = seed
  return {
    next: () => hashString(`${state++}`) / 2 ** 31,
    hexId: () => '',
  }
}

/** A group `g` of `jobs` with a picker; members by name, those of shard 0 are local. */
class World {
  readonly router: Router
  readonly picker: SharedPicker

  constructor(strategy: SharedStrategyName, initialStickyPick: StickyPickName = 'random') {
    this.router = new Router(OWN_SHARD, LIMITS)
    const shared = { strategy, initialStickyPick }
    this.picker = new SharedPicker(seeded(1), { shared, sharedGroups: new Map() })
  }

  join(clientId: string, shard = OWN_SHARD, online = true): void {
    this.router.joinGroup('g', 'jobs', {
      clientId,
      shard,
      online,
      stored: false,
      subscription: undefined,
    })
  }

  online(clientId: string, online: boolean): void {
    this.router.setMemberOnline('g', 'jobs', clientId, OWN_SHARD, online)
  }

  get group(): GroupRoute {
    const group = this.router.findGroup('g', 'jobs')
    assert.ok(group !== undefined)
    return group
  }

  pick(memory?: PickMemory, exclude?: readonly string[], topic = 'jobs'): string | undefined {
    const without = exclude === undefined ? undefined : new Set(exclude)
    const entry = this.router.entryFor(topic)
    return this.picker.pick(this.group, entry, memory, without)?.clientId
  }

  /** How often each member is picked. */
  tally(count: number, memory?: PickMemory): ReadonlyMap<string | undefined, number> {
    const counts = new Map<string | undefined, number>()
    for (let i = 0; i < count; i++) {
      const clientId = this.pick(memory)
      counts.set(clientId, (counts.get(clientId) ?? 0) + 1)
    }
    return counts
  }
}

function worldOf(strategy: SharedStrategyName, members: number): World {
  const world = new World(strategy)
  for (let i = 0; i < members; i++) world.join(`m${i}`)
  return world
}

test('every strategy passes over offline members while one is online', () => {
  for (const strategy of STRATEGIES) {
    const world = worldOf(strategy, 5)
    for (const name of ['m0', 'm1', 'm3', 'm4']) world.online(name, false)
    assert.deepEqual(world.tally(50), new Map([['m2', 50]]), strategy)
  }
})

test('every strategy gives to an offline member when none is online', () => {
  for (const strategy of STRATEGIES) {
    const world = new World(strategy)
    world.join('away', 3, false)
    assert.equal(world.pick(), 'away', strategy)
    world.join('back', 3, true)
    assert.equal(world.pick(), 'back', strategy)
  }
})

test('every strategy passes over excluded members, at last to offline ones, then gives up', () => {
  for (const strategy of STRATEGIES) {
    const world = worldOf(strategy, 3)
    world.join('away', 3, false)
    const memory = new PickMemory('publisher')
    const excluded: string[] = []
    for (let i = 0; i < 3; i++) {
      const name = world.pick(memory, excluded)
      assert.ok(name !== undefined && !excluded.includes(name) && name !== 'away', strategy)
      excluded.push(name)
    }
    assert.equal(world.pick(memory, excluded), 'away', strategy)
    assert.equal(world.pick(memory, [...excluded, 'away']), undefined, strategy)
  }
})

test('a group that has ended gives nobody', () => {
  for (const strategy of STRATEGIES) {
    const world = worldOf(strategy, 1)
    const { group, router, picker } = world
    router.leaveGroup('g', 'jobs', 'm0', OWN_SHARD)
    assert.equal(picker.pick(group, router.entryFor('jobs'), undefined), undefined, strategy)
  }
})

test('random picks are spread evenly', () => {
  const counts = worldOf('random', 4).tally(4000)
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count}`)
})

test('round robin goes round for each publisher, who begins anywhere', () => {
  const world = worldOf('round_robin', 4)
  const [a, b] = [new PickMemory('a'), new PickMemory('b')]
  const round = Array.from({ length: 8 }, () => [world.pick(a), world.pick(b)] as const)
  for (const which of [0, 1] as const) {
    const names = round.map((pair) => pair[which])
    assert.equal(new Set(names.slice(0, 4)).size, 4)
    assert.deepEqual(names.slice(4), names.slice(0, 4))
  }
  const firsts = Array.from({ length: 200 }, (_, i) => world.pick(new PickMemory(`p${i}`)))
  assert.equal(new Set(firsts).size, 4)
})

test('round robin per group goes round over all publishers', () => {
  const world = worldOf('round_robin_per_group', 4)
  const names = Array.from({ length: 8 }, (_, i) => world.pick(new PickMemory(`p${i}`)))
  assert.equal(new Set(names.slice(0, 4)).size, 4)
  assert.deepEqual(names.slice(4), names.slice(0, 4))
})

test('round robin goes on evenly while members come and go', () => {
  for (const strategy of ['round_robin', 'round_robin_per_group'] as const) {
    const world = worldOf(strategy, 10)
    const memory = new PickMemory('p')
    world.tally(7, memory)
    for (let i = 0; i < 8; i++) world.router.leaveGroup('g', 'jobs', `m${i}`, OWN_SHARD)
    assert.deepEqual(Array.from(world.tally(10, memory).values()), [5, 5], strategy)
    world.join('new')
    assert.deepEqual(Array.from(world.tally(9, memory).values()), [3, 3, 3], strategy)
  }
})

test('sticky stays with one member until he is gone or offline', () => {
  const world = worldOf('sticky', 5)
  const memory = new PickMemory('p')
  const first = world.pick(memory)
  assert.ok(first !== undefined)
  for (const name of ['n1', 'n2', 'n3']) world.join(name)
  assert.deepEqual(world.tally(20, memory), new Map([[first, 20]]))
  world.online(first, false)
  const second = world.pick(memory)
  assert.ok(second !== undefined && second !== first)
  world.online(first, true)
  assert.deepEqual(world.tally(20, memory), new Map([[second, 20]]))
  world.router.leaveGroup('g', 'jobs', second, OWN_SHARD)
  const third = world.pick(memory)
  assert.notEqual(third, second)
  world.join(second)
  assert.deepEqual(world.tally(20, memory), new Map([[third, 20]]))
})

test('sticky goes by publisher: together they use all members', () => {
  const world = worldOf('sticky', 4)
  const picks = Array.from({ length: 100 }, (_, i) => world.pick(new PickMemory(`p${i}`)))
  assert.equal(new Set(picks).size, 4)
})

test('sticky remembers the member it turned to when its own was excluded', () => {
  const world = worldOf('sticky', 3)
  const memory = new PickMemory('p')
  const first = world.pick(memory)
  assert.ok(first !== undefined)
  const second = world.pick(memory, [first])
  assert.notEqual(second, first)
  assert.equal(world.pick(memory), second)
})

test('sticky makes its first pick as told', () => {
  const local = new World('sticky', 'local')
  for (let i = 0; i < 9; i++) local.join(`m${i}`, i === 4 ? OWN_SHARD : 5)
  assert.equal(local.pick(new PickMemory('p')), 'm4')
  for (const initial of ['hash_clientid', 'hash_topic'] as const) {
    const [one, two] = [new World('sticky', initial), new World(initial)]
    for (let i = 0; i < 9; i++) for (const world of [one, two]) world.join(`m${i}`)
    for (let i = 0; i < 20; i++) {
      const [p, topic] = [`p${i}`, `t${i}`]
      const expected = two.pick(new PickMemory(p), [], topic)
      assert.equal(one.pick(new PickMemory(p), [], topic), expected)
    }
  }
})

test('local prefers members of this shard and spreads over them', () => {
  const world = new World('local')
  for (let i = 0; i < 8; i++) world.join(`m${i}`, i % 4)
  const counts = world.tally(1000)
  assert.deepEqual(new Set(counts.keys()), new Set(['m0', 'm4']))
  for (const count of counts.values()) assert.ok(Math.abs(count - 500) < 80)
  for (const name of ['m0', 'm4']) world.online(name, false)
  assert.equal(world.tally(1000).size, 6)
})

test('hash strategies pick the same member in every shard', () => {
  for (const strategy of ['hash_clientid', 'hash_topic'] as const) {
    const shards = [0, 1, 2].map((own) => new Router(own, LIMITS))
    const shared = { strategy, initialStickyPick: 'random' } as const
    for (const [order, router] of shards.entries()) {
      for (let i = 0; i < 12; i++) {
        const number = (i * 5 + order) % 12 // Each shard hears of them in another order.
        const member = { clientId: `m${number}`, shard: number % 3, online: number !== 7 }
        router.joinGroup('g', 'jobs', { ...member, stored: false, subscription: undefined })
      }
    }
    const used = new Set<string | undefined>()
    for (let i = 0; i < 200; i++) {
      const picks = shards.map((router, index) => {
        const picker = new SharedPicker(seeded(index), { shared, sharedGroups: new Map() })
        const group = router.findGroup('g', 'jobs')
        assert.ok(group !== undefined)
        const topic = strategy === 'hash_topic' ? `jobs/${i}` : 'jobs'
        const memory = new PickMemory(strategy === 'hash_topic' ? `p${index}` : `p${i}`)
        return picker.pick(group, router.entryFor(topic), memory)?.clientId
      })
      assert.equal(new Set(picks).size, 1, strategy)
      used.add(picks[0])
    }
    assert.equal(used.size, 11)
  }
})

test('a group can have a strategy of its own', () => {
  const world = worldOf('random', 6)
  const sticky = { strategy: 'sticky', initialStickyPick: 'random' } as const
  world.picker.settings = { ...world.picker.settings, sharedGroups: new Map([['g', sticky]]) }
  assert.equal(world.tally(30, new PickMemory('p')).size, 1)
})

test('a publisher remembers a limited number of groups', () => {
  const memory = new PickMemory('p')
  const router = new Router(OWN_SHARD, LIMITS)
  const shared = { strategy: 'sticky', initialStickyPick: 'random' } as const
  const picker = new SharedPicker(seeded(3), { shared, sharedGroups: new Map() })
  for (let i = 0; i < 1000; i++) {
    router.joinGroup(`g${i}`, 'jobs', {
      clientId: 'm',
      shard: 0,
      online: true,
      stored: false,
      subscription: undefined,
    })
    const group = router.findGroup(`g${i}`, 'jobs')
    assert.ok(group !== undefined)
    picker.pick(group, router.entryFor('jobs'), memory)
  }
  assert.equal(memory.count, 256)
})
