import { METRICS, type MetricName, type Metrics } from './metrics.ts'

/** The broker whose targets these are, in the names of results. */
export const OWN = 'tideway'

/** Medians of one scenario by broker. */
export type Medians = ReadonlyMap<string, Metrics>

/** How a target was kept. */
export interface Verdict {
  readonly target: string
  readonly measured: string
  readonly isMet: boolean
  /** By how many percent it was missed, or how far it was exceeded; of what was measured. */
  readonly distancePercent: number
}

/** Something that a scenario should show. */
export interface Target {
  readonly text: string
  /** Undefined when a number for it is missing. */
  judge(medians: Medians): Verdict | undefined
}

/** `metric` is at least `factor` times that of `peer`. */
export function timesPeer(metric: MetricName, peer: string, factor: number): Target {
  const text = `${METRICS[metric].title} ≥ ${factor} × ${peer}`
  return target(text, factor, 'at least', (medians) => {
    return ratio(medians.get(OWN)?.[metric], medians.get(peer)?.[metric])
  })
}

/** `metric` is at most `factor` times that of `peer`. */
export function atMostTimesPeer(
  metric: MetricName,
  peer: string,
  factor: number,
  own: string = OWN,
): Target {
  const shown = factor < 1 ? `1/${Math.round(1 / factor)}` : `${factor} ×`
  const text = `${METRICS[metric].title}${own === OWN ? '' : ` of ${own}`} ≤ ${shown} ${peer}`
  return target(text, factor, 'at most', (medians) => {
    return ratio(medians.get(own)?.[metric], medians.get(peer)?.[metric])
  })
}

/** `metric` is at least `factor` times what a broker that is not here reached, see `FLASHMQ`. */
export function timesFigure(
  metric: MetricName,
  broker: string,
  figure: number,
  factor: number,
): Target {
  const { title, format } = METRICS[metric]
  const text = `${title} ≥ ${factor} × ${broker} (${format(figure)})`
  return target(text, figure * factor, 'at least', (medians) => medians.get(OWN)?.[metric], format)
}

/** `metric` is at least `limit`. */
export function atLeast(metric: MetricName, limit: number): Target {
  const { title, format } = METRICS[metric]
  const text = `${title} ≥ ${format(limit)}`
  return target(text, limit, 'at least', (medians) => medians.get(OWN)?.[metric], format)
}

/** `metric` is at most `limit`. */
export function atMost(metric: MetricName, limit: number): Target {
  const { title, format } = METRICS[metric]
  const text = `${title} ≤ ${format(limit)}`
  return target(text, limit, 'at most', (medians) => medians.get(OWN)?.[metric], format)
}

/** In no run anything was lost. */
export const NOTHING_LOST: Target = {
  text: 'nothing lost',
  judge(medians) {
    const lost = medians.get(OWN)?.lost
    if (lost === undefined) return undefined
    const measured = `${METRICS.lost.format(lost)} lost`
    return { target: 'nothing lost', measured, isMet: lost === 0, distancePercent: 0 }
  },
}

function target(
  text: string,
  limit: number,
  direction: 'at least' | 'at most',
  measure: (medians: Medians) => number | undefined,
  format: (value: number) => string = (value) => `${value.toFixed(2)} ×`,
): Target {
  return {
    text,
    judge(medians) {
      const value = measure(medians)
      if (value === undefined || Number.isNaN(value)) return undefined
      const isMet = direction === 'at least' ? value >= limit : value <= limit
      const distancePercent = Math.abs(value / limit - 1) * 100
      return { target: text, measured: format(value), isMet, distancePercent }
    },
  }
}

function ratio(own: number | undefined, peer: number | undefined): number | undefined {
  if (own === undefined || peer === undefined || peer === 0) return undefined
  return own / peer
}

/** A verdict in words: `met`, or by how much it was missed. */
export function verdictText({ isMet, distancePercent }: Verdict): string {
  if (isMet) return 'met'
  return distancePercent === 0 ? 'missed' : `missed by ${distancePercent.toFixed(0)} %`
}
