import { KEYWORD_LIST, tokensOf } from './sql-tokens.ts'

/** What can be written at a place. */
export interface Catalog {
  /** Columns, and paths into the sample. */
  readonly fields: readonly string[]
  readonly functions: readonly string[]
}

export interface Suggestion {
  readonly text: string
  readonly kind: 'field' | 'function' | 'keyword'
}

const SUGGESTIONS_MAX = 12
const WORD = /[A-Za-z_$][\w$.]*$/

/** The word that ends at the caret. */
export function wordAt(sql: string, caret: number): { start: number; word: string } {
  const word = WORD.exec(sql.slice(0, caret))?.[0] ?? ''
  return { start: caret - word.length, word }
}

/** What begins as the word at the caret does: fields, then functions, then keywords. */
export function suggest(sql: string, caret: number, catalog: Catalog): readonly Suggestion[] {
  const { word } = wordAt(sql, caret)
  const inside = tokensOf(sql).find(({ start, end }) => start < caret && caret <= end)
  const isText = inside !== undefined && ['string', 'name', 'comment'].includes(inside.kind)
  if (word === '' || isText) return []
  const wanted = word.toLowerCase()
  const begins = (text: string): boolean => {
    return text.toLowerCase().startsWith(wanted) && text !== word
  }
  const fields = catalog.fields.filter(begins).map((text) => ({ text, kind: 'field' as const }))
  const functions = catalog.functions
    .filter(begins.bind(undefined))
    .map((text) => ({ text: `${text}(`, kind: 'function' as const }))
  const same = catalog.functions.includes(word)
    ? [{ text: `${word}(`, kind: 'function' as const }]
    : []
  const keywords = KEYWORD_LIST.filter(begins).map((text) => ({ text, kind: 'keyword' as const }))
  return [...fields, ...same, ...functions, ...keywords].slice(0, SUGGESTIONS_MAX)
}

/** Columns, and the paths that a sample of the payload has. */
export function fieldsWith(columns: readonly string[], payload: string): readonly string[] {
  return [...columns, ...pathsOf(payload).map((path) => `payload.${path}`)]
}

function pathsOf(payload: string): readonly string[] {
  try {
    return below(JSON.parse(payload), 0)
  } catch {
    return []
  }
}

const DEPTH_MAX = 4

function below(value: unknown, depth: number): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([key, part]) => {
    if (!/^[A-Za-z_]\w*$/.test(key) || depth >= DEPTH_MAX) return []
    return [key, ...below(part, depth + 1).map((path) => `${key}.${path}`)]
  })
}
