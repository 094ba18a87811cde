import { LogLevel } from '#kernel/system/log-record.ts'
import type { LogEntry } from '#kernel/system/log-ring.ts'
import type { LogLine } from '../contract/logs.ts'

const HIDDEN = '******'
const SECRET_NAME = /passw|secret|token|authorization|cookie|api_?key|private_?key|psk/i
/**
 * A password in an address, and what follows the word for a scheme of credentials. Of what stands
 * before `://` the last character is enough: texts of clients must not make it look further.
 */
const SECRET_TEXT = [
  [/([\w+.-]:\/\/[^\s/:@]*:)[^\s/@]+@/g, `$1${HIDDEN}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g, `$1 ${HIDDEN}`],
] as const
const FIELD_CHARS_MAX = 4_000
const DEPTH_MAX = 8

/** Which lines are wanted. */
export interface LogFilter {
  readonly level?: keyof typeof LogLevel
  readonly text?: string
}

/** A record as a reply shows it: every field as text, secrets hidden. */
export function toLogLine({ id, record }: LogEntry): LogLine {
  const fields = Object.entries(record.fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, shown(name, value)] as const)
  const { timeMs, level, module, message } = record
  return {
    id,
    time: Math.floor(timeMs),
    level,
    module,
    message: withoutSecrets(message),
    fields: Object.fromEntries(fields),
  }
}

/** The lines that a filter lets pass; it sees what is shown, so that it cannot guess secrets. */
export function* linesOf(
  entries: Iterable<LogEntry>,
  filter: LogFilter,
): Generator<LogLine, undefined> {
  const { level = 'debug', text = '' } = filter
  const wanted = text.toLowerCase()
  for (const entry of entries) {
    if (LogLevel[entry.record.level] < LogLevel[level]) continue
    const line = toLogLine(entry)
    if (wanted === '' || hasText(line, wanted)) yield line
  }
}

function hasText({ module, message, fields }: LogLine, wanted: string): boolean {
  const texts = [
    module,
    message,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
  ]
  return texts.some((text) => text.toLowerCase().includes(wanted))
}

function shown(name: string, value: unknown): string {
  if (SECRET_NAME.test(name)) return HIDDEN
  const text = typeof value === 'string' ? value : jsonOf(value)
  const shortened = text.length > FIELD_CHARS_MAX ? `${text.slice(0, FIELD_CHARS_MAX)}…` : text
  return withoutSecrets(shortened)
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(hideIn(value, 0)) ?? String(value)
  } catch {
    return String(value)
  }
}

function hideIn(value: unknown, depth: number): unknown {
  if (value instanceof Error) return value.message
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_MAX) return '…'
  if (Array.isArray(value)) return value.map((item) => hideIn(item, depth + 1))
  const entries = Object.entries(value).map(([name, part]) => {
    return [name, SECRET_NAME.test(name) ? HIDDEN : hideIn(part, depth + 1)]
  })
  return Object.fromEntries(entries)
}

function withoutSecrets(text: string): string {
  return SECRET_TEXT.reduce((sofar, [pattern, hidden]) => sofar.replace(pattern, hidden), text)
}
