import { freemem, loadavg, totalmem } from 'node:os'
import {
  COMPATIBLE_METRIC_COUNT,
  GAUGES,
  METRIC_COUNT,
  METRIC_NAMES,
  sumOf,
} from '#broker/metrics.ts'
import { viewCertificate } from '../certificate-view.ts'
import type { ManagementContext } from '../context.ts'
import type { NodeHealth } from '../node-port.ts'

/** One name with its values, by labels. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Numbers of shards that say where the load is. */
const SHARD_COUNTERS = ['messages.received', 'messages.sent', 'bytes.received'] as const
const SHARD_GAUGES = ['sessions', 'live_connections', 'subscriptions'] as const

/** What numbers are read from. */
export type NumberSources = Pick<ManagementContext, 'node' | 'numbers' | 'health' | 'telemetry'>

/** Everything that a monitoring system is told. */
export async function collect(context: NumberSources): Promise<readonly Family[]> {
  const { node, numbers, health: readHealth } = context
  const health = await readHealth().catch((): readonly NodeHealth[] => [])
  const counters = METRIC_NAMES.map((name, index): Family => {
    const prefix = index < COMPATIBLE_METRIC_COUNT ? 'emqx_' : 'tideway_'
    return plain(prefix + underscored(name), 'counter', '', sumOf(node.metrics, index))
  })
  const gauges = numbers
    .gauges()
    .flatMap(({ name, count, max }): readonly Family[] => [
      plain(`emqx_${underscored(name)}_count`, 'gauge', '', count),
      plain(`emqx_${underscored(name)}_max`, 'gauge', 'Highest since the start.', max),
    ])
  return [
    ...counters,
    ...gauges,
    ...machine(),
    certificates(context),
    ...shardNumbers(context),
    ...threads(health),
    ...exports(context),
  ]
}

function machine(): readonly Family[] {
  const [load = 0] = loadavg()
  return [
    gauge('emqx_vm_total_memory', 'Bytes of the machine.', totalmem()),
    gauge('emqx_vm_used_memory', 'Bytes of the machine in use.', totalmem() - freemem()),
    gauge('emqx_vm_run_queue', 'Load of the machine over one minute.', load),
    gauge('emqx_cluster_nodes_running', '', 1),
    gauge('emqx_cluster_nodes_stopped', '', 0),
    gauge('tideway_process_resident_memory_bytes', '', process.memoryUsage.rss()),
    gauge('tideway_process_uptime_seconds', '', Math.round(process.uptime())),
  ]
}

/** When the certificates of listeners end, as far as their files can be read. */
function certificates({ node }: NumberSources): Family {
  const { ssl, wss } = node.config.current.listeners
  const samples = Object.entries({ ssl, wss }).flatMap(([type, named]) => {
    return Object.entries(named).flatMap(([name, { enable, ssl_options: tls }]) => {
      if (!enable) return []
      const { valid_to: end } = viewCertificate(tls.certfile, node.dataDir)
      if (end === undefined) return []
      const labels = { listener_type: type, listener_name: name }
      return [{ labels, value: Math.floor(Date.parse(end) / 1000) }]
    })
  })
  return {
    name: 'emqx_cert_expiry_at',
    type: 'gauge',
    help: 'End of the certificate of a listener, seconds since 1970.',
    samples,
  }
}

function exports({ telemetry }: NumberSources): readonly Family[] {
  const figures = telemetry.figures()
  const family = (name: 'exported' | 'dropped' | 'failed', help: string): Family => ({
    name: `tideway_opentelemetry_${name}`,
    type: 'counter',
    help,
    samples: figures.map((one) => ({ labels: { signal: one.signal }, value: one[name] })),
  })
  return [
    family('exported', 'Items that the collector has taken.'),
    family('dropped', 'Items without room, or refused.'),
    family('failed', 'Requests that failed.'),
  ]
}

function shardNumbers({ node }: NumberSources): readonly Family[] {
  const family = (name: string, type: Family['type'], index: number): Family => ({
    name: `tideway_shard_${underscored(name)}`,
    type,
    help: 'By shard.',
    samples: node.metrics.map((metrics, shard) => {
      return { labels: { shard: String(shard) }, value: metrics.get(index) }
    }),
  })
  return [
    ...SHARD_COUNTERS.map((name) => family(name, 'counter', METRIC_NAMES.indexOf(name))),
    ...SHARD_GAUGES.map((name) => family(name, 'gauge', METRIC_COUNT + GAUGES.indexOf(name))),
  ]
}

function threads(health: readonly NodeHealth[]): readonly Family[] {
  const family = (name: string, help: string, read: (one: NodeHealth) => number): Family => ({
    name: `tideway_shard_${name}`,
    type: 'gauge',
    help,
    samples: health.map((one, shard) => ({ labels: { shard: String(shard) }, value: read(one) })),
  })
  const lag = (quantile: string, read: (one: NodeHealth) => number): readonly Sample[] =>
    health.map((one, shard) => {
      return { labels: { shard: String(shard), quantile }, value: read(one) / 1000 }
    })
  return [
    {
      name: 'tideway_shard_event_loop_lag_seconds',
      type: 'gauge',
      help: 'Lateness of the event loop since the numbers were read last.',
      samples: [
        ...lag('0.5', ({ lagP50Ms }) => lagP50Ms),
        ...lag('0.99', ({ lagP99Ms }) => lagP99Ms),
        ...lag('1', ({ lagMaxMs }) => lagMaxMs),
      ],
    },
    family('event_loop_utilization', 'Part of the time it was busy.', (one) => one.utilization),
    family('heap_used_bytes', '', (one) => one.heapUsedBytes),
    family('store_healthy', '0 while it cannot write.', (one) => Number(one.storeHealthy)),
    family('store_pending_bytes', 'Waiting to be written.', (one) => one.storePendingBytes),
  ]
}

/** A number of the whole node. */
export function gauge(name: string, help: string, value: number): Family {
  return plain(name, 'gauge', help, value)
}

/** A thing by its label, with its numbers by name. */
export type Numbered = readonly [label: string, numbers: Readonly<Record<string, number>>]

const GAUGE_NAMES: ReadonlySet<string> = new Set([
  'enable',
  'status',
  'queuing',
  'queuing_bytes',
  'inflight',
])

/** Numbers of several things of a kind, which have a label each. */
export function labelled(
  prefix: string,
  label: string,
  things: readonly Numbered[],
): readonly Family[] {
  const names = new Set(things.flatMap(([, numbers]) => Object.keys(numbers)))
  return [...names].map((name) => ({
    name: prefix + underscored(name),
    type: GAUGE_NAMES.has(name) ? 'gauge' : 'counter',
    help: '',
    samples: things.flatMap(([value, { [name]: number }]) => {
      return number === undefined ? [] : [{ labels: { [label]: value }, value: number }]
    }),
  }))
}

/** The text format of Prometheus, version 0.0.4. */
export function toText(families: readonly Family[]): string {
  const lines = families.flatMap(({ name, type, help, samples }) => [
    `# TYPE ${name} ${type}`,
    `# HELP ${name} ${help}`,
    ...samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`),
  ])
  return `${lines.join('\n')}\n`
}

/** The same as JSON: plain numbers, and lists for those with labels. */
export function toJson(families: readonly Family[]): string {
  const entries = families.map(({ name, samples }) => {
    const [first] = samples
    const isPlain = samples.length === 1 && Object.keys(first?.labels ?? {}).length === 0
    const list = samples.map(({ labels, value }) => ({ ...labels, value }))
    return [name, isPlain ? first?.value : list] as const
  })
  return JSON.stringify(Object.fromEntries(entries))
}

function plain(name: string, type: Family['type'], help: string, value: number): Family {
  return { name, type, help, samples: [{ labels: {}, value }] }
}

function underscored(name: string): string {
  return name.replaceAll('.', '_')
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    return `${name}="${escaped}"`
  })
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
