import { JqError } from './jq-error.ts'
import { describeJq, failOn, isArray, isObject } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** JSON as jq writes it: numbers that JSON lacks become null or the nearest one. */
export function toJson(value: JqValue): string {
  return JSON.stringify(value, (_key, part: JqValue) => {
    if (typeof part !== 'number' || Number.isFinite(part)) return part
    return Number.isNaN(part) ? null : Math.sign(part) * Number.MAX_VALUE
  })
}

/** Strings as they are, other values as JSON. */
export function toText(value: JqValue): string {
  return typeof value === 'string' ? value : toJson(value)
}

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&#39;',
  '"': '&quot;',
}
const TSV: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
  '\\': '\\\\',
}

type Format = (value: JqValue) => string

const FORMATS: ReadonlyMap<string, Format> = new Map<string, Format>([
  ['text', toText],
  ['json', toJson],
  ['html', (value) => toText(value).replaceAll(/[<>&'"]/g, (char) => HTML[char] ?? char)],
  ['uri', (value) => encodeUri(toText(value))],
  ['csv', (value) => row(value, 'csv', (text) => `"${text.replaceAll('"', '""')}"`, ',')],
  ['tsv', (value) => row(value, 'tsv', escapeTsv, '\t')],
  ['sh', (value) => (isArray(value) ? value.map(shellWord).join(' ') : shellWord(value))],
  ['base64', (value) => Buffer.from(toText(value)).toString('base64')],
  ['base64d', decodeBase64],
])

/** The function of `@name`. @throws JqError when there is none of this name */
export function formatNamed(name: string): Format {
  const format = FORMATS.get(name)
  if (format === undefined) throw new JqError(`${name} is not a valid format`)
  return format
}

function encodeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function escapeTsv(text: string): string {
  return text.replaceAll(/[\t\r\n\\]/g, (char) => TSV[char] ?? char)
}

function row(
  value: JqValue,
  name: string,
  quote: (text: string) => string,
  separator: string,
): string {
  if (!isArray(value)) return failOn(value, `cannot be ${name}-formatted, only an array can be`)
  const cells = value.map((cell) => {
    if (isArray(cell) || isObject(cell)) {
      throw new JqError(`${describeJq(cell)} is not valid in a ${name} row`)
    }
    if (cell === null) return ''
    return typeof cell === 'string' ? quote(cell) : toJson(cell)
  })
  return cells.join(separator)
}

function shellWord(value: JqValue): string {
  if (isArray(value) || isObject(value)) return failOn(value, 'can not be escaped for shell')
  return typeof value === 'string' ? `'${value.replaceAll("'", String.raw`'\''`)}'` : toJson(value)
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function decodeBase64(value: JqValue): string {
  const text = toText(value)
  const isOdd = text.replaceAll('=', '').length % 4 === 1
  if (!BASE64.test(text) || isOdd) return failOn(value, 'is not valid base64 data')
  return Buffer.from(text, 'base64').toString('utf8')
}
