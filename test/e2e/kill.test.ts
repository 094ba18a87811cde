import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KillRun } from './kill/kill-run.ts'
import { makeFolder } from './support/broker-process.ts'
import { seedOf } from '../support/random.ts'

/** How often it dies; `KILL_TEST_COUNT=1000` for a long night. */
const KILLS = process.env['KILL_TEST_COUNT']
/** Otherwise it dies as often as a patient person waits for, which depends on the machine. */
const LIMITS =
  KILLS === undefined ? { kills: 50, killsEndAfterMs: 90_000 } : { kills: Number(KILLS) }
const KILLS_MIN = 5

test('what was acknowledged survives kill -9, again and again', async (context) => {
  const seed = seedOf('KILL_TEST_SEED')
  const result = await new KillRun({ folder: makeFolder(context), seed, ...LIMITS }).execute()
  const { kills, problems, published, received, output } = result
  context.diagnostic(`seed ${seed}: ${kills} kills, ${published} published, ${received} received`)
  const repeat = `KILL_TEST_SEED=${seed}`
  assert.deepEqual(problems.counts, {}, `${problems.toString()}\n${repeat}\n${output}`)
  assert.ok(kills >= KILLS_MIN, `${kills} kills only`)
  assert.ok(published > 10 * kills, 'there was a load')
})

test('the checks of kill -9 notice everything that memory mode loses', async (context) => {
  const result = await new KillRun({
    folder: makeFolder(context),
    seed: 2,
    kills: 3,
    config: 'durability.mode = memory',
    patienceMs: 300,
  }).execute()
  const { counts } = result.problems
  for (const kind of ['lost', 'session', 'filter', 'retained'] as const) {
    assert.ok((counts[kind] ?? 0) > 0, `${kind} in ${JSON.stringify(counts)}`)
  }
})
