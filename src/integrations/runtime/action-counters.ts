/** Counters and gauges of an action or a source, by the names that REST shows. Append only. */
export const ActionCounter = {
  /** Records it was given. */
  MATCHED: 0,
  SUCCESS: 1,
  FAILED: 2,
  /** All that were dropped, for any reason. */
  DROPPED: 3,
  DROPPED_EXPIRED: 4,
  DROPPED_QUEUE_FULL: 5,
  DROPPED_RESOURCE_NOT_FOUND: 6,
  DROPPED_RESOURCE_STOPPED: 7,
  DROPPED_OTHER: 8,
  /** Delivered, but after `request_ttl`. */
  LATE_REPLY: 9,
  /** Records that were tried again. */
  RETRIED: 10,
  RETRIED_SUCCESS: 11,
  RETRIED_FAILED: 12,
  /** Of a source. */
  RECEIVED: 13,
  /** Gauge: records that wait. */
  QUEUING: 14,
  QUEUING_BYTES: 15,
  /** Gauge: records under way, or to be tried again. */
  INFLIGHT: 16,
} as const
export type ActionCounter = (typeof ActionCounter)[keyof typeof ActionCounter]

/** Names by index. */
export const ACTION_COUNTER_NAMES: readonly string[] = [
  'matched',
  'success',
  'failed',
  'dropped',
  'dropped.expired',
  'dropped.queue_full',
  'dropped.resource_not_found',
  'dropped.resource_stopped',
  'dropped.other',
  'late_reply',
  'retried',
  'retried.success',
  'retried.failed',
  'received',
  'queuing',
  'queuing_bytes',
  'inflight',
]

/** What is not set to zero: it says how things are. */
const GAUGES_FROM = ActionCounter.QUEUING

/** Numbers of one action in one shard. */
export type ActionCounters = Float64Array

/** All zero. */
export function makeActionCounters(): ActionCounters {
  return new Float64Array(ACTION_COUNTER_NAMES.length)
}

/** Adds; the gauges take negative amounts. */
export function add(counters: ActionCounters, counter: ActionCounter, amount = 1): void {
  counters[counter]! += amount // The index comes from the table.
}

/** Sets counters to zero, but no gauges. */
export function resetActionCounters(counters: ActionCounters): void {
  counters.fill(0, 0, GAUGES_FROM)
}
