/** The numbers for monitoring systems as metrics of OpenTelemetry, under the names of EMQX. */
import { freemem, loadavg, totalmem } from 'node:os'
import { COMPATIBLE_METRIC_COUNT, METRIC_NAMES, sumOf } from '#broker/metrics.ts'
import { type Metric, writeMetric } from '#codec/otlp/metrics.ts'
import { type OtlpSource, writeRequest } from '#codec/otlp/otlp.ts'
import { ProtoWriter } from '#codec/otlp/proto-writer.ts'
import { collect, type Family, type NumberSources } from '../observe/prometheus.ts'
import type { ExportBatch } from './signal-exporter.ts'

const INITIAL_BYTES = 65_536
const OWN_PREFIX = 'tideway_'

/** Reads all numbers and encodes them. */
export async function exportMetrics(
  parts: NumberSources,
  source: OtlpSource,
): Promise<ExportBatch> {
  const { node } = parts
  const families = await collect(parts)
  const own = families.filter(({ name }) => name.startsWith(OWN_PREFIX)).map(toMetric)
  const metrics = [...compatible(parts), ...own]
  const out = new ProtoWriter(INITIAL_BYTES)
  const nowMs = node.nowMs()
  writeRequest(out, source, (scope) => {
    for (const metric of metrics) writeMetric(scope, metric, node.startedAtMs, nowMs)
  })
  return { body: out.toBuffer(), count: metrics.length }
}

/** What EMQX exports, under its names with dots. */
function compatible({ node, numbers }: NumberSources): readonly Metric[] {
  const counters = METRIC_NAMES.slice(0, COMPATIBLE_METRIC_COUNT).map((name, index) => {
    return plain(exportedName(name), 'counter', sumOf(node.metrics, index))
  })
  const gauges = numbers
    .gauges()
    .flatMap(({ name, count, max }) => [
      plain(`${name}.count`, 'gauge', count),
      plain(`${name}.max`, 'gauge', max),
    ])
  const [load = 0] = loadavg()
  return [
    ...counters,
    ...gauges,
    plain('run.queue', 'gauge', load),
    plain('total.memory', 'gauge', totalmem()),
    plain('used.memory', 'gauge', totalmem() - freemem()),
    plain('node.running', 'gauge', 1),
    plain('node.stopped', 'gauge', 0),
  ]
}

/** EMQX exports one of the counters under another name than elsewhere. */
function exportedName(name: string): string {
  return name === 'packets.connect.received' ? 'packets.connect' : name
}

function plain(name: string, type: Metric['type'], value: number): Metric {
  const unit = name.startsWith('bytes.') ? 'By' : '1'
  return { name, type, unit, description: '', points: [{ attributes: {}, value }] }
}

function toMetric({ name, type, help, samples }: Family): Metric {
  const points = samples.map(({ labels, value }) => ({ attributes: labels, value }))
  return { name, type, unit: '1', description: help, points }
}
