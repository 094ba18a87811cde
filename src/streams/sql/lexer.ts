import type { Dialect } from './dialect.ts'
import type { ProblemList } from './problem.ts'
import { TokenKind } from './token.ts'
import type { Token } from './token.ts'

/** Characters of a statement: what is longer is a mistake or an attack. */
export const STATEMENT_CHARS_MAX = 65_536

/**
 * Cuts a statement into tokens, the last of which is `END`. Every character is looked at a fixed
 * number of times. What is no token is reported and skipped.
 */
export function tokenize(text: string, dialect: Dialect, problems: ProblemList): readonly Token[] {
  if (text.length > STATEMENT_CHARS_MAX) {
    const message = `the statement has ${text.length} characters, more than ${STATEMENT_CHARS_MAX}`
    problems.add({ start: 0, end: 0 }, { message })
    return [tokenOf(TokenKind.END, '', text, 0, 0)]
  }
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    at = skipBlank(text, at)
    if (at >= text.length) break
    const token = readToken(text, at, dialect, problems)
    at = token.end
    if (token.text !== BAD) tokens.push(token)
  }
  tokens.push(tokenOf(TokenKind.END, '', text, text.length, text.length))
  return tokens
}

/** `text` of a token that is none. */
const BAD = '\u0000'

function readToken(text: string, start: number, dialect: Dialect, problems: ProblemList): Token {
  const char = text.charAt(start)
  if (isLetter(char)) return readName(text, start, dialect)
  if (isDigit(char)) return readNumber(text, start)
  if (dialect.stringQuotes.includes(char)) return readQuoted(text, start, dialect, problems)
  if (char === dialect.nameQuote) return readQuoted(text, start, dialect, problems)
  for (const symbol of dialect.symbols) {
    if (text.startsWith(symbol, start)) {
      return tokenOf(TokenKind.SYMBOL, symbol, text, start, start + symbol.length)
    }
  }
  const end = start + (text.codePointAt(start)! > 0xffff ? 2 : 1) // In range: the caller's check.
  const shown = JSON.stringify(text.slice(start, end))
  const hint =
    char === '`' ? `names with special characters stand in ${dialect.nameQuote}` : undefined
  problems.add({ start, end }, { message: `unexpected character ${shown}`, hint })
  return tokenOf(TokenKind.SYMBOL, BAD, text, start, end)
}

/** The first place that is neither blank nor in a comment. */
function skipBlank(text: string, start: number): number {
  let at = start
  for (;;) {
    const char = text.charAt(at)
    if (char === ' ' || char === '\t' || char === '\n' || char === '\r') at++
    else if (char === '-' && text.charAt(at + 1) === '-') at = endOfLine(text, at)
    else if (char === '/' && text.charAt(at + 1) === '*') {
      const close = text.indexOf('*/', at + 2)
      at = close === -1 ? text.length : close + 2
    } else return at
  }
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end
}

function readName(text: string, start: number, dialect: Dialect): Token {
  let end = start + 1
  while (isNameChar(text.charAt(end), dialect)) end++
  const word = text.slice(start, end)
  const upper = word.toUpperCase()
  if (dialect.keywords.has(upper)) return tokenOf(TokenKind.KEYWORD, upper, text, start, end)
  return tokenOf(TokenKind.NAME, word, text, start, end)
}

/** `12`, `1.5`, `1.5e3`; `1..3` begins with the integer 1. */
function readNumber(text: string, start: number): Token {
  let end = digitsFrom(text, start)
  if (text.charAt(end) !== '.' || !isDigit(text.charAt(end + 1))) {
    return tokenOf(TokenKind.INTEGER, text.slice(start, end), text, start, end)
  }
  end = digitsFrom(text, end + 1)
  const sign = text.charAt(end + 1) === '-' || text.charAt(end + 1) === '+' ? 1 : 0
  const isExponent = text.charAt(end) === 'e' || text.charAt(end) === 'E'
  if (isExponent && isDigit(text.charAt(end + 1 + sign))) end = digitsFrom(text, end + 1 + sign)
  return tokenOf(TokenKind.FLOAT, text.slice(start, end), text, start, end)
}

function readQuoted(text: string, start: number, dialect: Dialect, problems: ProblemList): Token {
  const quote = text.charAt(start)
  const kind = quote === dialect.nameQuote ? TokenKind.QUOTED : TokenKind.STRING
  let content = ''
  let from = start + 1
  for (;;) {
    const close = text.indexOf(quote, from)
    if (close === -1) {
      const message = kind === TokenKind.STRING ? 'a string without end' : 'a name without end'
      problems.add({ start, end: text.length }, { message, hint: `it has to end with ${quote}` })
      return tokenOf(kind, content + text.slice(from), text, start, text.length)
    }
    content += text.slice(from, close)
    if (text.charAt(close + 1) !== quote) {
      return tokenOf(kind, content, text, start, close + 1)
    }
    content += quote
    from = close + 2
  }
}

function tokenOf(
  kind: TokenKind,
  content: string,
  text: string,
  start: number,
  end: number,
): Token {
  return { kind, text: content, written: text.slice(start, end), start, end }
}

function digitsFrom(text: string, start: number): number {
  let end = start
  while (isDigit(text.charAt(end))) end++
  return end
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9'
}

/** Names may be in any script: what is no ASCII counts as a letter, but for blanks. */
function isLetter(char: string): boolean {
  return (
    (char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_' || char >= '\u00c0'
  )
}

function isNameChar(char: string, dialect: Dialect): boolean {
  if (isLetter(char) || isDigit(char)) return true
  return char !== '' && dialect.nameExtra.includes(char)
}
