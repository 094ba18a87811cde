import type { SqlValue } from '#drivers/postgres.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import type { Template } from '#streams/rules/template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { encodeJson } from '#streams/values/json.ts'

/** A statement for so many records, with its values in their order. */
export interface SqlQuery {
  readonly sql: string
  readonly values: readonly Value[]
}

/** A statement with places, compiled. */
export interface SqlTemplate {
  /** Values of one record. */
  readonly valuesPerRecord: number
  /** Whether the rows of several records go into one statement. */
  readonly isBatchable: boolean
  query(records: readonly ValueMap[]): SqlQuery
}

type Part = string | Template

const PLACE = /\$\{[^}]*\}/
/** A literal of SQL, with doubled quotes inside; or a place outside of one. */
const TOKEN = /'(?:[^']|'')*'|\$\{[^}]*\}/g

/**
 * Compiles a statement. Places become parameters, also inside quotes, where the whole literal
 * becomes one: no value can change the statement.
 * @param mark the parameter of a number from 1
 */
export function compileSqlTemplate(source: string, mark: (number: number) => string): SqlTemplate {
  const insert = splitInsert(source)
  if (insert === undefined) {
    const parts = partsOf(source)
    const places = parts.filter((part) => typeof part !== 'string')
    return {
      valuesPerRecord: places.length,
      isBatchable: false,
      query: ([record = {}]) => ({
        sql: writeParts(parts, mark, 1),
        values: places.map((place) => place.value(record)),
      }),
    }
  }
  const row = partsOf(insert.row)
  const places = row.filter((part) => typeof part !== 'string')
  return {
    valuesPerRecord: places.length,
    isBatchable: true,
    query: (records) => {
      const rows = records.map((_, index) => writeParts(row, mark, index * places.length + 1))
      return {
        sql: insert.front + rows.join(', ') + insert.end,
        values: records.flatMap((record) => places.map((place) => place.value(record))),
      }
    },
  }
}

/** A value as a driver takes it: what has parts as JSON, what is missing as NULL. */
export function sqlValue(value: Value): SqlValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date) return value.toISOString()
  if (Buffer.isBuffer(value) || typeof value !== 'object') return value
  return encodeJson(value)
}

/** A value as a literal: for systems without parameters. */
export function sqlLiteral(value: Value, quote: (text: string) => string): string {
  const plain = sqlValue(value)
  if (plain === null) return 'NULL'
  if (typeof plain === 'number' || typeof plain === 'boolean') return String(plain)
  if (typeof value === 'bigint') return value.toString()
  return quote(Buffer.isBuffer(plain) ? plain.toString('utf8') : plain)
}

/** The row of `INSERT … VALUES (row) …`, when all places are in it. */
export function splitInsert(
  source: string,
): { readonly front: string; readonly row: string; readonly end: string } | undefined {
  const masked = source.replaceAll(TOKEN, (token) => 'x'.repeat(token.length))
  const match = /^\s*(?:insert|replace)\b[^]*?\bvalues\s*\(/i.exec(masked)
  if (match === null) return undefined
  const start = match[0].length - 1
  let depth = 0
  for (let at = start; at < masked.length; at++) {
    if (masked[at] === '(') depth++
    if (masked[at] === ')' && --depth === 0) {
      const parts = { front: source.slice(0, start), end: source.slice(at + 1) }
      if (PLACE.test(parts.front) || PLACE.test(parts.end)) return undefined
      return { ...parts, row: source.slice(start, at + 1) }
    }
  }
  return undefined
}

/** Plain text and places by turns; a literal with places in it is one place. */
export function partsOf(source: string): readonly Part[] {
  const parts: Part[] = []
  let end = 0
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (!PLACE.test(token)) continue
    parts.push(source.slice(end, index))
    const isLiteral = token.startsWith("'")
    const inner = isLiteral ? token.slice(1, -1).replaceAll("''", "'") : token
    parts.push(compileTemplate(inner))
    end = index + token.length
  }
  parts.push(source.slice(end))
  return parts
}

function writeParts(
  parts: readonly Part[],
  mark: (number: number) => string,
  first: number,
): string {
  let number = first
  return parts.map((part) => (typeof part === 'string' ? part : mark(number++))).join('')
}
