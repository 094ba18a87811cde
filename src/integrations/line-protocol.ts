import { DriverError } from '#drivers/driver-error.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import type { Template } from '#streams/rules/template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { toText } from '#streams/values/to-text.ts'

/** Gives the lines of a record. */
export type LineWriter = (record: ValueMap) => string

interface Pair {
  readonly key: Template
  /** The value as it is written in a line; undefined: it is left out. */
  readonly value: (record: ValueMap) => string | undefined
}

const LINE = /(?:\$\{[^}]*\}|"(?:[^"\\]|\\.)*"|\\.|[^\s"\\$]|\$)+/g
const PART = /(?:\$\{[^}]*\}|"(?:[^"\\]|\\.)*"|\\.|[^,"\\$]|\$)+/g
const ONE_PLACE = /^\$\{[^}]*\}$/
const PLAIN = /^(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|-?\d+i|\d+u|true|false)$/i
const INTEGER = /^(\$\{[^}]*\}|-?\d+)([iu])$/

/**
 * Compiles lines of the line protocol of InfluxDB with places in them.
 * @throws Error that says which line has no measurement or no fields
 */
export function compileLines(source: string): LineWriter {
  const lines = source.split('\n').filter((line) => line.trim() !== '')
  if (lines.length === 0) throw new Error('write_syntax has no line')
  const writers = lines.map(compileLine)
  return (record) => writers.map((write) => write(record)).join('\n')
}

function compileLine(line: string): LineWriter {
  const [series, fields, time, ...rest] = line.match(LINE) ?? []
  if (series === undefined || fields === undefined || rest.length > 0) {
    const form = 'measurement,tag=value field=value time'
    throw new Error(`"${line.trim()}" is no line: it has to be of the form ${form}`)
  }
  const [measurement = '', ...tags] = series.match(PART) ?? []
  const name = compileTemplate(unescaped(measurement))
  const tagPairs = tags.map((tag) => pairOf(tag, tagValue))
  const fieldPairs = (fields.match(PART) ?? []).map((field) => pairOf(field, fieldValue))
  const at = time === undefined ? undefined : compileTemplate(time)
  return (record) => {
    const written = writePairs(fieldPairs, record)
    if (written === '') throw new DriverError('fatal', 'the record has none of the fields')
    const tagText = writePairs(tagPairs, record)
    const front = measurementText(name.text(record)) + (tagText === '' ? '' : `,${tagText}`)
    return `${front} ${written}${timeText(at, record)}`
  }
}

function pairOf(text: string, compileValue: (source: string) => Pair['value']): Pair {
  const at = text.search(/(?<!\\)=/)
  if (at < 1) throw new Error(`"${text}" is not of the form key=value`)
  return {
    key: compileTemplate(unescaped(text.slice(0, at))),
    value: compileValue(text.slice(at + 1)),
  }
}

function writePairs(pairs: readonly Pair[], record: ValueMap): string {
  const written = pairs.flatMap(({ key, value }) => {
    const text = value(record)
    return text === undefined ? [] : [`${escaped(key.text(record), /[,= ]/g)}=${text}`]
  })
  return written.join(',')
}

function tagValue(source: string): Pair['value'] {
  const template = compileTemplate(unescaped(source))
  return (record) => {
    const value = template.value(record)
    if (isMissing(value)) return undefined
    const text = toText(value)
    return text === '' ? undefined : escaped(text, /[,= ]/g)
  }
}

function fieldValue(source: string): Pair['value'] {
  if (source.startsWith('"')) {
    const template = compileTemplate(source.slice(1, -1).replaceAll('\\"', '"'))
    return (record) => {
      const value = template.value(record)
      return isMissing(value) ? undefined : quoted(toText(value))
    }
  }
  const [, number, kind] = INTEGER.exec(source) ?? []
  if (number !== undefined && kind !== undefined) {
    const template = compileTemplate(number)
    return (record) => integerText(template.value(record), kind)
  }
  const template = compileTemplate(source)
  if (!source.includes('${')) return () => source
  if (!ONE_PLACE.test(source)) return (record) => plainOrQuoted(template.text(record))
  return (record) => {
    const value = template.value(record)
    if (isMissing(value)) return undefined
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
    return typeof value === 'boolean' ? String(value) : quoted(toText(value))
  }
}

function integerText(value: Value, kind: string): string | undefined {
  if (typeof value === 'bigint') return `${value}${kind}`
  const number = typeof value === 'string' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number)
    ? `${Math.trunc(number)}${kind}`
    : undefined
}

function timeText(at: Template | undefined, record: ValueMap): string {
  const value = at?.value(record)
  if (isMissing(value)) return ''
  const text = toText(value)
  if (/^-?\d+$/.test(text)) return ` ${text}`
  throw new DriverError('fatal', `the time ${JSON.stringify(text)} is no whole number`)
}

function isMissing(value: Value): boolean {
  return value === undefined || value === null
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([,= \\])/g, '$1')
}

/** @throws DriverError for what would make a comment of the line, or nothing */
function measurementText(name: string): string {
  if (name !== '' && !name.startsWith('#')) return escaped(name, /[, ]/g)
  throw new DriverError('fatal', `${JSON.stringify(name)} cannot be a measurement`)
}

/**
 * A part of a series. A backslash cannot be escaped there: one that would take away the meaning of
 * what comes after it is left out.
 */
function escaped(text: string, special: RegExp): string {
  return text
    .replaceAll(/[\r\n]/g, ' ')
    .replaceAll(/\\+(?=[,= ]|$)/g, '')
    .replaceAll(special, String.raw`\$&`)
}

/** What is joined of text and values is a number or truth value, or else text. */
function plainOrQuoted(text: string): string {
  return PLAIN.test(text) ? text : quoted(text)
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`
}
