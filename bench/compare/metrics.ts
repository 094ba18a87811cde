import { formatBytes, formatCount, formatMs } from '#cli/bench/format-number.ts'

/** What a run is judged by. A scenario fills in those that it measures. */
export const METRICS = {
  rate: { title: 'msg/s', format: formatCount },
  cpuUs: { title: 'CPU µs/msg', format: (us: number) => us.toFixed(2) },
  p50Ms: { title: 'p50', format: formatMs },
  p99Ms: { title: 'p99', format: formatMs },
  firstMs: { title: 'first', format: formatMs },
  storedPerSecond: { title: 'stored/s', format: formatCount },
  connections: { title: 'connections', format: formatCount },
  connectionsAllowed: { title: 'connections (limit of the system)', format: formatCount },
  connectsPerSecond: { title: 'connects/s', format: formatCount },
  cpuUsPerConnect: { title: 'CPU µs/connect', format: (us: number) => us.toFixed(0) },
  bytesPerConnection: { title: 'memory each', format: formatBytes },
  anonymousBytes: { title: 'memory', format: formatBytes },
  residentBytes: { title: 'with mapped files', format: formatBytes },
  fewRate: { title: 'msg/s with few', format: formatCount },
  fewCpuUs: { title: 'CPU µs/msg with few', format: (us: number) => us.toFixed(2) },
  manyShare: { title: 'many / few', format: (share: number) => share.toFixed(2) },
  lost: { title: 'lost', format: formatCount },
  duplicated: { title: 'repeated', format: formatCount },
  generatorPercent: { title: 'generator', format: (percent: number) => `${percent.toFixed(0)} %` },
} as const satisfies Readonly<
  Record<string, { readonly title: string; readonly format: (value: number) => string }>
>
export type MetricName = keyof typeof METRICS

/** Numbers of one run, or medians of several. */
export type Metrics = Readonly<Partial<Record<MetricName, number>>>

/** Median of each number over the runs that have it; the highest of losses and repetitions. */
export function medianMetrics(runs: readonly Metrics[]): Metrics {
  const names = Object.keys(METRICS) as MetricName[] // The table is typed by its own keys.
  const entries = names.flatMap((name) => {
    const values = runs.map((run) => run[name]).filter((value) => value !== undefined)
    if (values.length === 0) return []
    const isWorst = name === 'lost' || name === 'duplicated'
    return [[name, isWorst ? Math.max(...values) : median(values)] as const]
  })
  return Object.fromEntries(entries)
}

/** The middle value; the mean of the two in the middle when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  const high = sorted[Math.floor(middle)] ?? Number.NaN
  return (low + high) / 2
}
