import type { Dialect } from './dialect.ts'
import type { ProblemList, ProblemText, Span } from './problem.ts'
import { TokenKind } from './token.ts'
import type { Token } from './token.ts'

/** Thrown inside the parser to leave the part that cannot be understood; the problem is noted. */
export class Unparsable extends Error {}

/** Nested expressions: what is deeper is a mistake or an attack. */
const DEPTH_MAX = 100

/** The tokens of a statement and the place of the parser in them. */
export class TokenStream {
  readonly dialect: Dialect
  readonly #tokens: readonly Token[]
  readonly #problems: ProblemList
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[], dialect: Dialect, problems: ProblemList) {
    this.dialect = dialect
    this.#tokens = tokens
    this.#problems = problems
  }

  /** The token at the place of the parser; `END` behind the last one. */
  get token(): Token {
    return this.peek(0)
  }

  /** The token so many further on. */
  peek(distance: number): Token {
    const last = this.#tokens.length - 1
    return this.#tokens[Math.min(this.#at + distance, last)]! // There is always an END.
  }

  /** Takes the token and goes on. */
  next(): Token {
    const { token } = this
    if (token.kind !== TokenKind.END) this.#at++
    return token
  }

  /** Where the token before ended. */
  get lastEnd(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end // Not the first one: checked.
  }

  /** Something from `start` to the token before. */
  spanFrom(start: number): Span {
    return { start, end: Math.max(start, this.lastEnd) }
  }

  isSymbol(text: string): boolean {
    const { token } = this
    return token.kind === TokenKind.SYMBOL && token.text === text
  }

  isKeyword(text: string): boolean {
    const { token } = this
    return token.kind === TokenKind.KEYWORD && token.text === text
  }

  /** Takes the symbol if it is next. */
  takeSymbol(text: string): boolean {
    if (!this.isSymbol(text)) return false
    this.#at++
    return true
  }

  /** Takes the keyword if it is next. */
  takeKeyword(text: string): boolean {
    if (!this.isKeyword(text)) return false
    this.#at++
    return true
  }

  /** Takes the symbol, which must be next. */
  needSymbol(text: string, hint?: string): void {
    if (!this.takeSymbol(text)) this.fail([`"${text}"`], hint)
  }

  needKeyword(text: string, hint?: string): void {
    if (!this.takeKeyword(text)) this.fail([text], hint)
  }

  /** Notes that the next token does not fit, and leaves this part. */
  fail(expected: readonly string[], hint?: string): never {
    const { token } = this
    this.failAt(token, { message: `unexpected ${describe(token)}`, expected, hint })
  }

  failAt(span: Span, text: ProblemText): never {
    this.note(span, text)
    throw new Unparsable(text.message)
  }

  /** Notes a problem and goes on. */
  note(span: Span, text: ProblemText): void {
    this.#problems.add(span, text)
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.#depth >= DEPTH_MAX) {
      this.failAt(this.token, { message: `nested deeper than ${DEPTH_MAX} levels` })
    }
    this.#depth++
    try {
      return parse()
    } finally {
      this.#depth--
    }
  }

  /** Skips to the next token for which `isEnd` holds, outside of parentheses opened on the way. */
  skipTo(isEnd: (token: Token) => boolean): void {
    let open = 0
    for (; this.token.kind !== TokenKind.END; this.#at++) {
      const { token } = this
      if (open === 0 && isEnd(token)) return
      if (token.kind !== TokenKind.SYMBOL) continue
      if (token.text === '(' || token.text === '[') open++
      else if ((token.text === ')' || token.text === ']') && open > 0) open--
    }
  }
}

/** How a token is called in a message. */
export function describe(token: Token): string {
  if (token.kind === TokenKind.END) return 'end of the statement'
  if (token.kind === TokenKind.STRING) return `string ${JSON.stringify(token.text)}`
  return `"${token.text}"`
}
