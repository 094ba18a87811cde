/**
 * Expressions that make an attribute of what a client presents, such as
 * `nth(1, tokens(clientid, '-'))`: names, texts in quotes, whole numbers, and calls of functions.
 * A part of EMQX's variable expressions: without regular expressions and hashes.
 */

/** What an expression may ask for; undefined = the client lacks it. */
export type ValueOf = (name: string) => string | undefined

/** Value of a part: a list only on its way into `nth` or `concat`. */
type Value = string | number | readonly string[] | undefined

/** Computes the text for one client; undefined when it lacks what is needed. */
export type Expression = (valueOf: ValueOf) => string | undefined

type Part = (valueOf: ValueOf) => Value

const LENGTH_MAX = 1_024
const DEPTH_MAX = 20
const TOKEN = /\s*(?:([A-Za-z_][\w.-]*)|'([^']*)'|"([^"]*)"|(-?\d{1,9})|([(),[\]]))/y

interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'mark'
  readonly text: string
  readonly at: number
}

/**
 * Compiles an expression.
 * @throws Error with the place of what is wrong
 */
export function compileExpression(source: string): Expression {
  if (source.length > LENGTH_MAX) throw new Error(`is longer than ${LENGTH_MAX} characters`)
  const tokens = tokenize(source)
  const parser = new Parser(source, tokens)
  const part = parser.whole()
  return (valueOf) => {
    const value = part(valueOf)
    return typeof value === 'object' ? undefined : textOf(value)
  }
}

function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = []
  const end = source.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (match === null) throw new Error(`cannot be read from character ${from + 1} on`)
    const at = TOKEN.lastIndex - match[0].trimStart().length
    const [, name, single, double, number, mark = ''] = match
    const text = single ?? double
    if (name !== undefined) tokens.push({ kind: 'name', text: name, at })
    else if (text !== undefined) tokens.push({ kind: 'text', text, at })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, at })
    else tokens.push({ kind: 'mark', text: mark, at })
  }
  return tokens
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(source: string, tokens: readonly Token[]) {
    this.#source = source
    this.#tokens = tokens
  }

  whole(): Part {
    const part = this.#part(0)
    if (this.#next < this.#tokens.length) throw this.#unexpected()
    return part
  }

  #part(depth: number): Part {
    const token = this.#tokens[this.#next]
    if (token === undefined || depth > DEPTH_MAX) throw this.#unexpected()
    this.#next++
    if (token.kind === 'text') return () => token.text
    if (token.kind === 'number') {
      const number = Number(token.text)
      return () => number
    }
    if (token.kind === 'name') {
      return this.#isMark('(') ? this.#call(token, depth) : nameOf(token)
    }
    if (token.text !== '[') {
      this.#next--
      throw this.#unexpected()
    }
    const items = this.#items(']', depth)
    return (valueOf) => textsOf(items.map((item) => item(valueOf)))
  }

  #call({ text: name, at }: Token, depth: number): Part {
    const known = FUNCTIONS.get(name)
    if (known === undefined) {
      const names = [...FUNCTIONS.keys()].join(', ')
      throw new Error(`has the unknown function ${name} at character ${at + 1}; there are ${names}`)
    }
    this.#next++
    const items = this.#items(')', depth)
    if (items.length < known.least || items.length > known.most) {
      throw new Error(`gives ${items.length} values to ${name} at character ${at + 1}`)
    }
    return (valueOf) => known.run(items.map((item) => item(valueOf)))
  }

  #items(end: string, depth: number): readonly Part[] {
    const items: Part[] = []
    if (this.#takeMark(end)) return items
    do items.push(this.#part(depth + 1))
    while (this.#takeMark(','))
    if (!this.#takeMark(end)) throw this.#unexpected()
    return items
  }

  #isMark(text: string): boolean {
    const token = this.#tokens[this.#next]
    return token?.kind === 'mark' && token.text === text
  }

  #takeMark(text: string): boolean {
    const isIt = this.#isMark(text)
    if (isIt) this.#next++
    return isIt
  }

  #unexpected(): Error {
    const at = this.#tokens[this.#next]?.at ?? this.#source.length
    return new Error(`is not an expression from character ${at + 1} on`)
  }
}

/** Names that stand for a value of the client. */
const NAMES: ReadonlySet<string> = new Set([
  'clientid',
  'username',
  'cn',
  'dn',
  'peerhost',
  'listener',
  'zone',
])
const USER_PROPERTY = 'user_property.'

function nameOf({ text: name, at }: Token): Part {
  if (NAMES.has(name) || name.startsWith(USER_PROPERTY)) return (valueOf) => valueOf(name)
  const names = [...NAMES, `${USER_PROPERTY}<name>`].join(', ')
  throw new Error(`has the unknown name ${name} at character ${at + 1}; there are ${names}`)
}

interface ExpressionFunction {
  readonly least: number
  readonly most: number
  run(values: readonly Value[]): Value
}

/** A function of texts that is undefined when one of them is. */
function ofTexts(
  least: number,
  most: number,
  run: (...texts: readonly string[]) => Value,
): ExpressionFunction {
  return {
    least,
    most,
    run(values) {
      const texts = textsOf(values)
      return texts === undefined ? undefined : run(...texts)
    },
  }
}

const VALUES_MAX = 32

const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map([
  ['nth', { least: 2, most: 2, run: ([at, list]) => nth(at, list) }],
  ['tokens', ofTexts(2, 2, (text = '', marks = '') => tokensOf(text, marks))],
  ['split', ofTexts(2, 2, (text = '', mark = '') => text.split(mark).filter((one) => one !== ''))],
  ['substr', { least: 2, most: 3, run: ([text, from, length]) => substr(text, from, length) }],
  ['concat', { least: 1, most: VALUES_MAX, run: (values) => textsOf(values.flat())?.join('') }],
  ['coalesce', { least: 1, most: VALUES_MAX, run: coalesce }],
  ['lower', ofTexts(1, 1, (text = '') => text.toLowerCase())],
  ['upper', ofTexts(1, 1, (text = '') => text.toUpperCase())],
  ['trim', ofTexts(1, 1, (text = '') => text.trim())],
])

/** Counted from 1. */
function nth(at: Value, list: Value): Value {
  return typeof at === 'number' && typeof list === 'object' ? list[at - 1] : undefined
}

/** Splits at every one of the characters; empty pieces are left out. */
function tokensOf(text: string, marks: string): readonly string[] {
  const pieces = ['']
  for (const char of text) {
    if (marks.includes(char)) pieces.push('')
    else pieces[pieces.length - 1] += char
  }
  return pieces.filter((piece) => piece !== '')
}

/** From a place counted from 0. */
function substr(text: Value, from: Value, length: Value): Value {
  if (typeof text !== 'string' || typeof from !== 'number') return undefined
  if (length === undefined) return text.slice(from)
  return typeof length === 'number' ? text.slice(from, from + Math.max(0, length)) : undefined
}

/** The first that is there and not empty. */
function coalesce(values: readonly Value[]): Value {
  return values.flat().find((value) => value !== undefined && value !== '')
}

function textOf(value: string | number | undefined): string | undefined {
  return typeof value === 'number' ? String(value) : value
}

/** Undefined when one is not there or a list. */
function textsOf(values: readonly Value[]): readonly string[] | undefined {
  const texts: string[] = []
  for (const value of values) {
    const text = typeof value === 'object' ? undefined : textOf(value)
    if (text === undefined) return undefined
    texts.push(text)
  }
  return texts
}
