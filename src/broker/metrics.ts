/**
 * Counters and gauges of the broker: the complete list of names, and the numbers of one shard.
 *
 * A shard writes its own `Metrics` and nobody else does; any thread may read it when the host
 * backs it with a SharedArrayBuffer. Numbers of a node are the sums over its shards.
 */

/** Counters that EMQX 5 has under the same names; they only grow and start at 0. */
const COMPATIBLE_NAMES = [
  'bytes.received',
  'bytes.sent',
  'packets.received',
  'packets.sent',
  'packets.connect.received',
  'packets.connack.sent',
  'packets.connack.error',
  'packets.connack.auth_error',
  'packets.publish.received',
  'packets.publish.sent',
  'packets.publish.inuse',
  'packets.publish.error',
  'packets.publish.auth_error',
  'packets.publish.dropped',
  'packets.puback.received',
  'packets.puback.sent',
  'packets.puback.inuse',
  'packets.puback.missed',
  'packets.pubrec.received',
  'packets.pubrec.sent',
  'packets.pubrec.inuse',
  'packets.pubrec.missed',
  'packets.pubrel.received',
  'packets.pubrel.sent',
  'packets.pubrel.missed',
  'packets.pubcomp.received',
  'packets.pubcomp.sent',
  'packets.pubcomp.inuse',
  'packets.pubcomp.missed',
  'packets.subscribe.received',
  'packets.subscribe.error',
  'packets.subscribe.auth_error',
  'packets.suback.sent',
  'packets.unsubscribe.received',
  'packets.unsubscribe.error',
  'packets.unsuback.sent',
  'packets.pingreq.received',
  'packets.pingresp.sent',
  'packets.disconnect.received',
  'packets.disconnect.sent',
  'packets.auth.received',
  'packets.auth.sent',
  'messages.received',
  'messages.sent',
  'messages.qos0.received',
  'messages.qos0.sent',
  'messages.qos1.received',
  'messages.qos1.sent',
  'messages.qos2.received',
  'messages.qos2.sent',
  'messages.publish',
  'messages.dropped',
  'messages.dropped.await_pubrel_timeout',
  'messages.dropped.no_subscribers',
  'messages.validation_failed',
  'messages.validation_succeeded',
  'messages.transformation_failed',
  'messages.transformation_succeeded',
  'messages.forward',
  'messages.delayed',
  'messages.delivered',
  'messages.acked',
  'messages.persisted',
  'delivery.dropped',
  'delivery.dropped.no_local',
  'delivery.dropped.too_large',
  'delivery.dropped.qos0_msg',
  'delivery.dropped.queue_full',
  'delivery.dropped.expired',
  'client.connect',
  'client.connack',
  'client.connected',
  'client.authenticate',
  'client.auth.anonymous',
  'client.authorize',
  'client.subscribe',
  'client.unsubscribe',
  'client.disconnected',
  'session.created',
  'session.resumed',
  'session.takenover',
  'session.discarded',
  'session.terminated',
  'authorization.allow',
  'authorization.deny',
  'authorization.cache_hit',
  'authorization.cache_miss',
  'authorization.matched.allow',
  'authorization.matched.deny',
  'authorization.nomatch',
  'authorization.superuser',
  'authentication.success',
  'authentication.success.anonymous',
  'authentication.failure',
  'overload_protection.delay.ok',
  'overload_protection.delay.timeout',
  'overload_protection.hibernation',
  'overload_protection.gc',
  'overload_protection.new_conn',
] as const

/** Counters of Tideway alone: what a limit refused or a sweep removed has its own number. */
const OWN_NAMES = [
  'retained.stored',
  'retained.deleted',
  'retained.expired',
  'retained.delivered',
  'retained.refused.payload_too_large',
  'retained.refused.count_limit',
  'retained.refused.byte_limit',
  'retained.refused.key_taken',
  'retained.corrupt',
  'retained.races.repaired',
  'retained.races.dropped',
  'delayed.sent',
  'delayed.cancelled',
  'delayed.expired',
  'delayed.refused.count_limit',
  'delayed.corrupt',
  'rate_limit.paused',
  'rate_limit.refused',
  'rate_limit.disconnected',
  'force_shutdown.closed',
] as const

/** Gauges as EMQX 5 calls them; each is shown as `<name>.count` and `<name>.max`. */
const GAUGE_NAMES = [
  'channels',
  'sessions',
  'connections',
  'live_connections',
  'cluster_sessions',
  'topics',
  'suboptions',
  'subscribers',
  'subscriptions',
  'subscriptions.shared',
  'durable_subscriptions',
  'retained',
  'delayed',
] as const

type KeyOf<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Uppercase<Head>}_${KeyOf<Tail>}`
  : Uppercase<Name>

export type MetricName = (typeof COMPATIBLE_NAMES)[number] | (typeof OWN_NAMES)[number]
export type GaugeName = (typeof GAUGE_NAMES)[number]

/** Position of a counter or gauge in `Metrics.values`. */
export type MetricIndex = number

/** All counter names, by index. */
export const METRIC_NAMES: readonly MetricName[] = Object.freeze([
  ...COMPATIBLE_NAMES,
  ...OWN_NAMES,
])
/** The first so many counters are the ones EMQX 5 has. */
export const COMPATIBLE_METRIC_COUNT: number = COMPATIBLE_NAMES.length
export const METRIC_COUNT: number = METRIC_NAMES.length

/** Index of each counter under its name in capitals: `Metric.MESSAGES_QOS0_SENT`. */
export const Metric = indexTable(METRIC_NAMES, 0) as {
  readonly [Name in MetricName as KeyOf<Name>]: MetricIndex
}

/** All gauge names, in the order of their indexes. */
export const GAUGES: readonly GaugeName[] = Object.freeze([...GAUGE_NAMES])
export const GAUGE_COUNT: number = GAUGES.length

/** Index of each gauge under its name in capitals: `Gauge.SUBSCRIPTIONS_SHARED`. */
export const Gauge = indexTable(GAUGES, METRIC_COUNT) as {
  readonly [Name in GaugeName as KeyOf<Name>]: MetricIndex
}

/** Bytes that one shard's numbers take; the size of the memory a host may give. */
export const METRICS_BYTES: number = (METRIC_COUNT + GAUGE_COUNT) * Float64Array.BYTES_PER_ELEMENT

function indexTable(names: readonly string[], first: number): Readonly<Record<string, number>> {
  const table: Record<string, number> = {}
  for (const [position, name] of names.entries()) {
    table[name.toUpperCase().replaceAll('.', '_')] = first + position
  }
  return Object.freeze(table)
}

/**
 * The counters and gauges of one shard.
 *
 * `values` is a plain field because hot paths add to it directly. Counters are exact up to 2^53.
 */
export class Metrics {
  readonly values: Float64Array

  /**
   * @param memory where the numbers live, `METRICS_BYTES` from `byteOffset` (a multiple of 8); a
   * SharedArrayBuffer lets other threads read them. Without it they are private.
   */
  constructor(memory?: ArrayBufferLike, byteOffset = 0) {
    this.values =
      memory === undefined
        ? new Float64Array(METRIC_COUNT + GAUGE_COUNT)
        : new Float64Array(memory, byteOffset, METRIC_COUNT + GAUGE_COUNT)
  }

  /** Adds `by` to a counter. */
  increment(index: MetricIndex, by = 1): void {
    // The index comes from the table, so the slot exists; an unknown one would be ignored.
    this.values[index]! += by
  }

  /** Sets a gauge of this shard. */
  setGauge(index: MetricIndex, value: number): void {
    this.values[index] = value
  }

  /** Changes a gauge of this shard by `delta`, which may be negative. */
  addGauge(index: MetricIndex, delta: number): void {
    this.values[index]! += delta
  }

  /** The present value of a counter or gauge. */
  get(index: MetricIndex): number {
    return this.values[index] ?? 0
  }
}

/** Sum of one counter or gauge over shards. */
export function sumOf(shards: readonly Metrics[], index: MetricIndex): number {
  let sum = 0
  for (const shard of shards) sum += shard.values[index] ?? 0
  return sum
}

/** All counters of a node by name, summed over its shards. */
export function countersOf(shards: readonly Metrics[]): Record<MetricName, number> {
  const result: Partial<Record<MetricName, number>> = {}
  for (const [index, name] of METRIC_NAMES.entries()) result[name] = sumOf(shards, index)
  return result as Record<MetricName, number> // Every name was set by the loop.
}

/** Current value and high watermark since the start of one gauge. */
export interface GaugeReading {
  readonly name: GaugeName
  readonly count: number
  readonly max: number
}

/**
 * High watermarks of a node's gauges. The coordinator calls `observe` at its collection interval
 * (1 to 5 s); peaks shorter than that are not seen.
 */
export class GaugeWatermarks {
  readonly #max: Float64Array = new Float64Array(GAUGE_COUNT)

  /** Reads all gauges of the shards, raises the watermarks, and returns both. */
  observe(shards: readonly Metrics[]): GaugeReading[] {
    const readings: GaugeReading[] = []
    for (const [position, name] of GAUGES.entries()) {
      const count = sumOf(shards, METRIC_COUNT + position)
      const max = Math.max(count, this.#max[position] ?? 0)
      this.#max[position] = max
      readings.push({ name, count, max })
    }
    return readings
  }
}
