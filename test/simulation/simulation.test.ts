import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeFailure } from './report.ts'
import { Sabotage, scenarioOf } from './scenario.ts'
import type { ScenarioChoices } from './scenario.ts'
import { Simulation } from './simulation.ts'
import type { Result } from './simulation.ts'

/** A broker with its clients and faults for a quarter of a minute of simulated time. */
const RUN: ScenarioChoices = { durationMs: 15_000 }
/** The first ones, and some that have found faults which took long to find. */
const SEEDS = [
  ...Array.from({ length: 36 }, (_, index) => index + 1),
  80,
  85,
  198,
  251,
  347,
  901,
  914,
]
const TRACE_LINES = 60

function runOf(seed: number, choices: ScenarioChoices): { result: Result; failure: string } {
  const simulation = new Simulation(scenarioOf(seed, choices))
  const result = simulation.run()
  return { result, failure: describeFailure(result, simulation.scenario, TRACE_LINES) }
}

describe('many clients, several shards, and everything that goes wrong', () => {
  for (const seed of SEEDS) {
    test(`seed ${seed}`, () => {
      const { result, failure } = runOf(seed, RUN)
      assert.ok(result.broken === undefined, failure)
      assert.ok(result.messages > 100, 'something went on')
    })
  }

  test('happens again in the same way with the same seed', () => {
    const [one, other] = [runOf(4, RUN), runOf(4, RUN)]
    assert.equal(one.result.checksum, other.result.checksum)
    assert.equal(one.result.steps, other.result.steps)
  })
})

/** What must be noticed when the broker is broken on purpose, and whether it takes a crash. */
const CANARIES: readonly [sabotage: Sabotage, invariant: string, calm: boolean][] = [
  [Sabotage.STORE_LIES, 'messages do not come twice', false],
  [Sabotage.STORE_KEEPS, 'no ghost sessions', true],
  [Sabotage.STORE_LOSES, 'the last retained message stays', true],
  [Sabotage.FABRIC_DROPS, 'nothing acknowledged is lost', true],
  [Sabotage.FABRIC_DOUBLES, 'messages do not come twice', true],
  [Sabotage.FABRIC_REORDERS, 'order is kept', true],
  [Sabotage.FORGETS_INCOMING, 'messages do not come twice', false],
  [Sabotage.NO_DIRECTORY, 'messages do not come twice', true],
  [Sabotage.NO_WILLS, 'wills come when a connection breaks, and only then', true],
]
const TRIES = 12

describe('a broken broker', () => {
  for (const [sabotage, invariant, calm] of CANARIES) {
    test(`is noticed: ${sabotage}, by "${invariant}"`, () => {
      const seen = new Set<string | undefined>()
      for (let seed = 1; seed <= TRIES && !seen.has(invariant); seed++) {
        const { result } = runOf(seed, { durationMs: 8_000, shards: 3, sabotage, calm })
        seen.add(result.broken?.invariant)
      }
      assert.ok(seen.has(invariant), `noticed was only: ${[...seen].join(', ')}`)
    })
  }

  test('is reported with the command that shows it again', () => {
    const choices = { durationMs: 6_000, shards: 3, sabotage: Sabotage.FABRIC_DROPS, calm: true }
    const runs = Array.from({ length: TRIES }, (_, index) => index + 1).values()
    const broken = runs.map((seed) => runOf(seed, choices)).find(({ result }) => result.broken)
    const command = `npm run simulate -- --seed ${broken?.result.seed} --minutes 0.1`
    assert.ok(broken?.failure.includes(command), broken?.failure ?? 'nothing was noticed')
  })
})
