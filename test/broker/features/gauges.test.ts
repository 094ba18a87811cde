import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Gauge } from '#broker/metrics.ts'
import { bytesOf } from '../../golden/mqtt/golden.ts'
import { kept, kept311 } from '../../support/sessions.ts'
import type { TestClient } from '../../support/test-client.ts'
import { worldTest } from '../../support/world-test.ts'
import { World } from '../../support/world.ts'

function gauges(world: World): Record<string, number> {
  world.pass(100) // Some follow the others.
  for (const derived of [Gauge.SUBOPTIONS, Gauge.SUBSCRIBERS]) {
    assert.equal(world.metric(derived), world.metric(Gauge.SUBSCRIPTIONS))
  }
  assert.equal(world.metric(Gauge.CLUSTER_SESSIONS), world.metric(Gauge.SESSIONS))
  return {
    sessions: world.metric(Gauge.SESSIONS),
    live: world.metric(Gauge.LIVE_CONNECTIONS),
    subscriptions: world.metric(Gauge.SUBSCRIPTIONS),
    topics: world.metric(Gauge.TOPICS),
    shared: world.metric(Gauge.SUBSCRIPTIONS_SHARED),
    retained: world.metric(Gauge.RETAINED),
    delayed: world.metric(Gauge.DELAYED),
  }
}

const NOTHING = {
  sessions: 0,
  live: 0,
  subscriptions: 0,
  topics: 0,
  shared: 0,
  retained: 0,
  delayed: 0,
}
const STORED_TABLES = ['sessions', 'subscriptions', 'queue', 'bodies', 'incoming'] as const

describe('the numbers of a broker', () => {
  worldTest('follow what is there', (world) => {
    assert.deepEqual(gauges(world), NOTHING)
    const lasting = world.connect(kept('lasting'))
    lasting.subscribe(['a', 'b', '$share/g/c'], { qos: 1 })
    lasting.subscribe('a', { qos: 0 })
    const transient = world.connect()
    transient.subscribe(['a', '$queue/c'])
    transient.publish('r', 'm', { retain: true, qos: 1 })
    transient.publish('$delayed/100/d', 'm', { qos: 1 })
    const all = { ...NOTHING, sessions: 2, live: 2, subscriptions: 5, shared: 2 }
    // Three groups and filters of the first client, of which the second has one in common.
    const stored = { topics: 4, retained: 1, delayed: 1 }
    assert.deepEqual(gauges(world), { ...all, ...stored })
    lasting.unsubscribe(['b', 'nothing'])
    transient.drop()
    const some = { ...all, ...stored, sessions: 1, live: 1, subscriptions: 2, topics: 2, shared: 1 }
    assert.deepEqual(gauges(world), some)
    lasting.drop()
    assert.deepEqual(gauges(world), { ...some, live: 0 })
    world.crash()
    assert.deepEqual(gauges(world), { ...some, live: 0 })
    world.connect({ clientId: 'lasting' }).drop()
    const last = world.connect()
    last.publish('r', '', { retain: true, qos: 1 })
    last.drop()
    world.pass(101_000)
    assert.deepEqual(gauges(world), NOTHING)
  })

  test('are right after any number of moves, clean starts and departures', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const world = new World({ shards: 3 })
      livelyHour(world, seed)
      for (const table of STORED_TABLES) assert.equal(world.disk.size(table), 0, `${seed} ${table}`)
      assert.deepEqual(gauges(world), NOTHING, `seed ${seed}`)
    }
  })
})

/** Few names and many connections of all kinds; everybody leaves in the end. */
function livelyHour(world: World, seed: number): void {
  let state = seed
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * limit)
  }
  const clients: TestClient[] = []
  for (let step = 0; step < 60; step++) {
    world.together(() => {
      for (let event = below(4); event >= 0; event--) {
        const make = below(2) === 0 ? kept : kept311
        const shard = below(3)
        const client = world.dial({
          ...make(`name-${below(3)}`, { shard }),
          cleanStart: below(3) === 0,
        })
        client.tryConnect()
        client.sendLater(SUBSCRIBE[client.version === 5 ? 1 : 0]!)
        clients.push(client)
        for (let round = below(5); round > 0; round--) world.round()
        const other = clients[below(clients.length)]!
        if (!other.closed && other.packets.length > 0) other.publish('t', `${step}`, { qos: 1 })
        if (below(3) === 0) clients[below(clients.length)]!.drop()
      }
    })
    const fate = below(12)
    if (fate === 0) world.crash()
    if (fate === 1) world.restart()
    if (fate <= 1) clients.length = 0
  }
  for (let index = 0; index < 3; index++) world.connect({ clientId: `name-${index}` }).disconnect()
  world.pass(1_000)
}

/** `t` and `$share/g/t` with QoS 1, before and since 5.0. */
const SUBSCRIBE: readonly Buffer[] = [
  bytesOf('82 @ 0063 s"t" 01 s"$share/g/t" 01'),
  bytesOf('82 @ 0063 <> s"t" 01 s"$share/g/t" 01'),
]
