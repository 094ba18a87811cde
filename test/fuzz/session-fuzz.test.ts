import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seedOf } from '../support/random.ts'
import { fuzzSession } from './session.fuzz.ts'

/** Time for seeds that nobody has seen before. */
const NEW_SEEDS_MS = 6_000
const FIXED_SEEDS = 60

test('clients that keep no rules harm nobody, are answered, and leave nothing behind', () => {
  let packets = 0
  let closed = 0
  let calm = 0
  for (let seed = 1; seed <= FIXED_SEEDS; seed++) {
    const tally = fuzzSession(seed)
    packets += tally.packets
    closed += tally.closed
    calm += tally.calm
  }
  // A run in which little happens would prove nothing.
  assert.ok(packets > 300 * FIXED_SEEDS, `${packets} packets`)
  assert.ok(closed > 10 * FIXED_SEEDS, `${closed} connections closed`)
  assert.ok(calm > 10 * FIXED_SEEDS, `${calm} messages`)
})

test('the same, with seeds of its own in each run', (context) => {
  const first = seedOf('FUZZ_SEED')
  const endsMs = performance.now() + NEW_SEEDS_MS
  let seed = first
  while (performance.now() < endsMs) fuzzSession(seed++)
  context.diagnostic(`${seed - first} seeds from ${first}`)
})

test('a run depends on its seed alone', () => {
  assert.deepEqual(fuzzSession(7, 100), fuzzSession(7, 100))
  assert.notDeepEqual(fuzzSession(7, 100), fuzzSession(8, 100))
})
