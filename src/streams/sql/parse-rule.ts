import { tokenize } from './lexer.ts'
import type { Dialect } from './dialect.ts'
import { parseExpression } from './parse-expression.ts'
import { parsePath } from './parse-path.ts'
import { ProblemList } from './problem.ts'
import type { SqlProblem } from './problem.ts'
import { TokenKind } from './token.ts'
import type { Token } from './token.ts'
import { TokenStream, Unparsable } from './token-stream.ts'
import type {
  Expression,
  ForeachStatement,
  SelectItem,
  SelectStatement,
  Source,
  Statement,
} from './tree.ts'

/** A statement as far as it could be understood, and all that is wrong with it. */
export interface ParseResult {
  readonly statement: Statement
  /** In the order of the text. */
  readonly problems: readonly SqlProblem[]
}

const CLAUSES: ReadonlySet<string> = new Set(['DO', 'INCASE', 'FROM', 'WHERE'])

/**
 * Reads a statement of the rule dialect:
 * `SELECT items FROM sources [WHERE condition]` or
 * `FOREACH items [DO items] [INCASE condition] FROM sources [WHERE condition]`.
 * Goes on behind what it does not understand, so that all mistakes are reported at once.
 */
export function parseRule(text: string, dialect: Dialect): ParseResult {
  const problems = new ProblemList(text)
  const stream = new TokenStream(tokenize(text, dialect, problems), dialect, problems)
  const statement = parseStatement(stream)
  stream.takeSymbol(';')
  if (stream.token.kind !== TokenKind.END) {
    recover(stream, () => stream.fail(['end of the statement'], hintAtEnd(stream.token)))
  }
  return { statement, problems: problems.sorted() }
}

const MISSING: readonly string[] = ['GROUP', 'HAVING', 'ORDER', 'LIMIT', 'JOIN', 'UNION']

function hintAtEnd({ text }: Token): string | undefined {
  if (!MISSING.includes(text.toUpperCase())) return undefined
  return `rules know no ${text.toUpperCase()}: they handle one message at a time`
}

function parseStatement(stream: TokenStream): Statement {
  if (stream.takeKeyword('FOREACH')) return parseForeach(stream)
  if (!stream.takeKeyword('SELECT')) {
    recover(stream, () => stream.fail(['SELECT', 'FOREACH']))
    stream.skipTo((token) => token.kind === TokenKind.KEYWORD && token.text === 'FROM')
    return { kind: 'select', items: [], ...parseRest(stream) }
  }
  return parseSelect(stream)
}

function parseSelect(stream: TokenStream): SelectStatement {
  const items = parseItems(stream)
  return { kind: 'select', items, ...parseRest(stream) }
}

function parseForeach(stream: TokenStream): ForeachStatement {
  const items = parseItems(stream)
  const each = stream.takeKeyword('DO') ? parseItems(stream) : undefined
  const inCase = stream.takeKeyword('INCASE') ? parseCondition(stream) : undefined
  return { kind: 'foreach', items, each, inCase, ...parseRest(stream) }
}

/** FROM and WHERE. */
function parseRest(stream: TokenStream): {
  readonly sources: readonly Source[]
  readonly where: Expression | undefined
} {
  if (stream.dialect.sources === 'forbidden') {
    if (stream.isKeyword('FROM')) {
      recover(stream, () => stream.fail(['WHERE'], 'there is one message to read: leave FROM out'))
    }
  } else if (!stream.isKeyword('FROM')) {
    recover(stream, () => stream.fail(['","', 'FROM'], `a rule reads FROM topics: FROM "t/#"`))
    stream.skipTo((token) => token.kind === TokenKind.KEYWORD && token.text === 'FROM')
  }
  const sources = stream.takeKeyword('FROM') ? parseSources(stream) : []
  const where = stream.takeKeyword('WHERE') ? parseCondition(stream) : undefined
  return { sources, where }
}

function parseCondition(stream: TokenStream): Expression | undefined {
  return recover(stream, () => parseExpression(stream))
}

/** Runs `parse`; what it cannot understand is skipped up to the next item or clause. */
function recover<T>(stream: TokenStream, parse: () => T): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof Unparsable)) throw error
    stream.skipTo(isBoundary)
    return undefined
  }
}

function isBoundary({ kind, text }: Token): boolean {
  if (kind === TokenKind.SYMBOL) return text === ','
  return kind === TokenKind.KEYWORD && CLAUSES.has(text)
}

function parseItems(stream: TokenStream): readonly SelectItem[] {
  const items: SelectItem[] = []
  do {
    const item = recover(stream, () => parseItem(stream))
    if (item !== undefined) items.push(item)
  } while (stream.takeSymbol(','))
  return items
}

function parseItem(stream: TokenStream): SelectItem {
  const { start } = stream.token
  if (stream.takeSymbol('*')) {
    if (stream.isKeyword('AS')) stream.fail(['","', 'FROM'], '* has no name of its own')
    return { kind: 'all', ...stream.spanFrom(start) }
  }
  const expression = parseExpression(stream)
  const { token } = stream
  const isNamed =
    stream.takeKeyword('AS') || token.kind === TokenKind.NAME || token.kind === TokenKind.QUOTED
  const alias = isNamed ? parsePath(stream, parseExpression) : undefined
  if (!isBoundary(stream.token) && stream.token.kind !== TokenKind.END) {
    stream.fail(alias === undefined ? ['AS', '","', 'an operator'] : ['","', 'FROM'])
  }
  return { kind: 'selected', expression, alias, ...stream.spanFrom(start) }
}

function parseSources(stream: TokenStream): readonly Source[] {
  const sources: Source[] = []
  do {
    const source = recover(stream, () => parseSource(stream))
    if (source !== undefined) sources.push(source)
  } while (stream.takeSymbol(','))
  return sources
}

const QUOTE_TOPICS = 'topics stand in double quotes'

function parseSource(stream: TokenStream): Source {
  const { kind, text, start, end } = stream.token
  const isName = kind === TokenKind.QUOTED || kind === TokenKind.STRING || kind === TokenKind.NAME
  if (!isName) stream.fail(['a topic'], QUOTE_TOPICS)
  stream.next()
  const after = stream.token
  const isEnd =
    after.kind === TokenKind.END || after.text === ',' || after.text === ';' || isBoundary(after)
  if (!isEnd)
    stream.fail(['","', 'WHERE'], kind === TokenKind.NAME ? QUOTE_TOPICS : hintAtEnd(after))
  return { name: text, start, end }
}
