import { totalmem } from 'node:os'
import { Gauge, Metric, type Metrics } from '#broker/metrics.ts'
import { LIVE_ALARMS_MAX, type LiveSample } from '../contract/observe.ts'
import type { NodeNumbers } from '../node-numbers.ts'
import type { NodeHealth, NodePort } from '../node-port.ts'
import { formatTime } from '../time-text.ts'
import type { Alarm, Alarms } from './alarms.ts'
import type { HealthReader } from './shared-health.ts'
import { currentOf, perSecond, readCounters } from './sampler.ts'

/** Time after which a sample says nothing about now: nobody has listened meanwhile. */
const STALE_MS = 5000

/** Makes samples of the node; their rates are over the time since the sample before. */
export function takeLiveSamples(
  node: NodePort,
  numbers: NodeNumbers,
  alarms: Alarms,
  readHealth: HealthReader,
): () => LiveSample {
  let health: readonly NodeHealth[] = []
  let counters = readCounters(node)
  let atMs = node.nowMs()
  return () => {
    const nowMs = node.nowMs()
    const before = nowMs - atMs > STALE_MS ? undefined : counters
    const now = readCounters(node)
    const rates = perSecond(now, before ?? now, Math.max(1, nowMs - atMs))
    counters = now
    atMs = nowMs
    // Shards answer later: a sample tells how they did before it.
    readHealth().then(
      (read) => (health = read),
      () => (health = []),
    )
    const active = alarms.active()
    return {
      time_stamp: Math.floor(nowMs),
      node: node.name,
      node_uptime: Math.floor((nowMs - node.startedAtMs) / 1000),
      current: currentOf(node, rates),
      stats: numbers.stats(),
      counters: notZero(numbers.counters()),
      memory: {
        process: process.memoryUsage.rss(),
        machine_used: totalmem() - process.availableMemory(),
        machine_total: totalmem(),
      },
      shards: node.metrics.map((metrics, shard) => shardBody(metrics, health[shard])),
      alarms: active.slice(0, LIVE_ALARMS_MAX).map((alarm) => alarmBody(node, alarm)),
      alarms_count: active.length,
    }
  }
}

function notZero(counters: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counters).filter(([, count]) => count !== 0))
}

function shardBody(metrics: Metrics, health: NodeHealth | undefined) {
  return {
    connections: metrics.get(Gauge.LIVE_CONNECTIONS),
    sessions: metrics.get(Gauge.SESSIONS),
    subscriptions: metrics.get(Gauge.SUBSCRIPTIONS),
    received: metrics.get(Metric.MESSAGES_RECEIVED),
    sent: metrics.get(Metric.MESSAGES_SENT),
    ...(health !== undefined && {
      lag_ms: Math.round(health.lagP99Ms * 10) / 10,
      busy: Math.round(health.utilization * 1000) / 1000,
      heap_bytes: health.heapUsedBytes,
      store_healthy: health.storeHealthy,
    }),
  }
}

/** An alarm as the REST API shows it. */
export function alarmBody(node: NodePort, alarm: Alarm) {
  const { name, message, details, activatedAtMs, deactivatedAtMs } = alarm
  return {
    node: node.name,
    name,
    message,
    details,
    duration: Math.round((deactivatedAtMs ?? node.nowMs()) - activatedAtMs),
    activate_at: formatTime(activatedAtMs),
    ...(deactivatedAtMs !== undefined && { deactivate_at: formatTime(deactivatedAtMs) }),
  }
}
