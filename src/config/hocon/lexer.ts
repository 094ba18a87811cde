/**
 * Characters to tokens. The lexer knows no grammar: whether `:` separates or belongs to an
 * address is for the parser to say.
 *
 * Unquoted text may hold `@`, as EMQX allows, and a `+` that belongs to a number.
 */
import { HoconError } from './value.ts'
import type { Position } from './value.ts'

/** Longest text taken for one document, in UTF-16 code units. */
export const SOURCE_LENGTH_MAX = 8 * 1024 * 1024

export type TokenKind =
  | '{'
  | '}'
  | '['
  | ']'
  | ','
  | ':'
  | '='
  | '+='
  | 'newline'
  | 'space'
  | 'comment'
  | 'quoted'
  | 'text'
  | 'substitution'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  /** The decoded text of `quoted`, the characters themselves of every other kind. */
  readonly text: string
  readonly start: number
  readonly end: number
  readonly at: Position
  /** Of `substitution` only. */
  readonly path?: readonly string[]
  readonly optional?: boolean
}

const SPACE = /[^\S\n]/u
const SPACES = /(?:[^\S\n]|\uFEFF)+/uy
const UNQUOTED = /(?:[^\s$"{}[\]:=,+#`^?!*&\\/]|\/(?!\/)|(?<=\d[eE])\+(?=\d))+/uy
const SIGNED = /\+(?=\d)/y
const LINE = /[^\n]*/y

interface Cursor {
  readonly text: string
  readonly source: string
  offset: number
  line: number
  lineStart: number
}

/** All tokens of a text, the last of kind `end`. Throws HoconError. */
export function tokenize(text: string, source: string): Token[] {
  const cursor: Cursor = { text, source, offset: 0, line: 1, lineStart: 0 }
  if (text.length > SOURCE_LENGTH_MAX) {
    throw new HoconError(`text is longer than ${SOURCE_LENGTH_MAX} characters`, here(cursor))
  }
  const tokens: Token[] = []
  for (;;) {
    const token = next(cursor)
    tokens.push(token)
    if (token.kind === 'end') return tokens
  }
}

function here(cursor: Cursor): Position {
  const column = cursor.offset - cursor.lineStart + 1
  return { source: cursor.source, line: cursor.line, column }
}

function next(cursor: Cursor): Token {
  const { text, offset } = cursor
  const char = text[offset]
  if (char === undefined) return take(cursor, 'end', 0)
  switch (char) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ',':
    case ':':
    case '=':
      return take(cursor, char, 1)
    case '\n':
      return newline(cursor)
    case '#':
      return take(cursor, 'comment', matchLength(LINE, text, offset))
    case '"':
      return text.startsWith('"""', offset) ? tripleQuoted(cursor) : quoted(cursor)
    case '$':
      return substitution(cursor)
    default:
      return other(cursor, char)
  }
}

function other(cursor: Cursor, char: string): Token {
  const { text, offset } = cursor
  if (text.startsWith('//', offset)) {
    return take(cursor, 'comment', matchLength(LINE, text, offset))
  }
  if (text.startsWith('+=', offset)) return take(cursor, '+=', 2)
  if (SPACE.test(char) || char === '\uFEFF') {
    return take(cursor, 'space', matchLength(SPACES, text, offset))
  }
  const sign = matchLength(SIGNED, text, offset)
  const length = sign + matchLength(UNQUOTED, text, offset + sign)
  if (length > 0) return take(cursor, 'text', length)
  throw new HoconError(`unexpected character ${JSON.stringify(char)}: quote the text`, here(cursor))
}

function matchLength(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  return pattern.exec(text)?.[0].length ?? 0
}

function take(cursor: Cursor, kind: TokenKind, length: number): Token {
  const start = cursor.offset
  const at = here(cursor)
  cursor.offset += length
  return { kind, text: cursor.text.slice(start, cursor.offset), start, end: cursor.offset, at }
}

function newline(cursor: Cursor): Token {
  const token = take(cursor, 'newline', 1)
  cursor.line += 1
  cursor.lineStart = cursor.offset
  return token
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
])

function quoted(cursor: Cursor): Token {
  const at = here(cursor)
  const start = cursor.offset
  const { text } = cursor
  let decoded = ''
  cursor.offset += 1
  for (;;) {
    const char = text[cursor.offset]
    if (char === undefined || char === '\n') {
      throw new HoconError('text in quotes has no end on its line: expected `"`', at)
    }
    if (char === '"') break
    if (char === '\\') {
      decoded += escape(cursor)
    } else {
      decoded += char
      cursor.offset += 1
    }
  }
  cursor.offset += 1
  return { kind: 'quoted', text: decoded, start, end: cursor.offset, at }
}

function escape(cursor: Cursor): string {
  const letter = cursor.text[cursor.offset + 1] ?? ''
  if (letter === 'u') {
    const digits = cursor.text.slice(cursor.offset + 2, cursor.offset + 6)
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) {
      throw new HoconError('expected four hexadecimal digits after `\\u`', here(cursor))
    }
    cursor.offset += 6
    return String.fromCharCode(Number.parseInt(digits, 16))
  }
  const decoded = ESCAPES.get(letter)
  if (decoded === undefined) {
    const wrong = JSON.stringify(`\\${letter}`)
    throw new HoconError(`unknown escape ${wrong}: write \`\\\\\` for a backslash`, here(cursor))
  }
  cursor.offset += 2
  return decoded
}

/** Nothing is escaped inside. Quotes beyond the three closing ones belong to the text. */
function tripleQuoted(cursor: Cursor): Token {
  const at = here(cursor)
  const start = cursor.offset
  const { text } = cursor
  let close = text.indexOf('"""', start + 3)
  if (close < 0) throw new HoconError('text in triple quotes has no end: expected `"""`', at)
  while (text[close + 3] === '"') close += 1
  const raw = text.slice(start + 3, close)
  cursor.offset = close + 3
  for (let found = raw.indexOf('\n'); found >= 0; found = raw.indexOf('\n', found + 1)) {
    cursor.line += 1
    cursor.lineStart = start + 3 + found + 1
  }
  return { kind: 'quoted', text: dedent(raw), start, end: cursor.offset, at }
}

/**
 * EMQX's indented form: `~` and a line end right after the opening quotes. The first line and
 * the common indentation (spaces) go; `~` right before the closing quotes goes too. A last line
 * of spaces only is the indentation of the closing quotes.
 */
function dedent(raw: string): string {
  const opening = /^~\r?\n/.exec(raw)
  if (opening === null) return raw
  const lines = raw.slice(opening[0].length).replace(/~$/, '').split('\n')
  const blank = /^ *\r?$/
  let indent = Infinity
  for (const line of lines) {
    if (!blank.test(line)) indent = Math.min(indent, line.search(/[^ ]/))
  }
  const last = lines.length - 1
  return lines
    .map((line, index) => {
      if (index === last && blank.test(line)) return ''
      const spaces = /^ */.exec(line)?.[0].length ?? 0
      return line.slice(Math.min(indent, spaces))
    })
    .join('\n')
}

function substitution(cursor: Cursor): Token {
  const at = here(cursor)
  const start = cursor.offset
  const { text } = cursor
  if (text[start + 1] !== '{') {
    throw new HoconError('expected `{` after `$`: quote the text if `$` is meant', at)
  }
  const optional = text[start + 2] === '?'
  cursor.offset += optional ? 3 : 2
  const parts: Token[] = []
  for (;;) {
    const token = next(cursor)
    if (token.kind === '}') break
    if (token.kind !== 'text' && token.kind !== 'quoted' && token.kind !== 'space') {
      throw new HoconError('expected a path and `}` after `${`', token.at)
    }
    parts.push(token)
  }
  const path = pathOf(parts, at)
  const raw = text.slice(start, cursor.offset)
  return { kind: 'substitution', text: raw, start, end: cursor.offset, at, path, optional }
}

/** Path elements of a key or a substitution: dots split unquoted text only. */
export function pathOf(tokens: readonly Token[], at: Position): string[] {
  const path: string[] = []
  let element = ''
  let written = false
  const finish = () => {
    if (!written) throw new HoconError('a path has an empty element: quote it as `""`', at)
    path.push(element)
    element = ''
    written = false
  }
  const used = trimSpace(tokens)
  for (const token of used) {
    if (token.kind === 'quoted' || token.kind === 'space') {
      element += token.text
      written ||= token.kind === 'quoted'
      continue
    }
    for (const [index, piece] of token.text.split('.').entries()) {
      if (index > 0) finish()
      element += piece
      written ||= piece !== ''
    }
  }
  finish()
  return path
}

function trimSpace(tokens: readonly Token[]): readonly Token[] {
  const first = tokens.findIndex((token) => token.kind !== 'space')
  const last = tokens.findLastIndex((token) => token.kind !== 'space')
  return first < 0 ? [] : tokens.slice(first, last + 1)
}
