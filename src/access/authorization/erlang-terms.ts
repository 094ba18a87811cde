/**
 * Reads the Erlang terms that files for EMQX are written in: tuples, lists, atoms, strings,
 * integers, each whole term ended by a full stop, comments after `%`.
 */

/** Where something stands; both count from 1. */
export interface TextPosition {
  readonly line: number
  readonly column: number
}

/** A term and where it begins. */
export type Term =
  | { readonly kind: 'atom'; readonly name: string; readonly at: TextPosition }
  | { readonly kind: 'string'; readonly text: string; readonly at: TextPosition }
  | { readonly kind: 'integer'; readonly value: number; readonly at: TextPosition }
  | {
      readonly kind: 'tuple' | 'list'
      readonly items: readonly Term[]
      readonly at: TextPosition
    }

/** What is wrong, and where. The message begins with `line:column: `. */
export class TermError extends Error {
  override readonly name = 'TermError'
  readonly at: TextPosition

  constructor(reason: string, at: TextPosition) {
    super(`${at.line}:${at.column}: ${reason}`)
    this.at = at
  }
}

/** Terms inside terms deeper than this are refused. */
const DEPTH_MAX = 32
const CLOSING = { '{': '}', '[': ']' } as const
const SPACE = /(?:\s|%[^\n]*)*/y
const ATOM = /[a-z][A-Za-z0-9_@]*/y
const INTEGER = /[+-]?\d{1,15}(?!\d|\.\d)/y
const QUOTED = /"((?:[^"\\]|\\[^])*)"/y
const QUOTED_ATOM = /'((?:[^'\\\n]|\\[^])*)'/y
const ESCAPE = /\\(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]))/g
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  d: '\x7f',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
}

/**
 * All terms of a text, each ended by a full stop.
 * @throws TermError
 */
export function parseTerms(text: string): readonly Term[] {
  const reader = new TermReader(text)
  const terms: Term[] = []
  while (!reader.atEnd()) {
    terms.push(reader.term(0))
    reader.fullStop()
  }
  return terms
}

class TermReader {
  readonly #text: string
  #offset = 0
  /** The line that was found last, and where it begins: terms are met in order. */
  #line = 1
  #lineStart = 0

  constructor(text: string) {
    this.#text = text
  }

  atEnd(): boolean {
    this.#take(SPACE)
    return this.#offset === this.#text.length
  }

  term(depth: number): Term {
    this.#take(SPACE)
    const at = this.#position(this.#offset)
    if (depth > DEPTH_MAX) throw new TermError(`terms are nested more than ${DEPTH_MAX} deep`, at)
    const char = this.#text[this.#offset]
    if (char === '{' || char === '[') return this.#sequence(char, at, depth)
    if (char === '"') return { kind: 'string', text: this.#string(at), at }
    if (this.#text.startsWith('<<"', this.#offset)) return this.#binary(at)
    const atom = this.#take(ATOM) ?? this.#quotedAtom()
    if (atom !== undefined) return { kind: 'atom', name: atom, at }
    const digits = this.#take(INTEGER)
    if (digits !== undefined) return { kind: 'integer', value: Number(digits), at }
    throw new TermError(`expected a term, found ${this.#found()}`, at)
  }

  fullStop(): void {
    this.#take(SPACE)
    if (this.#text[this.#offset] !== '.') {
      const at = this.#position(this.#offset)
      throw new TermError(`expected a full stop after the term, found ${this.#found()}`, at)
    }
    this.#offset++
  }

  #sequence(open: '{' | '[', at: TextPosition, depth: number): Term {
    const close = CLOSING[open]
    const kind = open === '{' ? 'tuple' : 'list'
    const items: Term[] = []
    this.#offset++
    this.#take(SPACE)
    if (this.#text[this.#offset] === close) {
      this.#offset++
      return { kind, items, at }
    }
    for (;;) {
      items.push(this.term(depth + 1))
      this.#take(SPACE)
      const char = this.#text[this.#offset]
      if (char !== ',' && char !== close) {
        const here = this.#position(this.#offset)
        throw new TermError(`expected \`,\` or \`${close}\`, found ${this.#found()}`, here)
      }
      this.#offset++
      if (char === close) return { kind, items, at }
    }
  }

  #string(at: TextPosition): string {
    QUOTED.lastIndex = this.#offset
    const match = QUOTED.exec(this.#text)
    if (match === null) throw new TermError('the text that begins here has no closing "', at)
    this.#offset = QUOTED.lastIndex
    return unescape(match[1] ?? '')
  }

  #binary(at: TextPosition): Term {
    this.#offset += 2
    const text = this.#string(at)
    this.#take(/(?:\/utf8)?/y)
    if (!this.#text.startsWith('>>', this.#offset)) {
      throw new TermError('expected `>>` after the text', this.#position(this.#offset))
    }
    this.#offset += 2
    return { kind: 'string', text, at }
  }

  #quotedAtom(): string | undefined {
    const quoted = this.#take(QUOTED_ATOM)
    return quoted === undefined ? undefined : unescape(quoted.slice(1, -1))
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#offset = pattern.lastIndex
    return match[0]
  }

  #found(): string {
    const char = this.#text.codePointAt(this.#offset)
    return char === undefined ? 'the end of the file' : `\`${String.fromCodePoint(char)}\``
  }

  #position(offset: number): TextPosition {
    for (;;) {
      const end = this.#text.indexOf('\n', this.#lineStart)
      if (end === -1 || end >= offset) break
      this.#lineStart = end + 1
      this.#line++
    }
    return { line: this.#line, column: offset - this.#lineStart + 1 }
  }
}

function unescape(text: string): string {
  return text.replaceAll(
    ESCAPE,
    (_, wide?: string, hex?: string, octal?: string, char?: string): string => {
      if (char !== undefined) return ESCAPES[char] ?? char
      const code = octal === undefined ? parseInt(wide ?? hex ?? '', 16) : parseInt(octal, 8)
      return code > 0x10_ffff ? '�' : String.fromCodePoint(code)
    },
  )
}
