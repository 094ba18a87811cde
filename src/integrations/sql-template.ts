import type { SqlValue } from '#drivers/postgres.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import type { Template } from '#streams/rules/template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { encodeJson } from '#streams/values/json.ts'
import type { SqlDialect, SqlPiece } from './sql-pieces.ts'
import { POSTGRESQL, sqlPieces } from './sql-pieces.ts'

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

/** A place in a statement. */
export interface SqlPlace {
  readonly template: Template
  /** The quote of the name that it is; undefined: it is a value. */
  readonly nameQuote: string | undefined
}

type Part = string | SqlPlace

const PLACE = /\$\{[^}]*\}/

/**
 * Compiles a statement. Places become parameters, also inside quotes, where the whole literal
 * becomes one: no value can change the statement.
 * @param mark the parameter of a number from 1
 * @throws Error when a place stands where no parameter can
 */
export function compileSqlTemplate(
  source: string,
  mark: (number: number) => string,
  dialect: SqlDialect = POSTGRESQL,
): SqlTemplate {
  const insert = splitInsert(source, dialect)
  const parts = partsOf(insert?.row ?? source, dialect)
  const places = parts.flatMap((part) => (typeof part === 'string' ? [] : [part]))
  if (places.some(({ nameQuote }) => nameQuote !== undefined)) {
    throw new Error('a place cannot stand in the name of a table or column')
  }
  const valuesOf = (record: ValueMap) => places.map(({ template }) => template.value(record))
  const { front, end } = insert ?? { front: '', end: '' }
  return {
    valuesPerRecord: places.length,
    isBatchable: insert !== undefined,
    query: (records) => {
      const written = insert === undefined ? records.slice(0, 1) : records
      const rows = written.map((_, index) => writeParts(parts, mark, index * places.length + 1))
      return { sql: front + rows.join(', ') + end, values: written.flatMap(valuesOf) }
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
  if (typeof plain === 'boolean') return String(plain)
  if (typeof plain === 'number' && !Number.isFinite(plain)) return 'NULL'
  if (typeof plain === 'number' || typeof value === 'bigint') {
    const digits = String(plain)
    // After a minus of the statement it would begin a comment.
    return digits.startsWith('-') ? ` ${digits}` : digits
  }
  return quote(Buffer.isBuffer(plain) ? plain.toString('utf8') : plain)
}

/** The row of `INSERT … VALUES (row) …`, when all places are in it. */
export function splitInsert(
  source: string,
  dialect: SqlDialect,
): { readonly front: string; readonly row: string; readonly end: string } | undefined {
  const masked = sqlPieces(source, dialect).map(maskOf).join('')
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

function maskOf({ kind, source }: SqlPiece): string {
  if (kind === 'plain') return source
  return (kind === 'comment' ? ' ' : 'x').repeat(source.length)
}

/**
 * Plain text and places by turns; a text or name in quotes with places in it is one place. Comments
 * stay as they are.
 * @throws Error when a place is a part of a word, or in a text with a prefix
 */
export function partsOf(source: string, dialect: SqlDialect): readonly Part[] {
  const pieces = sqlPieces(source, dialect)
  const parts: Part[] = []
  let text = ''
  for (const [index, piece] of pieces.entries()) {
    const { kind, content, quote } = piece
    if (kind === 'plain' || kind === 'comment' || !PLACE.test(content)) {
      text += piece.source
      continue
    }
    if (kind === 'place') checkStandsAlone(piece, pieces[index - 1], pieces[index + 1])
    if (quote.length > 1 && !/^n'$/i.test(quote)) {
      throw new Error(`a place cannot stand in a text that begins with ${quote}`)
    }
    const nameQuote = kind === 'name' ? quote : undefined
    parts.push(text, { template: compileTemplate(content), nameQuote })
    text = ''
  }
  parts.push(text)
  return parts
}

function checkStandsAlone(
  { source }: SqlPiece,
  before: SqlPiece | undefined,
  after: SqlPiece | undefined,
): void {
  const isGlued = (piece: SqlPiece | undefined, word: RegExp): boolean =>
    piece !== undefined && piece.kind !== 'comment' && word.test(piece.source)
  if (!isGlued(before, /[\w$}'"`]$/) && !isGlued(after, /^[\w$'"`]/)) return
  const remedy = 'write the whole text in quotes with the place in it'
  throw new Error(`${source} is a part of a word: ${remedy}`)
}

function writeParts(
  parts: readonly Part[],
  mark: (number: number) => string,
  first: number,
): string {
  let number = first
  return parts.map((part) => (typeof part === 'string' ? part : mark(number++))).join('')
}
