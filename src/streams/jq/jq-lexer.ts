import { JqSyntaxError } from './jq-error.ts'

/** One word of a program. A string has its parts: texts, and the tokens of its places. */
export type JqToken =
  | {
      readonly kind: 'name' | 'keyword' | 'field' | 'variable' | 'format' | 'symbol' | 'end'
      readonly text: string
      readonly at: number
    }
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly parts: readonly JqTextPart[]; readonly at: number }

export type JqTextPart = string | readonly JqToken[]

const KEYWORDS: ReadonlySet<string> = new Set(
  'def if then elif else end as reduce foreach try catch label import include and or'.split(' '),
)
/** Longer ones first. */
const SYMBOLS =
  '//= |= += -= *= /= %= == != <= >= // .. | , . [ ] ( ) { } : ; = < > + - * / % ? $'.split(' ')
const BLANK = /(?:\s|#[^\n]*)*/y
const WORD = /[A-Za-z_](?:[A-Za-z0-9_]|::(?=[A-Za-z_]))*/y
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '/': '/',
  '\\': '\\',
  '"': '"',
}
const NESTING_MAX = 50

/**
 * Cuts a program into tokens, the last of which is `end`.
 * @throws JqSyntaxError
 */
export function tokenizeJq(program: string): readonly JqToken[] {
  return new Lexer(program).tokens(undefined)
}

class Lexer {
  readonly #text: string
  #at = 0
  #nesting = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Up to the end, or to the `)` that closes a place in a string, which is taken. */
  tokens(close: ')' | undefined): readonly JqToken[] {
    const tokens: JqToken[] = []
    let open = 0
    for (;;) {
      this.#match(BLANK)
      const at = this.#at
      if (at >= this.#text.length) {
        if (close !== undefined) throw new JqSyntaxError('a string without end', at)
        tokens.push({ kind: 'end', text: '', at })
        return tokens
      }
      const token = this.#next()
      if (close !== undefined && token.kind === 'symbol') {
        if (token.text === '(') open++
        if (token.text === ')' && open-- === 0) {
          tokens.push({ kind: 'end', text: ')', at })
          return tokens
        }
      }
      tokens.push(token)
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [text = ''] = pattern.exec(this.#text) ?? []
    this.#at += text.length
    return text
  }

  #next(): JqToken {
    const at = this.#at
    const char = this.#text.charAt(at)
    if (char === '"') return this.#string()
    const word = this.#match(WORD)
    if (word !== '') return { kind: KEYWORDS.has(word) ? 'keyword' : 'name', text: word, at }
    const number = this.#match(NUMBER)
    if (number !== '') return { kind: 'number', text: number, at }
    if (char === '.' || char === '$' || char === '@') {
      this.#at++
      const name = this.#match(WORD)
      const kind = char === '.' ? 'field' : char === '$' ? 'variable' : 'format'
      if (name !== '') return { kind, text: name, at }
      this.#at = at
    }
    const symbol = SYMBOLS.find((one) => this.#text.startsWith(one, at))
    if (symbol === undefined) {
      throw new JqSyntaxError(`unexpected ${JSON.stringify(char)}`, at)
    }
    this.#at += symbol.length
    return { kind: 'symbol', text: symbol, at }
  }

  #string(): JqToken {
    const at = this.#at++
    const parts: JqTextPart[] = []
    let text = ''
    for (;;) {
      const char = this.#text.charAt(this.#at++)
      if (char === '') throw new JqSyntaxError('a string without end', at)
      if (char === '"') {
        parts.push(text)
        return { kind: 'string', parts, at }
      }
      if (char !== '\\') {
        text += char
        continue
      }
      const escape = this.#text.charAt(this.#at++)
      if (escape === '(') {
        parts.push(text, this.#place(at))
        text = ''
      } else text += this.#escaped(escape)
    }
  }

  #place(at: number): readonly JqToken[] {
    if (++this.#nesting > NESTING_MAX) throw new JqSyntaxError('strings nested too deep', at)
    const tokens = this.tokens(')')
    this.#nesting--
    return tokens
  }

  #escaped(escape: string): string {
    const known = Object.hasOwn(ESCAPES, escape) ? ESCAPES[escape] : undefined
    if (known !== undefined) return known
    const digits = this.#text.slice(this.#at, this.#at + 4)
    if (escape !== 'u' || !/^[\da-fA-F]{4}$/.test(digits)) {
      throw new JqSyntaxError('an escape that is none', this.#at - 2)
    }
    this.#at += 4
    return String.fromCharCode(Number.parseInt(digits, 16))
  }
}
