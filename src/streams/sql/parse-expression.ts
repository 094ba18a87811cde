import type { Value } from '#plugin/value.ts'
import { toInteger } from '#plugin/value.ts'
import type { InfixOperator } from './dialect.ts'
import { parseBounds } from './parse-bounds.ts'
import { parsePath } from './parse-path.ts'
import { TokenKind } from './token.ts'
import type { Token } from './token.ts'
import type { TokenStream } from './token-stream.ts'
import type { Binary, Case, Expression, Literal } from './tree.ts'

const EXPRESSION = 'an expression'
const CONSTANTS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

/** Reads an expression or condition whose operators hold tighter than `power` (Pratt). */
export function parseExpression(stream: TokenStream, power = 0): Expression {
  return stream.nested(() => {
    let left = parsePrefix(stream)
    for (;;) {
      const member = parseMembership(stream, left, power)
      if (member !== undefined) {
        left = member
        continue
      }
      const operator = infixOf(stream)
      if (operator === undefined || operator.power <= power) return left
      left = parseInfix(stream, left, operator)
    }
  })
}

function parseInfix(stream: TokenStream, left: Expression, operator: InfixOperator): Binary {
  stream.next()
  const right = parseExpression(stream, operator.power)
  const again = infixOf(stream)
  if (!operator.chains && again?.power === operator.power) {
    stream.failAt(stream.token, {
      message: `comparisons cannot follow each other`,
      hint: 'combine them with AND',
    })
  }
  return { kind: 'binary', op: operator.op, left, right, start: left.start, end: right.end }
}

/** The operator that comes next, if it is one. */
function infixOf(stream: TokenStream): InfixOperator | undefined {
  const { token, dialect } = stream
  if (token.kind === TokenKind.SYMBOL || token.kind === TokenKind.KEYWORD) {
    return dialect.infix.get(token.text)
  }
  if (token.kind !== TokenKind.NAME) return undefined
  // `div`, `mod` and `like` are names, too: operators only in front of an operand.
  const operator = dialect.infix.get(token.text.toLowerCase())
  return operator !== undefined && startsOperand(stream.peek(1)) ? operator : undefined
}

const OPERAND_SYMBOLS: ReadonlySet<string> = new Set(['(', '[', '-', '+'])

function startsOperand({ kind, text }: Token): boolean {
  if (kind === TokenKind.END) return false
  if (kind === TokenKind.SYMBOL) return OPERAND_SYMBOLS.has(text)
  return kind !== TokenKind.KEYWORD || text === 'CASE' || text === 'NOT'
}

/** `… IN (…)` and `… NOT IN (…)`, which stand where a comparison stands. */
function parseMembership(
  stream: TokenStream,
  operand: Expression,
  power: number,
): Expression | undefined {
  const comparison = stream.dialect.infix.get('=')
  if (comparison === undefined || comparison.power <= power) return undefined
  const { token } = stream
  const second = stream.peek(1)
  const negated = stream.isKeyword('NOT') && second.kind === TokenKind.KEYWORD
  if (negated ? second.text !== 'IN' : !stream.isKeyword('IN')) return undefined
  if (negated) stream.next()
  stream.next()
  stream.needSymbol('(', 'the values of IN stand in parentheses')
  const items = parseList(stream, ')')
  if (items.length === 0) {
    stream.note({ start: token.start, end: stream.lastEnd }, { message: 'IN has no values' })
  }
  return { kind: 'in', negated, operand, items, ...stream.spanFrom(operand.start) }
}

function parsePrefix(stream: TokenStream): Expression {
  const { token } = stream
  const { prefixPower } = stream.dialect
  switch (token.kind) {
    case TokenKind.STRING:
      return literal(stream.next(), token.text)
    case TokenKind.INTEGER:
      return literal(stream.next(), toInteger(BigInt(token.text)))
    case TokenKind.FLOAT:
      return literal(stream.next(), Number(token.text))
    case TokenKind.QUOTED:
      return parsePath(stream, parseExpression)
    case TokenKind.NAME:
      return parseNamed(stream)
    case TokenKind.KEYWORD:
      if (token.text === 'CASE') return parseCase(stream)
      if (token.text === 'NOT') return parseUnary(stream, 'not', prefixPower.not)
      break
    case TokenKind.SYMBOL:
      if (token.text === '(') return parseGroup(stream)
      if (token.text === '[') return parseBracket(stream)
      if (token.text === '-') return parseUnary(stream, '-', prefixPower.sign)
      if (token.text === '+') return parseUnary(stream, '+', prefixPower.sign)
      break
    case TokenKind.END:
      break
  }
  stream.fail([EXPRESSION], hintFor(token))
}

function hintFor({ kind, text }: Token): string | undefined {
  if (kind === TokenKind.KEYWORD) return `${text} is a reserved word; as a name write "${text}"`
  return undefined
}

function literal({ start, end }: Token, value: Value): Literal {
  return { kind: 'literal', value, start, end }
}

function parseUnary(stream: TokenStream, op: 'not' | '-' | '+', power: number): Expression {
  const { start } = stream.next()
  const operand = parseExpression(stream, power)
  return { kind: 'unary', op, operand, ...stream.spanFrom(start) }
}

function parseGroup(stream: TokenStream): Expression {
  const { start } = stream.next()
  const inner = parseExpression(stream)
  if (!stream.takeSymbol(')')) {
    stream.fail(['")"', 'an operator'], `character ${start + 1} opens a parenthesis`)
  }
  return { ...inner, ...stream.spanFrom(start) }
}

/** A list, or a range of integers. */
function parseBracket(stream: TokenStream): Expression {
  const { start } = stream.next()
  const range = parseBounds(stream)
  if (range !== undefined) {
    return { kind: 'range', ...range, ...stream.spanFrom(start) }
  }
  const items = parseList(stream, ']')
  return { kind: 'list', items, ...stream.spanFrom(start) }
}

/** Expressions with commas between them up to `close`, which is taken. */
function parseList(stream: TokenStream, close: string): readonly Expression[] {
  const items: Expression[] = []
  if (stream.takeSymbol(close)) return items
  for (;;) {
    items.push(parseExpression(stream))
    if (stream.takeSymbol(close)) return items
    if (!stream.takeSymbol(',')) stream.fail(['","', `"${close}"`])
  }
}

/** A constant, a call or a path. */
function parseNamed(stream: TokenStream): Expression {
  const { token } = stream
  const second = stream.peek(1)
  if (isOpen(second)) return parseCall(stream, 1)
  const isDotted = second.kind === TokenKind.SYMBOL && second.text === '.'
  if (isDotted && stream.peek(2).kind === TokenKind.NAME && isOpen(stream.peek(3))) {
    return parseCall(stream, 3)
  }
  const constant = CONSTANTS.get(token.text.toLowerCase())
  if (constant !== undefined && !isDotted) return literal(stream.next(), constant)
  return parsePath(stream, parseExpression)
}

function isOpen({ kind, text }: Token): boolean {
  return kind === TokenKind.SYMBOL && text === '('
}

/** `name(…)`, or `module.name(…)`, whose name takes so many tokens. */
function parseCall(stream: TokenStream, nameTokens: number): Expression {
  const { start } = stream.token
  let name = ''
  for (let count = 0; count < nameTokens; count++) name += stream.next().text
  const nameSpan = stream.spanFrom(start)
  stream.next()
  const args = parseList(stream, ')')
  return { kind: 'call', name, nameSpan, args, ...stream.spanFrom(start) }
}

function parseCase(stream: TokenStream): Case {
  const { start } = stream.next()
  const operand = stream.isKeyword('WHEN') ? undefined : parseExpression(stream)
  const branches: Case['branches'][number][] = []
  while (stream.takeKeyword('WHEN')) {
    const when = parseExpression(stream)
    stream.needKeyword('THEN')
    branches.push({ when, then: parseExpression(stream) })
  }
  if (branches.length === 0) stream.fail(['WHEN'])
  const otherwise = stream.takeKeyword('ELSE') ? parseExpression(stream) : undefined
  if (!stream.takeKeyword('END')) {
    stream.fail(otherwise === undefined ? ['WHEN', 'ELSE', 'END'] : ['END'], 'CASE ends with END')
  }
  return { kind: 'case', operand, branches, otherwise, ...stream.spanFrom(start) }
}
