import type { Machine } from './machine.ts'
import { METRICS, type MetricName, type Metrics } from './metrics.ts'
import { type Medians, OWN, type Verdict, verdictText } from './targets.ts'

/** All runs of one broker in one scenario. */
export interface BrokerRuns {
  readonly broker: string
  readonly runs: readonly Metrics[]
  readonly median: Metrics
  /** Runs that did not take place, with the reason. */
  readonly failures: readonly string[]
}

/** Results of one scenario. */
export interface ScenarioReport {
  readonly name: string
  readonly summary: string
  readonly brokers: readonly BrokerRuns[]
  readonly verdicts: readonly Verdict[]
  /** Targets for which a number is missing. */
  readonly open: readonly string[]
  /** Brokers that cannot take part, with the reason. */
  readonly without: Readonly<Record<string, string>>
}

/** Everything that a comparison has found out, as it is written as JSON. */
export interface ComparisonReport {
  readonly tool: 'tideway bench:compare'
  readonly date: string
  readonly commit: string
  readonly machine: Machine
  readonly brokerCores: string
  readonly loadCores: string
  readonly seconds: number
  readonly rounds: number
  readonly scale: number
  readonly brokers: Readonly<Record<string, string>>
  readonly scenarios: readonly ScenarioReport[]
}

/** Above this the generator may be what limits the rate. */
const BUSY_PERCENT = 95
/** A machine with more to do than this does not give results to rely on. */
const QUIET_LOAD = 0.5
const SHARES: readonly MetricName[] = ['rate', 'cpuUs', 'p99Ms']

/** The report as Markdown. */
export function formatReport(report: ComparisonReport): string {
  return [
    `# Comparison of ${report.date}, commit ${report.commit}`,
    '',
    ...facts(report),
    '',
    '## Targets',
    '',
    ...targetTable(report.scenarios),
    '',
    '## Results',
    '',
    'Medians of all rounds; losses and repetitions are those of the worst round. `×` compares',
    'Tideway with the broker of the row: above 1 is better for msg/s, below 1 for the others.',
    '',
    ...report.scenarios.flatMap((scenario) => [...formatScenario(scenario), '']),
  ].join('\n')
}

/** One scenario as Markdown. */
export function formatScenario(scenario: ScenarioReport): readonly string[] {
  const { name, summary, brokers, verdicts, open, without } = scenario
  const names = metricNames(brokers)
  const own = brokers.find(({ broker }) => broker === OWN)?.median
  const shares = SHARES.filter((metric) => names.includes(metric))
  const heads = [
    'Broker',
    ...names.map((metric) => METRICS[metric].title),
    ...shares.map((metric) => `× ${METRICS[metric].title}`),
  ]
  const rows = brokers.map(({ broker, median }) => [
    broker,
    ...names.map((metric) => cell(metric, median)),
    ...shares.map((metric) => (broker === OWN ? '' : share(own?.[metric], median[metric]))),
  ])
  const notes = [
    ...brokers.flatMap(({ broker, failures }) => failures.map((text) => `${broker}: ${text}`)),
    ...Object.entries(without).map(([broker, reason]) => `${broker} ${reason}`),
    ...verdicts.map((verdict) => `${verdict.target}: ${verdict.measured}, ${verdictText(verdict)}`),
    ...open.map((target) => `${target}: not measured`),
  ]
  return [
    `### ${name}`,
    '',
    `${summary}.`,
    '',
    ...table(heads, rows),
    '',
    ...notes.map((text) => `- ${text}`),
  ]
}

/** Medians of a scenario by broker. */
export function mediansOf(brokers: readonly BrokerRuns[]): Medians {
  return new Map(
    brokers.filter(({ runs }) => runs.length > 0).map(({ broker, median }) => [broker, median]),
  )
}

/** What the numbers depend on, as a list. */
export function facts(report: ComparisonReport): readonly string[] {
  const { machine, brokers, brokerCores, loadCores } = report
  const { cpu, cores, memory, kernel, node, dataOn } = machine
  const [load = 0] = machine.loadBefore
  const lines = [
    `${cpu}, ${cores} cores, ${memory}, ${kernel}, Node ${node}`,
    `brokers on core ${brokerCores}, load generator on core ${loadCores}, data on ${dataOn}`,
    `${report.rounds} rounds of ${report.seconds} s, brokers taking turns in each round`,
    `load average before: ${machine.loadBefore.join(', ')}`,
    ...Object.entries(brokers).map(([name, description]) => `${name}: ${description}`),
  ]
  if (load > QUIET_LOAD) lines.push('**The machine was not quiet: rates and times say little.**')
  if (report.scale !== 1) {
    lines.push(`**Big scenarios were run at ${report.scale} of their size.**`)
  }
  return lines.map((line) => `- ${line}`)
}

/** Every target, what was measured, and by how much it was missed. */
export function targetTable(scenarios: readonly ScenarioReport[]): readonly string[] {
  const rows = scenarios.flatMap(({ name, verdicts, open }) => [
    ...verdicts.map((verdict) => [name, verdict.target, verdict.measured, verdictText(verdict)]),
    ...open.map((target) => [name, target, '', 'not measured']),
  ])
  return table(['Scenario', 'Target', 'Measured', ''], rows)
}

/** The numbers that at least one broker has, in the order of the table of metrics. */
function metricNames(brokers: readonly BrokerRuns[]): readonly MetricName[] {
  const names = Object.keys(METRICS) as MetricName[] // The table is typed by its own keys.
  return names.filter((name) => brokers.some(({ median }) => median[name] !== undefined))
}

function cell(metric: MetricName, median: Metrics): string {
  const value = median[metric]
  if (value === undefined) return ''
  const text = METRICS[metric].format(value)
  return metric === 'generatorPercent' && value > BUSY_PERCENT ? `${text} (limit)` : text
}

function share(own: number | undefined, other: number | undefined): string {
  if (own === undefined || other === undefined || other === 0) return ''
  return (own / other).toFixed(2)
}

/** A table in Markdown; all columns but the first are numbers. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, column) => (column === 0 ? '---' : '---:'))
  return [line(heads), line(rule), ...rows.map(line)]
}
