import { METRICS, type MetricName, type Metrics } from './metrics.ts'
import {
  type ComparisonReport,
  facts,
  mediansOf,
  type ScenarioReport,
  table,
  targetTable,
} from './report.ts'
import { OWN } from './targets.ts'

/** What surrounds the generated part of docs/performance.md. */
const BEGIN = '<!-- results: written by npm run bench:docs -->'
const END = '<!-- end of results -->'

const PEERS = ['mosquitto', 'aedes'] as const
/** Columns of scenarios that are streams of messages. */
const STREAM: readonly MetricName[] = ['rate', 'cpuUs', 'p99Ms']
/** Of no interest beside the others. */
const ASIDE: readonly MetricName[] = ['generatorPercent', 'p50Ms', 'lost', 'duplicated']

/**
 * The results as docs/performance.md shows them. Of several reports, a scenario is taken from the
 * last one that has it.
 * @throws an Error when there is no report
 */
export function resultsSection(reports: readonly ComparisonReport[]): string {
  const latest = new Map(
    reports.flatMap((report) => report.scenarios.map(({ name }) => [name, report] as const)),
  )
  const scenarios = [...latest].flatMap(([name, report]) =>
    report.scenarios.filter((scenario) => scenario.name === name),
  )
  if (scenarios.length === 0) throw new Error('no results: run npm run bench:compare first')
  return [
    ...[...new Set(latest.values())].flatMap((report) => {
      const names = [...latest].flatMap(([name, of]) => (of === report ? [`\`${name}\``] : []))
      const what = names.length === latest.size ? 'All' : names.join(', ')
      return [
        `${what}: measured on ${report.date}, commit ${report.commit}`,
        '',
        ...facts(report),
        '',
      ]
    }),
    ...streamTable(scenarios.filter(isStream)),
    '',
    ...otherTable(scenarios.filter((scenario) => !isStream(scenario))),
    '',
    ...targetTable(scenarios),
  ].join('\n')
}

/**
 * The page with this section in place of the one it has.
 * @throws an Error when the page has no place for it
 */
export function withResults(page: string, section: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin === -1 || end < begin) throw new Error(`the page has no lines ${BEGIN} … ${END}`)
  return `${page.slice(0, begin)}${BEGIN}\n\n${section}\n\n${page.slice(end)}`
}

function isStream({ brokers }: ScenarioReport): boolean {
  const own = mediansOf(brokers).get(OWN)
  return own?.rate !== undefined && own.cpuUs !== undefined && own.manyShare === undefined
}

function streamTable(scenarios: readonly ScenarioReport[]): readonly string[] {
  const heads = ['Scenario', 'msg/s, CPU µs, p99: tideway', ...PEERS, '× M: msg/s, CPU, p99']
  const rows = scenarios.map(({ name, brokers }) => {
    const medians = mediansOf(brokers)
    const own = medians.get(OWN)
    const others = brokers.filter(({ broker }) => broker !== OWN)
    const peers = PEERS.map((peer) => shown(STREAM, medians.get(peer)))
    const [rival] = others // Mosquitto, or Tideway with two shards.
    const ratios = STREAM.map((metric) => ratio(own?.[metric], rival?.median[metric]))
    return [`\`${name}\``, shown(STREAM, own), ...peers, ratios.join(', ')]
  })
  return table(heads, rows)
}

function otherTable(scenarios: readonly ScenarioReport[]): readonly string[] {
  const rows = scenarios.flatMap(({ name, brokers }) => {
    const medians = mediansOf(brokers)
    const names = (Object.keys(METRICS) as MetricName[]) // The table is typed by its own keys.
      .filter((metric) => !ASIDE.includes(metric) && medians.get(OWN)?.[metric] !== undefined)
    return names.map((metric) => [
      `\`${name}\`: ${METRICS[metric].title}`,
      ...[OWN, ...PEERS].map((broker) => shown([metric], medians.get(broker))),
    ])
  })
  return table(['Scenario', OWN, ...PEERS], rows)
}

function shown(metrics: readonly MetricName[], median: Metrics | undefined): string {
  return metrics
    .map((metric) => [metric, median?.[metric]] as const)
    .flatMap(([metric, value]) => (value === undefined ? [] : [METRICS[metric].format(value)]))
    .join(', ')
}

function ratio(own: number | undefined, other: number | undefined): string {
  return own === undefined || other === undefined || other === 0 ? '–' : (own / other).toFixed(2)
}
