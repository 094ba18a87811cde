import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readHostLimits } from '#cli/bench/limits.ts'
import type { BenchResult } from '#cli/bench/result.ts'
import { ensureDevelopmentCertificates } from '#net/certificate/development-certificates.ts'
import type { Broker, BrokerSite, RunningBroker } from './brokers.ts'
import { medianMetrics, type Metrics } from './metrics.ts'
import { type BrokerRuns, mediansOf, type ScenarioReport } from './report.ts'
import type { Scenario, ScenarioTools } from './scenarios.ts'

/** How a comparison is run. */
export interface CompareOptions {
  readonly brokers: readonly Broker[]
  readonly scenarios: readonly Scenario[]
  readonly seconds: number
  readonly rounds: number
  readonly scale: number
  /** Cores as `taskset -c` takes them; undefined: no pinning. */
  readonly brokerCores: string | undefined
  readonly loadCores: string | undefined
  /** An empty folder for data; removed by the caller. */
  readonly folder: string
  readonly tell: (text: string) => void
}

const CLI = fileURLToPath(import.meta.resolve('#cli/main.ts'))
/** Descriptors of a broker beside those of its clients. */
const OWN_DESCRIPTORS = 128
const BROKER_FOLDER = 'broker-'
const REASON_CHARACTERS_MAX = 600
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024
const run = promisify(execFile)

/** Runs all scenarios; the result of each is handed out as soon as it is there. */
export async function compare(
  options: CompareOptions,
  finished: (report: ScenarioReport) => void,
): Promise<void> {
  const site: BrokerSite = {
    folder: () => mkdtempSync(join(options.folder, BROKER_FOLDER)),
    certificates: ensureDevelopmentCertificates(join(options.folder, 'certs'), Date.now()),
    launcher: { cores: options.brokerCores },
  }
  const tools: ScenarioTools = {
    bench: (broker, args) => bench(options, broker, args),
    seconds: options.seconds,
    scale: options.scale,
    connectionsMax: readHostLimits().descriptorsMax - OWN_DESCRIPTORS,
  }
  for (const scenario of options.scenarios) {
    finished(await compareIn(scenario, options, site, tools))
    clear(options.folder)
  }
}

/** The brokers that take part in a scenario. */
function brokersOf(scenario: Scenario, { brokers }: CompareOptions): readonly Broker[] {
  const { onlyBrokers, extraBrokers = [], without = {} } = scenario
  const special = new Set(['tideway-2', 'mosquitto-autosave'])
  return brokers.filter(({ name }) => {
    if (without[name] !== undefined) return false
    if (onlyBrokers !== undefined) return onlyBrokers.includes(name)
    return !special.has(name) || extraBrokers.includes(name)
  })
}

async function compareIn(
  scenario: Scenario,
  options: CompareOptions,
  site: BrokerSite,
  tools: ScenarioTools,
): Promise<ScenarioReport> {
  const participants = brokersOf(scenario, options).map((broker) => new Participant(broker, site))
  try {
    const rounds = Math.min(options.rounds, scenario.roundsMax ?? options.rounds)
    for (let round = 1; round <= rounds; round++) {
      for (const participant of participants) {
        const { name } = participant.broker
        options.tell(`${scenario.name}, round ${round} of ${rounds}: ${name}`)
        await participant.run(scenario, tools)
      }
    }
  } finally {
    for (const participant of participants) await participant.stop()
  }
  const brokers = participants.map((participant) => participant.result())
  const medians = mediansOf(brokers)
  const judged = scenario.targets.map((target) => ({
    text: target.text,
    verdict: target.judge(medians),
  }))
  return {
    name: scenario.name,
    summary: scenario.summary,
    brokers,
    verdicts: judged.flatMap(({ verdict }) => (verdict === undefined ? [] : [verdict])),
    open: judged.flatMap(({ text, verdict }) => (verdict === undefined ? [text] : [])),
    without: scenario.without ?? {},
  }
}

/** One broker in one scenario. */
class Participant {
  readonly broker: Broker
  readonly #site: BrokerSite
  readonly #runs: Metrics[] = []
  readonly #failures: string[] = []
  #running: RunningBroker | undefined

  constructor(broker: Broker, site: BrokerSite) {
    this.broker = broker
    this.#site = site
  }

  async run(scenario: Scenario, tools: ScenarioTools): Promise<void> {
    try {
      this.#running ??= await this.broker.start(this.#site)
      this.#runs.push(await scenario.run(this.#running, tools))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const reason = this.#running?.ended() ?? text
      this.#failures.push(reason.trim().replaceAll(/\s+/g, ' ').slice(0, REASON_CHARACTERS_MAX))
      await this.stop() // What it is in now, nobody knows.
    }
    if (scenario.isFresh === true) await this.stop()
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop()
  }

  result(): BrokerRuns {
    const runs = this.#runs
    const median = medianMetrics(runs)
    return { broker: this.broker.name, runs, median, failures: [...new Set(this.#failures)] }
  }
}

/** MQTT 3.1.1, because not every broker speaks MQTT 5. */
async function bench(
  { loadCores }: CompareOptions,
  broker: RunningBroker,
  args: readonly string[],
): Promise<BenchResult> {
  const [mode = '', ...rest] = args
  const address = ['-h', broker.host, '-p', String(broker.port), '-V', '4', '--json', '-']
  const pid = broker.pid === undefined ? [] : ['--pid', String(broker.pid)]
  const command = [process.execPath, CLI, 'bench', mode, ...address, ...pid, ...rest]
  const pinned = loadCores === undefined ? command : ['taskset', '-c', loadCores, ...command]
  const [program = '', ...programArgs] = pinned
  const result = await runJson(program, programArgs)
  const { disconnected } = result.connections
  if (disconnected === 0) return result
  throw new Error(`${disconnected} connections ended early: ${JSON.stringify(result.problems)}`)
}

async function runJson(program: string, args: readonly string[]): Promise<BenchResult> {
  try {
    const { stdout } = await run(program, [...args], { maxBuffer: OUTPUT_BYTES_MAX })
    return JSON.parse(stdout) as BenchResult
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string }
    throw new Error(stderr.trim() || String(error), { cause: error })
  }
}

/** Removes the data of a scenario that is over. */
function clear(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(BROKER_FOLDER))) {
    rmSync(join(folder, name), { recursive: true, force: true })
  }
}
