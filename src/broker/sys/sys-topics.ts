import type { MetricName, GaugeReading } from '../metrics.ts'
import { COMPATIBLE_METRIC_COUNT, METRIC_NAMES } from '../metrics.ts'

/** A message of the broker itself about itself: QoS 0, to be published with the flag `sys`. */
export interface SysMessage {
  readonly topic: string
  readonly payload: string
  readonly retain: boolean
}

/** What the node is, for the messages that name it. */
export interface NodeFacts {
  readonly nodeName: string
  readonly version: string
  /** One line that says what this is. */
  readonly description: string
}

/** Topic of the list of nodes. */
const SYS_BROKERS_TOPIC = '$SYS/brokers'

/** `$SYS/brokers/{node}/`. */
export function sysPrefix(nodeName: string): string {
  return `${SYS_BROKERS_TOPIC}/${nodeName}/`
}

/**
 * A client id as part of a topic: `+`, `#` and U+0000, which no topic name may have, are written
 * `%2B`, `%23` and `%00`. A `/` stays and makes two levels, as subscribers of EMQX expect.
 */
export function clientLevel(clientId: string): string {
  return clientId.replace(UNSAFE_IN_LEVEL, (char) => {
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

const UNSAFE_IN_LEVEL = /[+#\0]/gu

/** Who is there and what it is: at start and every `sys_msg_interval`; retained. */
export function nodeMessages(node: NodeFacts, runningNodes: readonly string[]): SysMessage[] {
  const prefix = sysPrefix(node.nodeName)
  return [
    { topic: SYS_BROKERS_TOPIC, payload: runningNodes.join(','), retain: true },
    { topic: `${prefix}version`, payload: node.version, retain: true },
    { topic: `${prefix}sysdescr`, payload: node.description, retain: true },
  ]
}

/** Uptime in ms and the wall clock, every `sys_heartbeat_interval`. */
export function heartbeatMessages(nodeName: string, uptimeMs: number, nowMs: number): SysMessage[] {
  const prefix = sysPrefix(nodeName)
  return [
    { topic: `${prefix}uptime`, payload: String(Math.floor(uptimeMs)), retain: false },
    { topic: `${prefix}datetime`, payload: rfc3339Nanoseconds(nowMs), retain: false },
  ]
}

/** RFC 3339 in UTC with nine decimals, of which the clock gives three. */
function rfc3339Nanoseconds(nowMs: number): string {
  return new Date(nowMs).toISOString().replace('Z', '000000+00:00')
}

/** Gauges with their high watermarks, every `sys_msg_interval`. */
export function statsMessages(nodeName: string, readings: readonly GaugeReading[]): SysMessage[] {
  const prefix = `${sysPrefix(nodeName)}stats/`
  return readings.flatMap(({ name, count, max }) => {
    const topic = prefix + name.replaceAll('.', '/')
    return [
      { topic: `${topic}/count`, payload: String(count), retain: false },
      { topic: `${topic}/max`, payload: String(max), retain: false },
    ]
  })
}

/** Counters that EMQX has too, every `sys_msg_interval`. */
export function metricsMessages(
  nodeName: string,
  counters: Readonly<Record<MetricName, number>>,
): SysMessage[] {
  const prefix = `${sysPrefix(nodeName)}metrics/`
  return METRIC_NAMES.slice(0, COMPATIBLE_METRIC_COUNT).map((name) => ({
    topic: prefix + name.replaceAll('.', '/'),
    payload: String(counters[name]),
    retain: false,
  }))
}
