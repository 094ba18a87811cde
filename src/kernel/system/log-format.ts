import type { LogRecord } from './log-record.ts'

/** How one handler shows records. */
export interface LogFormat {
  readonly formatter: 'text' | 'json'
  readonly timestamp: 'auto' | 'epoch' | 'rfc3339'
  /** `system`, `utc`, `Z`, or an offset such as `+02:00`. */
  readonly timeOffset: string
}

/** What is shown as a line; lines of traces are of no module. */
export type ShownRecord = Omit<LogRecord, 'module'> & Partial<Pick<LogRecord, 'module'>>

/** Fields that come first in a text line, in this order; others follow in their own. */
const FIRST_FIELDS = ['module', 'tag', 'clientid', 'msg', 'peername', 'username'] as const
const MINUTE_MS = 60_000
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** `2026-11-23T10:00:00.123+01:00 [info] module: node, msg: listener_started, id: tcp:default` */
export function formatTextLine(record: ShownRecord, format: LogFormat): string {
  const { fields, module, message } = record
  const all: Record<string, unknown> = { ...fields, module, msg: message }
  const first = FIRST_FIELDS.filter((key) => all[key] !== undefined)
  const rest = Object.keys(fields).filter((key) => !first.some((name) => name === key))
  const parts = [...first, ...rest]
    .filter((key) => all[key] !== undefined)
    .map((key) => `${key}: ${textOf(all[key])}`)
  return `${formatTime(record.timeMs, format)} [${record.level}] ${parts.join(', ')}\n`
}

/** Time of a record: a number of µs since 1970, or RFC 3339 text. */
export function formatTime(timeMs: number, format: LogFormat): string | number {
  const { timestamp } = format
  const isEpoch = timestamp === 'epoch' || (timestamp === 'auto' && format.formatter === 'json')
  return isEpoch ? Math.round(timeMs * 1000) : rfc3339(timeMs, format.timeOffset)
}

function rfc3339(timeMs: number, timeOffset: string): string {
  const minutes = offsetMinutes(timeMs, timeOffset)
  const local = new Date(timeMs + minutes * MINUTE_MS).toISOString().slice(0, -1)
  if (timeOffset === 'utc' || timeOffset === 'Z') return `${local}Z`
  const hours = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')
  const rest = String(Math.abs(minutes) % 60).padStart(2, '0')
  return `${local}${minutes < 0 ? '-' : '+'}${hours}:${rest}`
}

function offsetMinutes(timeMs: number, timeOffset: string): number {
  if (timeOffset === 'system') return -new Date(timeMs).getTimezoneOffset()
  const match = /^([+-])(\d\d):(\d\d)$/.exec(timeOffset)
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3])
  return match[1] === '-' ? -minutes : minutes
}

/** One line, whatever a client put into it: control characters are shown, not obeyed. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => {
    return ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
