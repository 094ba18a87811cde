/**
 * Tokens to the written form of a document.
 *
 * One liberty beyond the HOCON text: in a value, `:` between characters belongs to the text, so
 * that `bind = 0.0.0.0:1883` can be written without quotes.
 */
import { pathOf, tokenize } from './lexer.ts'
import type { Token, TokenKind } from './lexer.ts'
import type { EntrySyntax, ObjectSyntax, TextSyntax, ValueSyntax } from './syntax.ts'
import { HoconError, NESTING_DEPTH_MAX } from './value.ts'

interface Input {
  readonly tokens: readonly Token[]
  index: number
  depth: number
}

/** Parses a document: an object, with or without its outer braces. Throws HoconError. */
export function parseSyntax(text: string, source: string): ObjectSyntax {
  const input: Input = { tokens: tokenize(text, source), index: 0, depth: 0 }
  skipLines(input)
  const first = peek(input)
  if (first.kind === '[') throw expected(first, 'keys: a document cannot be a list')
  const braces = first.kind === '{'
  const root = braces ? parseObject(input) : parseBody(input, 'end', 0, text.length)
  skipLines(input)
  if (peek(input).kind !== 'end') throw expected(peek(input), 'the end of the document')
  return root
}

/** Parses one value, such as the text of an environment variable. Throws HoconError. */
export function parseValueSyntax(text: string, source: string): ValueSyntax {
  const input: Input = { tokens: tokenize(text, source), index: 0, depth: 0 }
  skipLines(input)
  const value = parseValue(input)
  skipLines(input)
  if (peek(input).kind !== 'end') throw expected(peek(input), 'the end of the value')
  return value
}

function peek(input: Input): Token {
  // The last token is `end`, and nobody moves past it.
  return input.tokens[Math.min(input.index, input.tokens.length - 1)]!
}

function advance(input: Input): Token {
  const token = peek(input)
  input.index += 1
  return token
}

function expected(found: Token, what: string): HoconError {
  const shown = found.kind === 'end' ? 'the end of the text' : JSON.stringify(found.text)
  const name = found.kind === 'newline' ? 'the end of the line' : shown
  return new HoconError(`expected ${what}, found ${name}`, found.at)
}

function skip(input: Input, kinds: readonly TokenKind[]): void {
  while (kinds.includes(peek(input).kind)) advance(input)
}

function skipLines(input: Input): void {
  skip(input, ['space', 'comment', 'newline'])
}

function enter(input: Input): void {
  input.depth += 1
  if (input.depth > NESTING_DEPTH_MAX) {
    throw new HoconError(`values may be nested at most ${NESTING_DEPTH_MAX} deep`, peek(input).at)
  }
}

function parseObject(input: Input): ObjectSyntax {
  const open = advance(input)
  enter(input)
  const body = parseBody(input, '}', open.start, 0)
  input.depth -= 1
  const close = advance(input)
  return { ...body, braces: true, at: open.at, start: open.start, end: close.end }
}

function parseBody(input: Input, close: TokenKind, start: number, end: number): ObjectSyntax {
  const entries: EntrySyntax[] = []
  const { at } = peek(input)
  skipLines(input)
  while (peek(input).kind !== close) {
    entries.push(parseEntry(input, close))
    if (!parseSeparator(input, close)) break
  }
  return { kind: 'object', entries, braces: false, at, start, end }
}

/** Moves past a separator; false at the closing token. */
function parseSeparator(input: Input, close: TokenKind): boolean {
  skip(input, ['space', 'comment'])
  const separated = peek(input).kind === 'newline'
  skipLines(input)
  const token = peek(input)
  if (token.kind === ',') {
    advance(input)
    skipLines(input)
    if (peek(input).kind === ',') throw expected(peek(input), 'something between two commas')
    return peek(input).kind !== close
  }
  if (token.kind === close) return false
  if (separated) return true
  const closing = close === 'end' ? 'the end of the text' : `\`${close}\``
  throw expected(token, `a comma, a new line or ${closing}`)
}

function parseEntry(input: Input, close: TokenKind): EntrySyntax {
  const first = peek(input)
  if (first.kind === 'text' && first.text === 'include') {
    const include = parseInclude(input)
    if (include !== undefined) return include
  }
  const keys: Token[] = []
  while (['text', 'quoted', 'space'].includes(peek(input).kind)) keys.push(advance(input))
  if (keys.length === 0) throw expected(first, close === '}' ? 'a key or `}`' : 'a key')
  const path = pathOf(keys, first.at)
  if (path.length > NESTING_DEPTH_MAX) {
    throw new HoconError(`a path may have at most ${NESTING_DEPTH_MAX} elements`, first.at)
  }
  const keyEnd = keys.findLast((token) => token.kind !== 'space')?.end ?? first.end
  const operator = peek(input)
  if (operator.kind === '=' || operator.kind === ':' || operator.kind === '+=') {
    advance(input)
    skipLines(input)
  } else if (operator.kind !== '{') {
    throw expected(operator, `\`=\`, \`:\`, \`+=\` or \`{\` after the key \`${path.join('.')}\``)
  }
  const value = parseValue(input)
  const append = operator.kind === '+='
  const { start, at } = first
  return { kind: 'field', path, append, keyEnd, value, start, end: value.end, at }
}

const WRAPPED = /^(required\()?(?:(file|url|classpath)\()?$/

function parseInclude(input: Input): EntrySyntax | undefined {
  const begin = input.index
  const first = advance(input)
  skip(input, ['space'])
  let wrapper = ''
  while (peek(input).kind === 'text') {
    wrapper += advance(input).text
    skip(input, ['space'])
  }
  const target = peek(input)
  const match = WRAPPED.exec(wrapper)
  if (target.kind !== 'quoted' || match === null) {
    if (wrapper.includes('(')) throw expected(target, 'the name of a file in quotes')
    input.index = begin
    return undefined
  }
  if (match[2] === 'url' || match[2] === 'classpath') {
    throw new HoconError(`include ${match[2]}() is not supported: name a file`, first.at)
  }
  advance(input)
  skip(input, ['space'])
  const closing = wrapper.split('(').length - 1
  let end = target.end
  for (let closed = 0; closed < closing;) {
    const token = peek(input)
    const wanted = ')'.repeat(closing - closed)
    if (token.kind !== 'text' || !wanted.startsWith(token.text)) throw expected(token, '`)`')
    closed += token.text.length
    end = advance(input).end
    skip(input, ['space'])
  }
  const required = match[1] !== undefined
  const { start, at } = first
  return { kind: 'include', name: target.text, required, start, end, at }
}

const VALUE_ENDS: readonly TokenKind[] = ['newline', 'comment', ',', '}', ']', 'end']

function parseValue(input: Input): ValueSyntax {
  const parts: ValueSyntax[] = []
  for (;;) {
    const token = peek(input)
    if (VALUE_ENDS.includes(token.kind)) {
      refuseCommentInUrl(parts.at(-1), token)
      break
    }
    parts.push(parsePart(input, parts.at(-1)))
  }
  while (isSpace(parts.at(-1))) parts.pop()
  const joined = joinColons(parts)
  const [first] = joined
  const last = joined.at(-1)
  if (first === undefined || last === undefined) throw expected(peek(input), 'a value')
  if (joined.length === 1) return first
  return { kind: 'concat', parts: joined, at: first.at, start: first.start, end: last.end }
}

function isSpace(part: ValueSyntax | undefined): boolean {
  return part?.kind === 'text' && part.space
}

/** `http://host` without quotes would silently lose everything after `http:`. */
function refuseCommentInUrl(last: ValueSyntax | undefined, token: Token): void {
  if (token.kind !== 'comment' || last?.kind !== 'text' || last.quoted) return
  if (last.end === token.start && last.text.endsWith(':')) {
    throw new HoconError('`//` starts a comment: quote the text', token.at)
  }
}

function parsePart(input: Input, before: ValueSyntax | undefined): ValueSyntax {
  const token = peek(input)
  const { text, at, start, end } = token
  switch (token.kind) {
    case '{':
      return parseObject(input)
    case '[':
      return parseArray(input)
    case 'substitution':
      advance(input)
      return {
        kind: 'substitution',
        path: token.path ?? [],
        optional: !!token.optional,
        at,
        start,
        end,
      }
    case 'quoted':
    case 'text':
    case 'space':
      advance(input)
      return {
        kind: 'text',
        text,
        quoted: token.kind === 'quoted',
        space: token.kind === 'space',
        at,
        start,
        end,
      }
    case ':':
      if (before?.kind !== 'text' || before.quoted || before.space) break
      advance(input)
      return { kind: 'text', text, quoted: false, space: false, at, start, end }
    default:
      break
  }
  throw expected(token, 'a value (text with this character must be quoted)')
}

/** Glues `0.0.0.0`, `:` and `1883` into one text. */
function joinColons(parts: readonly ValueSyntax[]): ValueSyntax[] {
  const joined: ValueSyntax[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (isPlainText(last) && isPlainText(part) && last.end === part.start) {
      joined[joined.length - 1] = { ...last, text: last.text + part.text, end: part.end }
    } else {
      joined.push(part)
    }
  }
  return joined
}

function isPlainText(part: ValueSyntax | undefined): part is TextSyntax {
  return part?.kind === 'text' && !part.quoted && !part.space
}

function parseArray(input: Input): ValueSyntax {
  const open = advance(input)
  enter(input)
  const items: ValueSyntax[] = []
  skipLines(input)
  while (peek(input).kind !== ']') {
    items.push(parseValue(input))
    if (!parseSeparator(input, ']')) break
  }
  input.depth -= 1
  const close = advance(input)
  return { kind: 'array', items, at: open.at, start: open.start, end: close.end }
}
