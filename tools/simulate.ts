/**
 * Runs the simulator by hand.
 *
 *   node tools/simulate.ts --seed N [--minutes M] [--follow NAME,…]
 *   node tools/simulate.ts --seeds A..B [--minutes M]
 *
 * `--minutes` is simulated time with faults per run. A run that breaks an invariant prints what
 * happened to the clients involved and the command that repeats it; the exit code is 1 then.
 */
import { parseArgs } from 'node:util'
import { describeFailure } from '../test/simulation/report.ts'
import { scenarioOf } from '../test/simulation/scenario.ts'
import type { ScenarioChoices } from '../test/simulation/scenario.ts'
import { formatLine } from '../test/simulation/engine/trace.ts'
import { Simulation } from '../test/simulation/simulation.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    brief: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    follow: { type: 'string' },
    lines: { type: 'string', default: '60' },
    'keep-going': { type: 'boolean', default: false },
  },
})

function seedsOf(): [from: number, to: number] {
  if (values.seeds !== undefined) {
    const [from, to] = values.seeds.split('..').map(Number)
    if (from === undefined || to === undefined || !(from <= to)) throw new Error('--seeds A..B')
    return [from, to]
  }
  const seed = Number(values.seed ?? 1)
  return [seed, seed]
}

function choices(): ScenarioChoices {
  return {
    ...(values.minutes !== undefined && { durationMs: Number(values.minutes) * 60_000 }),
    ...(values.strict && { crossShardQos2: 'strict' as const }),
  }
}

function runSeed(seed: number): boolean {
  const simulation = new Simulation(scenarioOf(seed, choices()))
  const followed = values.follow?.split(',')
  if (followed !== undefined) {
    simulation.trace.follow = (line) => {
      if (followed.includes(line.name) || followed[0] === 'all') console.log(formatLine(line))
    }
  }
  const started = performance.now()
  const result = simulation.run()
  const tookMs = (performance.now() - started).toFixed(0)
  if (result.broken !== undefined && values.brief) {
    const [first = ''] = result.broken.message.split('\n')
    console.log(`seed ${seed}: ${result.broken.invariant}: ${first}`)
    return false
  }
  if (result.broken !== undefined) {
    console.log(describeFailure(result, simulation.scenario, Number(values.lines)))
    return false
  }
  const counts = JSON.stringify(result.counts)
  console.log(
    `seed ${seed}: ${result.steps} steps, ${result.messages} messages, ${counts}, ${tookMs} ms`,
  )
  return true
}

const [from, to] = seedsOf()
let failed = 0
for (let seed = from; seed <= to; seed++) {
  if (runSeed(seed)) continue
  failed++
  if (!values['keep-going']) break
}
if (to > from) console.log(`${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
