import type { TraceFilter, TraceRecord } from '#broker/operator/trace-watch.ts'
import { formatTextLine, formatTime } from '#kernel/system/log-format.ts'
import type { RuleTraceEntry } from '#streams/rules/rule-trace.ts'
import type { SqlRow } from '#storage/sqlite/sqlite-database.ts'

/** What is traced, how, and when. */
export interface TraceTask {
  readonly name: string
  readonly type: TraceFilter['type'] | 'ruleid'
  /** Client id, filter, address or rule. */
  readonly value: string
  readonly payloadEncode: 'text' | 'hex' | 'hidden'
  readonly formatter: 'text' | 'json'
  readonly startAtMs: number
  readonly endAtMs: number
  readonly isStopped: boolean
}

/** What a task does at a time. */
export function statusOf(task: TraceTask, nowMs: number): 'waiting' | 'running' | 'stopped' {
  if (task.isStopped || nowMs >= task.endAtMs) return 'stopped'
  return nowMs < task.startAtMs ? 'waiting' : 'running'
}

/** A task as the database keeps it. */
export function toTask(row: SqlRow): TraceTask {
  return {
    name: String(row['name']),
    // Words that were checked before they were written.
    type: String(row['type']) as TraceTask['type'],
    value: String(row['value']),
    payloadEncode: String(row['payload_encode']) as TraceTask['payloadEncode'],
    formatter: String(row['formatter']) as TraceTask['formatter'],
    startAtMs: Number(row['start_at_ms']),
    endAtMs: Number(row['end_at_ms']),
    isStopped: row['is_stopped'] === 1,
  }
}

/** What a rule did, as one of the things that happened. */
export function ruleRecord({ atMs, rule, step, fields }: RuleTraceEntry): TraceRecord {
  return {
    traces: [],
    timeMs: atMs,
    tag: 'RULE',
    message: step,
    clientId: undefined,
    username: undefined,
    peer: undefined,
    fields: { rule_id: rule, ...fields },
    payload: undefined,
  }
}

/** A line of the log of a trace. */
export function traceLine(record: TraceRecord, task: TraceTask): string {
  const { timeMs, tag, message, clientId, username, peer, fields } = record
  const payload = shownPayload(record.payload, task.payloadEncode)
  const all = {
    tag,
    clientid: clientId,
    peername: peer,
    username,
    ...fields,
    ...(payload !== undefined && { payload }),
  }
  const format = { formatter: task.formatter, timestamp: 'auto', timeOffset: 'system' } as const
  if (task.formatter === 'text') {
    return formatTextLine({ timeMs, level: 'debug', message, fields: all }, format)
  }
  const time = formatTime(timeMs, format)
  return `${JSON.stringify({ time, level: 'debug', msg: message, ...all })}\n`
}

function shownPayload(
  payload: Uint8Array | undefined,
  encode: TraceTask['payloadEncode'],
): string | undefined {
  if (payload === undefined) return undefined
  if (encode === 'hidden') return '******'
  return Buffer.from(payload).toString(encode === 'hex' ? 'hex' : 'utf8')
}
