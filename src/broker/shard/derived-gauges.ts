import { Gauge } from '../metrics.ts'
import type { ShardCore } from './core.ts'

/**
 * Sets the gauges that follow from others. Every shard knows the topics of all, so that one of
 * them counts them. To be called every 100 ms.
 */
export function deriveGauges({ metrics, router, shard }: ShardCore): void {
  metrics.setGauge(Gauge.TOPICS, shard === 0 ? router.counts.topics : 0)
  metrics.setGauge(Gauge.CLUSTER_SESSIONS, metrics.get(Gauge.SESSIONS))
  const subscriptions = metrics.get(Gauge.SUBSCRIPTIONS)
  metrics.setGauge(Gauge.SUBOPTIONS, subscriptions)
  metrics.setGauge(Gauge.SUBSCRIBERS, subscriptions)
}
