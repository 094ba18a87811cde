import { isUtf8 } from 'node:buffer'
import { SYSLOG_FACILITIES } from '#config/fields/integrations/syslog.ts'

/** Severities in the order of their numbers (RFC 5424 §6.2.1), with other names in use. */
const SEVERITIES: readonly (readonly string[])[] = [
  ['emerg', 'emergency', 'panic'],
  ['alert'],
  ['crit', 'critical'],
  ['err', 'error'],
  ['warning', 'warn'],
  ['notice'],
  ['info', 'informational'],
  ['debug'],
]
const INFO = 6

/** A message for a syslog server. */
export interface SyslogMessage {
  readonly facility: (typeof SYSLOG_FACILITIES)[number]
  /** A name or a number; what is neither is `info`. */
  readonly severity: string
  readonly timestampMs: number
  readonly hostname: string
  readonly appName: string
  readonly procId: string
  readonly msgId: string
  readonly elements: readonly SyslogElement[]
  readonly text: string
}

/** An element of structured data (RFC 5424 §6.3). */
export interface SyslogElement {
  readonly id: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/** A message by RFC 5424 §6. What a field cannot hold becomes `_`, what is empty `-`. */
export function formatRfc5424(message: SyslogMessage): string {
  const { hostname, appName, procId, msgId, timestampMs, elements, text } = message
  const fields = [
    `<${priorityOf(message)}>1`,
    new Date(timestampMs).toISOString(),
    fieldOf(hostname, 255),
    fieldOf(appName, 48),
    fieldOf(procId, 128),
    fieldOf(msgId, 32),
    elements.length === 0 ? '-' : elements.map(elementOf).join(''),
  ]
  return `${fields.join(' ')} ${text}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A message by RFC 3164 §4.1, with the time of this machine's zone. */
export function formatRfc3164(message: SyslogMessage): string {
  const { hostname, appName, procId, timestampMs, text } = message
  const at = new Date(timestampMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')
  const date = `${MONTHS[at.getMonth()]} ${String(at.getDate()).padStart(2, ' ')} ${time}`
  const tag = fieldOf(appName, 32).replaceAll(/[[\]:]/g, '_')
  const process = fieldOf(procId, 128).replaceAll(/[[\]]/g, '_')
  const from = procId === '' ? tag : `${tag}[${process}]`
  return `<${priorityOf(message)}>${date} ${fieldOf(hostname, 255)} ${from}: ${text}`
}

/** A message as bytes, cut off between characters when it is longer than it may be. */
export function cutOff(message: string, bytesMax: number): Buffer {
  const bytes = Buffer.from(message)
  if (bytes.length <= bytesMax) return bytes
  for (let end = bytesMax; end > bytesMax - 4; end--) {
    const cut = bytes.subarray(0, end)
    if (isUtf8(cut)) return cut
  }
  return bytes.subarray(0, bytesMax)
}

function priorityOf({ facility, severity }: SyslogMessage): number {
  const name = severity.trim().toLowerCase()
  const found = SEVERITIES.findIndex((names, number) => {
    return names.includes(name) || name === String(number)
  })
  return SYSLOG_FACILITIES.indexOf(facility) * 8 + (found < 0 ? INFO : found)
}

/** Printable ASCII without spaces, so long at most; `-` stands for nothing. */
function fieldOf(text: string, lengthMax: number): string {
  const clean = text.replaceAll(/[^!-~]/gu, '_').slice(0, lengthMax)
  return clean === '' ? '-' : clean
}

function elementOf({ id, parameters }: SyslogElement): string {
  const pairs = parameters.map(([name, value]) => {
    return ` ${nameOf(name)}="${value.toWellFormed().replaceAll(/["\\\]]/g, String.raw`\$&`)}"`
  })
  return `[${nameOf(id)}${pairs.join('')}]`
}

/** SD-NAME of RFC 5424 §6. */
function nameOf(text: string): string {
  return fieldOf(text, 32).replaceAll(/[=\]"]/g, '_')
}
