import { type Attributes, writeAttributes } from './otlp.ts'
import type { ProtoWriter } from './proto-writer.ts'

/** One number under a name. */
export interface MetricPoint {
  readonly attributes: Attributes
  readonly value: number
}

/** A metric: a counter grows from `startMs` on. */
export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly unit: string
  readonly description: string
  readonly points: readonly MetricPoint[]
}

const CUMULATIVE = 2

/** Writes a metric as a field of `ScopeMetrics`; times are wall clock in ms. */
export function writeMetric(
  out: ProtoWriter,
  { name, type, unit, description, points }: Metric,
  startMs: number,
  nowMs: number,
): void {
  const isCounter = type === 'counter'
  out.message(2, (metric) => {
    metric.string(1, name)
    if (description !== '') metric.string(2, description)
    metric.string(3, unit)
    metric.message(isCounter ? 7 : 5, (data) => {
      for (const { attributes, value } of points) {
        data.message(1, (point) => {
          if (isCounter) point.timeMs(2, startMs)
          point.timeMs(3, nowMs)
          if (Number.isSafeInteger(value)) point.fixedInt(6, value)
          else point.double(4, value)
          writeAttributes(point, 7, attributes)
        })
      }
      if (!isCounter) return
      data.uint(2, CUMULATIVE)
      data.bool(3, true)
    })
  })
}
