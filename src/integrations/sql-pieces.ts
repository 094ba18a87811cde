/** What quotes and escapes mean in the SQL of a system. */
export interface SqlDialect {
  /** Characters that texts stand between; written twice inside, they stand for themselves. */
  readonly textQuotes: string
  /** Characters that names stand between. */
  readonly nameQuotes: string
  /** A backslash takes its meaning from the character after it. */
  readonly hasBackslash: boolean
  /** `$tag$ … $tag$` is a text, and `E'…'` one with backslashes, as in PostgreSQL. */
  readonly hasDollarQuotes: boolean
  /** `#` begins a comment. */
  readonly hasHashComments: boolean
}

/** Standard SQL as PostgreSQL has it. */
export const POSTGRESQL: SqlDialect = {
  textQuotes: "'",
  nameQuotes: '"',
  hasBackslash: false,
  hasDollarQuotes: true,
  hasHashComments: false,
}

/** MySQL and MariaDB in their usual mode. */
export const MYSQL: SqlDialect = {
  textQuotes: `'"`,
  nameQuotes: '`',
  hasBackslash: true,
  hasDollarQuotes: false,
  hasHashComments: true,
}

export const CLICKHOUSE: SqlDialect = { ...MYSQL, textQuotes: "'", nameQuotes: '"`' }

export const TDENGINE: SqlDialect = { ...MYSQL, hasHashComments: false }

/**
 * A piece of a statement. `place`: outside of quotes; `text` and `name`: in quotes, with `content`
 * as it reads without them; `comment`; `plain`: everything else.
 */
export interface SqlPiece {
  readonly kind: 'plain' | 'place' | 'text' | 'name' | 'comment'
  /** As it is written. */
  readonly source: string
  readonly content: string
  /** The quote of a name or text, with what stands before it. */
  readonly quote: string
}

const PLACE = /\$\{[^}]*\}/y
const DOLLAR_QUOTE = /\$(?:[A-Za-z_]\w*)?\$/y
const LINE_COMMENT = /--[^\n]*/y
const HASH_COMMENT = /#[^\n]*/y
const BLOCK_COMMENT = /\/\*[^]*?\*\//y
const WORD = /[A-Za-z_]\w*&?/y
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', 0: '\0' }

/**
 * Cuts a statement into pieces.
 * @throws Error when a quote or comment does not end
 */
export function sqlPieces(source: string, dialect: SqlDialect): readonly SqlPiece[] {
  const pieces: SqlPiece[] = []
  let plainFrom = 0
  let at = 0
  const flush = (): void => {
    if (at === plainFrom) return
    const text = source.slice(plainFrom, at)
    pieces.push({ kind: 'plain', source: text, content: text, quote: '' })
  }
  while (at < source.length) {
    const piece = pieceAt(source, at, dialect)
    if (piece === undefined) {
      at += matchAt(WORD, source, at)?.length ?? 1
      continue
    }
    flush()
    pieces.push(piece)
    at += piece.source.length
    plainFrom = at
  }
  flush()
  return pieces
}

function pieceAt(source: string, at: number, dialect: SqlDialect): SqlPiece | undefined {
  const place = matchAt(PLACE, source, at)
  if (place !== undefined) return { kind: 'place', source: place, content: place, quote: '' }
  const comment =
    matchAt(LINE_COMMENT, source, at) ??
    matchAt(BLOCK_COMMENT, source, at) ??
    (dialect.hasHashComments ? matchAt(HASH_COMMENT, source, at) : undefined)
  if (comment !== undefined) {
    return { kind: 'comment', source: comment, content: comment, quote: '' }
  }
  if (source.startsWith('/*', at)) throw new Error('the statement has a comment that does not end')
  if (dialect.hasDollarQuotes) {
    const dollars = matchAt(DOLLAR_QUOTE, source, at)
    if (dollars !== undefined) return dollarText(source, at, dollars)
  }
  // `E'…'`, `N'…'`, `X'…'`: the word belongs to the text.
  const word = matchAt(WORD, source, at) ?? ''
  const quote = source[at + word.length] ?? ''
  if (quote !== '' && dialect.textQuotes.includes(quote) && isPrefix(word)) {
    const hasBackslash =
      dialect.hasBackslash || (dialect.hasDollarQuotes && word.toUpperCase() === 'E')
    return quoted('text', source, at, word + quote, hasBackslash)
  }
  if (word !== '' || quote === '' || !dialect.nameQuotes.includes(quote)) return undefined
  return quoted('name', source, at, quote, dialect.hasBackslash)
}

function isPrefix(word: string): boolean {
  return word === '' || /^(?:[ebnx]|u&|_\w+)$/i.test(word)
}

function quoted(
  kind: 'text' | 'name',
  source: string,
  start: number,
  opening: string,
  hasBackslash: boolean,
): SqlPiece {
  const quote = opening.at(-1)
  let content = ''
  for (let at = start + opening.length; at < source.length; at++) {
    const char = source[at] ?? ''
    const next = source[at + 1] ?? ''
    if (hasBackslash && char === '\\') {
      // `\%` and `\_` keep their backslash: they are for LIKE.
      content += next === '%' || next === '_' ? char + next : (ESCAPES[next] ?? next)
      at++
    } else if (char !== quote) content += char
    else if (next === quote) {
      content += char
      at++
    } else return { kind, source: source.slice(start, at + 1), content, quote: opening }
  }
  throw new Error(`the statement has a quote ${quote} that does not end`)
}

function dollarText(source: string, start: number, dollars: string): SqlPiece {
  const end = source.indexOf(dollars, start + dollars.length)
  if (end === -1) throw new Error(`the statement has a quote ${dollars} that does not end`)
  const whole = source.slice(start, end + dollars.length)
  const content = source.slice(start + dollars.length, end)
  return { kind: 'text', source: whole, content, quote: dollars }
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(source)?.[0]
}
