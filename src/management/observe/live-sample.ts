import { LIVE_ALARMS_MAX, type LiveSample } from '../contract/observe.ts'
import type { NodeNumbers } from '../node-numbers.ts'
import type { NodePort } from '../node-port.ts'
import { formatTime } from '../time-text.ts'
import type { Alarm, Alarms } from './alarms.ts'
import { currentOf, perSecond, readCounters } from './sampler.ts'

/** Time after which a sample says nothing about now: nobody has listened meanwhile. */
const STALE_MS = 5000

/** Makes samples of the node; their rates are over the time since the sample before. */
export function takeLiveSamples(
  node: NodePort,
  numbers: NodeNumbers,
  alarms: Alarms,
): () => LiveSample {
  let counters = readCounters(node)
  let atMs = node.nowMs()
  return () => {
    const nowMs = node.nowMs()
    const before = nowMs - atMs > STALE_MS ? undefined : counters
    const now = readCounters(node)
    const rates = perSecond(now, before ?? now, Math.max(1, nowMs - atMs))
    counters = now
    atMs = nowMs
    const active = alarms.active()
    return {
      time_stamp: Math.floor(nowMs),
      node: node.name,
      node_uptime: Math.floor((nowMs - node.startedAtMs) / 1000),
      current: currentOf(node, rates),
      stats: numbers.stats(),
      alarms: active.slice(0, LIVE_ALARMS_MAX).map((alarm) => alarmBody(node, alarm)),
      alarms_count: active.length,
    }
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
