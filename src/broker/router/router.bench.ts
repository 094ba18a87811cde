import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { DEFAULT_SETTINGS } from '../limits.ts'
import { Router } from './router.ts'
import type { Subscriber } from './routes.ts'
import { PickMemory, SharedPicker } from './shared-strategy.ts'

// Run: node --expose-gc src/broker/router/router.bench.ts [part of a name]
// Prints nanoseconds per operation, the best of several rounds.

const ROUNDS = 7
const OPERATIONS = 200_000
const SUBSCRIPTIONS = 1_000_000
const LIMITS = { topicLevelsMax: 128, topicCacheEntriesMax: 100_000 }

const clients: readonly Subscriber[] = Array.from({ length: 1000 }, (_, i) => {
  return { clientId: `client-${i}` }
})

/** Results are added up here so that no call can be optimised away. */
let sink = 0

function wanted(name: string): boolean {
  const part = process.argv[2]
  return part === undefined || name.includes(part)
}

function measure(name: string, operation: (index: number) => void): void {
  if (!wanted(name)) return
  let best = Infinity
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now()
    for (let i = 0; i < OPERATIONS; i++) operation(i)
    best = Math.min(best, ((performance.now() - start) * 1e6) / OPERATIONS)
  }
  print(name, `${best.toFixed(0).padStart(7)} ns ${(1000 / best).toFixed(2).padStart(8)} M/s`)
}

function print(name: string, result: string): void {
  console.log(`${name.padEnd(64)} ${result}`)
}

function add(router: Router, client: number, filter: string): void {
  router.addLocal({
    subscriber: clients[client % clients.length]!, // In range: the remainder.
    filter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    subscriptionId: 0,
  })
}

/** Finds a topic and its routes as a publish does. */
function route(router: Router, topic: Buffer): void {
  const entry = router.entryForBytes(topic, 0, topic.length)
  if (isFailure(entry)) throw new Error(entry.detail)
  router.resolve(entry)
  sink += entry.deliveries.length
}

function routerWith(wildcards: number): Router {
  const router = new Router(0, LIMITS)
  const ends = ['#', '+/temp', 'line/+/#', '+']
  for (let i = 0; i < wildcards; i++) add(router, i, `site/${i >> 2}/${ends[i & 3]}`)
  return router
}

function topics(count: number, name: (index: number) => string): readonly Buffer[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(name(i)))
}

function benchMatching(): void {
  for (const wildcards of [0, 100, 100_000]) {
    const router = routerWith(wildcards)
    const sites = Math.max(1, wildcards >> 2)
    const hot = topics(1024, (i) => `site/${i % sites}/line/temp`)
    const label = `${wildcards} wildcards`
    measure(`cached topic of 1024, ${label}`, (i) => route(router, hot[i & 1023]!))
    // More topics than the cache holds, in turn: none is found.
    const cold = topics(OPERATIONS, (i) => `site/${i % sites}/line/${i}`)
    measure(`new topic each time, ${label}`, (i) => route(router, cold[i]!))
    let toggle = false
    measure(`cached topic, unrelated wildcard changed before, ${label}`, (i) => {
      toggle = !toggle
      if (toggle) add(router, 0, 'other/+')
      else router.removeLocal('other/+', clients[0]!)
      route(router, hot[i & 1023]!)
    })
    measure(`match alone, ${label}`, (i) => {
      sink += router.isWanted(`site/${i % sites}/line/temp`) ? 1 : 0
    })
  }
}

function benchFanOut(): void {
  const router = new Router(0, LIMITS)
  for (let i = 0; i < 1000; i++) add(router, i, 'all/#')
  const topic = Buffer.from('all/news')
  measure('cached topic with 1000 subscribers', () => route(router, topic))
}

function benchSubscribing(): void {
  const router = routerWith(1000)
  const filters = Array.from({ length: OPERATIONS }, (_, i) => `devices/${i}/cmd`)
  measure('subscribe and unsubscribe, without wildcard', (i) => {
    add(router, i, filters[i]!)
    router.removeLocal(filters[i]!, clients[i % clients.length]!)
  })
  const wild = Array.from({ length: OPERATIONS }, (_, i) => `devices/${i}/#`)
  measure('subscribe and unsubscribe, with wildcard', (i) => {
    add(router, i, wild[i]!)
    router.removeLocal(wild[i]!, clients[i % clients.length]!)
  })
}

function benchMemory(): void {
  const shapes: readonly [string, (index: number) => string][] = [
    ['devices/{n}/cmd', (i) => `devices/${i}/cmd`],
    ['devices/{n}/#', (i) => `devices/${i}/#`],
    ['devices/{n}/cmd/+/x', (i) => `devices/${i}/cmd/+/x`],
    ['group/{n of 10000}, 100 subscribers each', (i) => `group/${i % 10_000}`],
  ]
  for (const [name, filter] of shapes) {
    const label = `${SUBSCRIPTIONS} subscriptions ${name}`
    if (!wanted(label)) continue
    const before = usedBytes()
    const router = new Router(0, LIMITS)
    let start = performance.now()
    for (let i = 0; i < SUBSCRIPTIONS; i++) add(router, i % 10_007, filter(i))
    const addMs = performance.now() - start
    const bytes = (usedBytes() - before) / router.counts.localSubscriptions
    start = performance.now()
    for (let i = 0; i < SUBSCRIPTIONS; i++) {
      router.removeLocal(filter(i), clients[(i % 10_007) % clients.length]!)
    }
    const removeMs = performance.now() - start
    print(
      label,
      `${bytes.toFixed(0)} B each, ${addMs.toFixed(0)} ms, gone ${removeMs.toFixed(0)} ms`,
    )
  }
}

function usedBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function benchShared(): void {
  const router = new Router(0, LIMITS)
  for (let i = 0; i < 1000; i++) {
    router.joinGroup('g', 'jobs', {
      clientId: `worker-${i}`,
      shard: i % 4,
      online: i % 3 !== 0,
      stored: false,
      subscription: undefined,
    })
  }
  const group = router.findGroup('g', 'jobs')
  if (group === undefined) throw new Error('the group has members')
  const topic = router.entryFor('jobs')
  const memory = new PickMemory('publisher')
  const picker = new SharedPicker({ next: Math.random, hexId: () => '' }, DEFAULT_SETTINGS)
  const strategies = [
    'round_robin',
    'round_robin_per_group',
    'random',
    'sticky',
    'local',
    'hash_clientid',
    'hash_topic',
  ] as const
  for (const strategy of strategies) {
    const shared = { strategy, initialStickyPick: 'random' } as const
    picker.settings = { shared, sharedGroups: new Map() }
    measure(`pick of 1000 members, ${strategy}`, () => {
      sink += picker.pick(group, topic, memory)?.shard ?? 0
    })
  }
}

benchMatching()
benchFanOut()
benchSubscribing()
benchShared()
benchMemory()
if (sink === 0) console.log('nothing was routed')
