import { JqSyntaxError } from './jq-error.ts'
import { tokenizeJq } from './jq-lexer.ts'
import type { JqTextPart, JqToken } from './jq-lexer.ts'
import type { JqDefinition, JqEntry, JqNode, JqPattern, JqPatternEntry } from './jq-tree.ts'

/** Characters of a program, and how deep its parts may be nested. */
const PROGRAM_CHARS_MAX = 65_536
const DEPTH_MAX = 150

const IDENTITY: JqNode = { kind: 'identity' }

/** From the loosest to the tightest. */
const Power = {
  PIPE: 1,
  COMMA: 2,
  ELSE: 3,
  ASSIGN: 4,
  OR: 5,
  AND: 6,
  COMPARE: 7,
  SUM: 8,
  PRODUCT: 9,
}

interface Operator {
  readonly power: number
  readonly groups: 'left' | 'right' | 'none'
}

function operators(words: string, power: number, groups: Operator['groups']) {
  return words.split(' ').map((word) => [word, { power, groups }] as const)
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ...operators('|', Power.PIPE, 'right'),
  ...operators(',', Power.COMMA, 'left'),
  ...operators('//', Power.ELSE, 'right'),
  ...operators('= |= += -= *= /= %= //=', Power.ASSIGN, 'none'),
  ...operators('or', Power.OR, 'left'),
  ...operators('and', Power.AND, 'left'),
  ...operators('== != < <= > >=', Power.COMPARE, 'none'),
  ...operators('+ -', Power.SUM, 'left'),
  ...operators('* / %', Power.PRODUCT, 'left'),
])

/**
 * Reads a program.
 * @throws JqSyntaxError
 */
export function parseJq(program: string): JqNode {
  if (program.length > PROGRAM_CHARS_MAX) {
    throw new JqSyntaxError(`more than ${PROGRAM_CHARS_MAX} characters`, PROGRAM_CHARS_MAX)
  }
  return new Parser(tokenizeJq(program)).program()
}

/** Reads definitions with nothing behind them. @throws JqSyntaxError */
export function parseJqDefinitions(text: string): readonly JqDefinition[] {
  return new Parser(tokenizeJq(text)).definitions()
}

class Parser {
  readonly #tokens: readonly JqToken[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly JqToken[], depth = 0) {
    this.#tokens = tokens
    this.#depth = depth
  }

  program(): JqNode {
    if (this.#isAtEnd) return IDENTITY
    const node = this.#pipe(0)
    if (!this.#isAtEnd) this.#fail('end of the program')
    return node
  }

  definitions(): readonly JqDefinition[] {
    const found: JqDefinition[] = []
    while (this.#is('def')) found.push(this.#definition())
    if (!this.#isAtEnd) this.#fail('def')
    return found
  }

  get #isAtEnd(): boolean {
    return this.#token.kind === 'end'
  }

  get #token(): JqToken {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)]! // There is always an end.
  }

  #is(text: string): boolean {
    const { kind } = this.#token
    return (kind === 'symbol' || kind === 'keyword') && textOf(this.#token) === text
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }

  #need(text: string): void {
    if (!this.#take(text)) this.#fail(text)
  }

  #fail(expected: string): never {
    const token = this.#token
    const found = token.kind === 'end' ? 'end' : JSON.stringify(textOf(token))
    throw new JqSyntaxError(`unexpected ${found}, expected ${expected}`, token.at)
  }

  /** Definitions, `as` and `label` reach as far as a pipe does. */
  #pipe(power: number): JqNode {
    if (++this.#depth > DEPTH_MAX) {
      throw new JqSyntaxError(`nested deeper than ${DEPTH_MAX} levels`, this.#token.at)
    }
    const node = this.#expression(power)
    this.#depth--
    return node
  }

  #expression(power: number): JqNode {
    if (this.#is('def')) {
      const definition = this.#definition()
      return { kind: 'def', definition, rest: this.#pipe(0) }
    }
    if (this.#is('label')) return this.#label()
    let left = this.#operand()
    for (;;) {
      const op = textOf(this.#token)
      const operator = this.#is(op) ? OPERATORS.get(op) : undefined
      if (operator === undefined || operator.power <= power) return left
      this.#at++
      const isRight = operator.groups === 'right'
      const right = this.#pipe(isRight ? operator.power - 1 : operator.power)
      const again = this.#is(textOf(this.#token)) ? OPERATORS.get(textOf(this.#token)) : undefined
      if (operator.groups === 'none' && again?.power === operator.power) this.#fail('parentheses')
      left = binary(op, operator, left, right)
    }
  }

  #label(): JqNode {
    this.#at++
    const token = this.#token
    if (token.kind !== 'variable') this.#fail('a name with $')
    this.#at++
    this.#need('|')
    return { kind: 'label', name: textOf(token), body: this.#pipe(0) }
  }

  #definition(): JqDefinition {
    this.#need('def')
    const name = this.#name()
    const params: string[] = []
    if (this.#take('(')) {
      do {
        const isVariable = this.#token.kind === 'variable'
        params.push(isVariable ? `$${textOf(this.#token)}` : this.#nameAhead())
        this.#at++
      } while (this.#take(';'))
      this.#need(')')
    }
    this.#need(':')
    const body = this.#pipe(0)
    this.#need(';')
    return { name, params, body }
  }

  #nameAhead(): string {
    if (this.#token.kind !== 'name' && this.#token.kind !== 'keyword') this.#fail('a name')
    return textOf(this.#token)
  }

  #name(): string {
    const name = this.#nameAhead()
    this.#at++
    return name
  }

  /** A term, with `as` behind it, or a sign in front. */
  #operand(): JqNode {
    if (this.#take('-')) return { kind: 'negate', operand: this.#pipe(Power.SUM) }
    const term = this.#postfix(this.#term())
    if (!this.#take('as')) return term
    const patterns = [this.#pattern()]
    while (this.#is('?')) {
      this.#at++
      this.#need('//')
      patterns.push(this.#pattern())
    }
    this.#need('|')
    return { kind: 'as', source: term, patterns, body: this.#pipe(0) }
  }

  #term(): JqNode {
    const token = this.#token
    switch (token.kind) {
      case 'number':
        this.#at++
        return { kind: 'literal', value: Number(token.text) }
      case 'string':
        return this.#text('')
      case 'format':
        this.#at++
        if (this.#token.kind === 'string') return this.#text(token.text)
        return { kind: 'format', name: token.text }
      case 'field':
        return this.#field(IDENTITY)
      case 'variable':
        return this.#variable()
      case 'name':
        return this.#call()
      case 'keyword':
        return this.#keywordTerm()
      case 'symbol':
        return this.#symbolTerm()
      case 'end':
        return this.#fail('a filter')
    }
  }

  #variable(): JqNode {
    const { at } = this.#token
    const name = textOf(this.#token)
    this.#at++
    return { kind: 'variable', name, at }
  }

  #symbolTerm(): JqNode {
    if (this.#take('..')) return { kind: 'recurse' }
    if (this.#take('(')) {
      const inner = this.#pipe(0)
      this.#need(')')
      return inner
    }
    if (this.#take('[')) {
      if (this.#take(']')) return { kind: 'array', body: undefined }
      const body = this.#pipe(0)
      this.#need(']')
      return { kind: 'array', body }
    }
    if (this.#is('{')) return this.#object()
    if (!this.#take('.')) this.#fail('a filter')
    if (this.#token.kind !== 'string') return IDENTITY
    return { kind: 'index', target: IDENTITY, key: this.#text('') }
  }

  #keywordTerm(): JqNode {
    if (this.#is('if')) return this.#if()
    if (this.#take('try')) {
      const body = this.#postTerm()
      const handler = this.#take('catch') ? this.#postTerm() : undefined
      return { kind: 'try', body, handler }
    }
    if (this.#is('reduce') || this.#is('foreach')) return this.#fold()
    return this.#fail('a filter')
  }

  #postTerm(): JqNode {
    return this.#take('-')
      ? { kind: 'negate', operand: this.#postTerm() }
      : this.#postfix(this.#term())
  }

  #if(): JqNode {
    this.#at++ // `if` or `elif`
    const condition = this.#pipe(0)
    this.#need('then')
    const then = this.#pipe(0)
    if (this.#is('elif')) return { kind: 'if', condition, then, otherwise: this.#if() }
    const otherwise = this.#take('else') ? this.#pipe(0) : undefined
    this.#need('end')
    return { kind: 'if', condition, then, otherwise }
  }

  #fold(): JqNode {
    const isReduce = this.#is('reduce')
    this.#at++
    const source = this.#postfix(this.#term())
    this.#need('as')
    const pattern = this.#pattern()
    this.#need('(')
    const start = this.#pipe(0)
    this.#need(';')
    const update = this.#pipe(0)
    const extract = !isReduce && this.#take(';') ? this.#pipe(0) : undefined
    this.#need(')')
    if (isReduce) return { kind: 'reduce', source, pattern, start, update }
    return { kind: 'foreach', source, pattern, start, update, extract }
  }

  #call(): JqNode {
    const { at } = this.#token
    const name = this.#name()
    if (name === 'break' && this.#token.kind === 'variable') {
      const label = textOf(this.#token)
      this.#at++
      return { kind: 'break', name: label, at }
    }
    const constant = CONSTANTS.get(name)
    if (constant !== undefined && !this.#is('(')) return { kind: 'literal', value: constant.value }
    const args: JqNode[] = []
    if (this.#take('(')) {
      do args.push(this.#pipe(0))
      while (this.#take(';'))
      this.#need(')')
    }
    return { kind: 'call', name, args, at }
  }

  #postfix(start: JqNode): JqNode {
    let node = start
    for (;;) {
      if (this.#token.kind === 'field') node = this.#field(node)
      else if (this.#take('?')) node = { kind: 'try', body: node, handler: undefined }
      else if (this.#take('[')) node = this.#bracket(node)
      else if (this.#is('.') && this.#isTextOrBracket()) {
        this.#at++
        if (this.#take('[')) node = this.#bracket(node)
        else node = { kind: 'index', target: node, key: this.#text('') }
      } else return node
    }
  }

  #isTextOrBracket(): boolean {
    const after = this.#tokens[this.#at + 1]
    return after?.kind === 'string' || (after?.kind === 'symbol' && after.text === '[')
  }

  #field(target: JqNode): JqNode {
    const key: JqNode = { kind: 'literal', value: textOf(this.#token) }
    this.#at++
    return { kind: 'index', target, key }
  }

  /** `]`, `key]`, `from:to]` behind an opening bracket. */
  #bracket(target: JqNode): JqNode {
    if (this.#take(']')) return { kind: 'each', target }
    const from = this.#is(':') ? undefined : this.#pipe(0)
    if (!this.#take(':')) {
      this.#need(']')
      return { kind: 'index', target, key: from ?? IDENTITY }
    }
    const to = this.#is(']') ? undefined : this.#pipe(0)
    this.#need(']')
    return { kind: 'slice', target, from, to }
  }

  #text(format: string): JqNode {
    const token = this.#token
    if (token.kind !== 'string') this.#fail('a string')
    this.#at++
    const [only] = token.parts
    if (token.parts.length === 1 && typeof only === 'string')
      return { kind: 'literal', value: only }
    const part = (one: JqTextPart): string | JqNode => {
      return typeof one === 'string' ? one : new Parser(one, this.#depth).program()
    }
    return { kind: 'text', parts: token.parts.map(part), format }
  }

  #object(): JqNode {
    this.#need('{')
    const entries: JqEntry[] = []
    while (!this.#take('}')) {
      entries.push(this.#entry())
      if (!this.#is('}')) this.#need(',')
    }
    return { kind: 'object', entries }
  }

  #entry(): JqEntry {
    const token = this.#token
    if (token.kind === 'variable') {
      const value = this.#variable()
      return { key: { kind: 'literal', value: token.text }, value }
    }
    const key = this.#entryKey()
    if (this.#take(':')) return { key, value: this.#entryValue() }
    if (token.kind === 'symbol') this.#fail(':')
    return { key, value: { kind: 'index', target: IDENTITY, key } }
  }

  #entryKey(): JqNode {
    const token = this.#token
    if (token.kind === 'string') return this.#text('')
    if (token.kind === 'format') return this.#term()
    if (this.#take('(')) {
      const key = this.#pipe(0)
      this.#need(')')
      return key
    }
    if (token.kind !== 'name' && token.kind !== 'keyword' && token.kind !== 'number') {
      this.#fail('a key')
    }
    this.#at++
    return { kind: 'literal', value: textOf(token) }
  }

  /** Terms joined by `|`; a comma ends the value. */
  #entryValue(): JqNode {
    const left = this.#pipe(Power.COMMA)
    return this.#take('|') ? { kind: 'pipe', left, right: this.#entryValue() } : left
  }

  #pattern(): JqPattern {
    const token = this.#token
    if (token.kind === 'variable') {
      this.#at++
      return { kind: 'name', name: token.text }
    }
    if (this.#take('[')) {
      const items: JqPattern[] = []
      do items.push(this.#pattern())
      while (this.#take(','))
      this.#need(']')
      return { kind: 'array', items }
    }
    this.#need('{')
    const entries: JqPatternEntry[] = []
    do entries.push(this.#patternEntry())
    while (this.#take(','))
    this.#need('}')
    return { kind: 'object', entries }
  }

  #patternEntry(): JqPatternEntry {
    const token = this.#token
    if (token.kind !== 'variable') {
      const key = this.#entryKey()
      this.#need(':')
      return { key, name: undefined, pattern: this.#pattern() }
    }
    this.#at++
    const pattern = this.#take(':') ? this.#pattern() : undefined
    return { key: { kind: 'literal', value: token.text }, name: token.text, pattern }
  }
}

const CONSTANTS: ReadonlyMap<string, { readonly value: boolean | null }> = new Map([
  ['true', { value: true }],
  ['false', { value: false }],
  ['null', { value: null }],
])

function textOf(token: JqToken): string {
  return token.kind === 'string' ? 'string' : token.text
}

function binary(op: string, { power }: Operator, left: JqNode, right: JqNode): JqNode {
  if (op === '|') return { kind: 'pipe', left, right }
  if (op === ',') return { kind: 'comma', left, right }
  return { kind: power === Power.ASSIGN ? 'assign' : 'binary', op, left, right }
}
