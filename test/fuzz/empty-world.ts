import assert from 'node:assert/strict'
import { Gauge } from '#broker/metrics.ts'
import { Table } from '#broker/ports.ts'
import type { World } from '../support/world.ts'

/** Longer than any session, delay and retained message of a run lives. */
const LONG_MS = 86_400_000
/** Steps of 100 ms after a jump: for what is done in slices. */
const SLICES_MS = 1_000

const GAUGES = [
  'SESSIONS',
  'LIVE_CONNECTIONS',
  'SUBSCRIPTIONS',
  'SUBSCRIPTIONS_SHARED',
  'RETAINED',
  'DELAYED',
] as const

/**
 * Tables that may hold something for a while: notes of messages that were on their way between
 * shards when their publisher's session ended are removed at the next start.
 */
const LASTING: ReadonlySet<Table> = new Set([Table.META, Table.INCOMING])

/** Lets so much time pass that nothing of anybody is due to be kept. */
export function letEverythingExpire(world: World): void {
  // A delayed message may be retained and live as long again.
  for (let round = 0; round < 3; round++) {
    world.nowMs += LONG_MS
    world.pass(SLICES_MS)
  }
}

/**
 * Fails when a broker without clients still holds anything of them, in its tables or in memory.
 * @param timersBefore armed timers of each shard before anybody came
 */
export function checkEmpty(world: World, timersBefore: readonly number[]): void {
  for (const name of GAUGES) assert.equal(world.metric(Gauge[name]), 0, `the gauge ${name}`)
  for (const table of Object.values(Table)) {
    if (!LASTING.has(table)) assert.equal(world.disk.size(table), 0, `records in ${table}`)
  }
  for (const [index, { broker }] of world.shards.entries()) {
    const { core, claims, links, exclusive } = broker
    const { filters, groups, localSubscriptions, groupMembers } = core.router.counts
    const left = {
      sessions: core.sessions.size,
      connections: core.connections.size,
      timers: core.timers.count - (timersBefore[index] ?? 0),
      bodies: core.bodies.size,
      early: Number(core.hasEarly),
      heldBack: links.heldBack,
      owners: claims.directory.size,
      claims: claims.openCount,
      exclusive: exclusive.openCount,
      routes: filters + groups + localSubscriptions + groupMembers,
    }
    const nothing = Object.fromEntries(Object.keys(left).map((name) => [name, 0]))
    assert.deepEqual(left, nothing, `shard ${index}`)
  }
}

/** Fails when a broker that has started again without sessions still has records of any. */
export function checkNothingStored(world: World): void {
  for (const table of Object.values(Table)) {
    if (table !== Table.META) assert.equal(world.disk.size(table), 0, `records in ${table}`)
  }
}
