/**
 * Compares Tideway with the brokers installed here, in turns.
 *
 *   node tools/bench-compare.ts [options] [NAME=host:port[:pid]…]
 *
 *   --scenarios a,b   default: all of docs/performance.md
 *   --brokers a,b     default: tideway, mosquitto, aedes, those of them that are installed
 *   --seconds N       measured time of one run (default 3)
 *   --rounds N        runs of each broker in each scenario (default 3; fewer for the big ones)
 *   --scale X         size of the big scenarios, 1 for the targets (default 1)
 *   --broker-cores C  cores of the brokers as taskset takes them (default 0)
 *   --load-cores C    cores of the load generator (default the rest)
 *   --out FOLDER      default bench/results
 *   --list            names the scenarios
 *
 * Further arguments name brokers that run already. Writes <date>-<time>-<commit>.json and .md into
 * the folder, after each scenario, so that nothing is lost when it is interrupted. `npm run
 * bench:docs` brings them into docs/performance.md.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { aedes, type Broker, external, mosquitto, tideway } from '../bench/compare/brokers.ts'
import { compare } from '../bench/compare/compare.ts'
import { commitName, machineFacts } from '../bench/compare/machine.ts'
import {
  type ComparisonReport,
  formatReport,
  formatScenario,
  type ScenarioReport,
  targetTable,
} from '../bench/compare/report.ts'
import { type Scenario, SCENARIOS } from '../bench/compare/scenarios.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

function positive(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new Error(`--${name} ${text}: a number above 0 is wanted`)
}

function chooseScenarios(list: string | undefined): readonly Scenario[] {
  if (list === undefined) return SCENARIOS
  const names = list.split(',')
  const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
  if (unknown.length === 0) return SCENARIOS.filter(({ name }) => names.includes(name))
  const known = SCENARIOS.map(({ name }) => name).join(', ')
  throw new Error(`unknown scenario ${unknown.join(', ')}; there are ${known}`)
}

function chooseBrokers(list: string | undefined, running: readonly string[]): readonly Broker[] {
  const own: readonly (Broker | undefined)[] = [
    tideway('tideway', 1),
    tideway('tideway-2', 2),
    mosquitto('mosquitto'),
    mosquitto('mosquitto-autosave', ['autosave_interval 1']),
    aedes('aedes'),
  ]
  const names = list?.split(',')
  const isChosen = (name: string): boolean =>
    names === undefined || names.some((wanted) => name === wanted || name.startsWith(`${wanted}-`))
  const started = own.filter((broker) => broker !== undefined && isChosen(broker.name))
  return [...started, ...running.map(external)].filter((broker) => broker !== undefined)
}

/** Without a second core there is nothing to pin: the numbers then say little. */
function chooseCores(given: { broker: string | undefined; load: string | undefined }) {
  const cores = availableParallelism()
  if (cores < 2) return { broker: given.broker, load: given.load }
  const load = cores === 2 ? '1' : `1-${cores - 1}`
  return { broker: given.broker ?? '0', load: given.load ?? load }
}

function write(path: string, report: ComparisonReport): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.json`, `${JSON.stringify(report, undefined, 2)}\n`)
  writeFileSync(`${path}.md`, formatReport(report))
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      scenarios: { type: 'string' },
      brokers: { type: 'string' },
      seconds: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      'broker-cores': { type: 'string' },
      'load-cores': { type: 'string' },
      out: { type: 'string', default: join(root, 'bench/results') },
      list: { type: 'boolean' },
    },
  })
  if (values.list === true) {
    for (const { name, summary } of SCENARIOS) console.log(`${name.padEnd(14)} ${summary}`)
    return
  }
  const cores = chooseCores({ broker: values['broker-cores'], load: values['load-cores'] })
  const brokers = chooseBrokers(values.brokers, positionals)
  const scenarios: ScenarioReport[] = []
  const common = {
    seconds: positive('seconds', values.seconds),
    rounds: positive('rounds', values.rounds),
    scale: positive('scale', values.scale),
  }
  const startedAt = new Date().toISOString()
  const report: ComparisonReport = {
    tool: 'tideway bench:compare',
    date: startedAt.slice(0, 10),
    commit: commitName(root),
    machine: machineFacts(),
    brokerCores: cores.broker ?? 'any',
    loadCores: cores.load ?? 'any',
    ...common,
    brokers: Object.fromEntries(brokers.map(({ name, description }) => [name, description])),
    scenarios,
  }
  const time = startedAt.slice(11, 16).replace(':', '')
  const path = join(values.out, `${report.date}-${time}-${report.commit}`)
  const chosen = chooseScenarios(values.scenarios)
  const folder = mkdtempSync(join(tmpdir(), 'tideway-compare-'))
  const placement = { brokerCores: cores.broker, loadCores: cores.load }
  const tell = (text: string): void => void process.stderr.write(`${text}\n`)
  try {
    await compare({ brokers, scenarios: chosen, ...common, ...placement, folder, tell }, (done) => {
      scenarios.push(done)
      console.log(`${formatScenario(done).join('\n')}\n`)
      write(path, report)
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${targetTable(scenarios).join('\n')}\n`)
  console.log(`written to ${path}.md and .json; npm run bench:docs shows them in the docs`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
