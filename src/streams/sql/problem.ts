/** A place in a text: offsets in UTF-16 units, `end` is behind the last one. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Something wrong with a statement. Lines and columns count from 1. */
export interface SqlProblem extends Span {
  readonly line: number
  readonly column: number
  readonly message: string
  /** What could have stood there. */
  readonly expected: readonly string[]
  /** What to do about it. */
  readonly hint: string | undefined
}

/** Wrong SQL, with everything that is wrong with it. */
export class SqlError extends Error {
  readonly problems: readonly SqlProblem[]

  constructor(problems: readonly SqlProblem[]) {
    super(problems.map(formatSqlProblem).join('\n'))
    this.name = 'SqlError'
    this.problems = problems
  }
}

/** What a problem says apart from its place. */
export interface ProblemText {
  readonly message: string
  readonly expected?: readonly string[] | undefined
  readonly hint?: string | undefined
}

/** Problems of one text, each place reported once, so many at most. */
const PROBLEMS_MAX = 50

/** Collects the problems of one text. */
export class ProblemList {
  readonly problems: SqlProblem[] = []
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  add(span: Span, text: ProblemText): void {
    if (this.problems.length >= PROBLEMS_MAX) return
    if (this.problems.some(({ start }) => start === span.start)) return
    const { start, end } = span
    const { message, expected = [], hint } = text
    this.problems.push({ start, end, ...placeOf(this.#text, start), message, expected, hint })
  }

  /** In the order of the text. */
  sorted(): readonly SqlProblem[] {
    return this.problems.toSorted((a, b) => a.start - b.start)
  }
}

/** Line and column of an offset, from 1. */
function placeOf(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1 }
}

/** One line: `2:7: unexpected ")", expected an expression (hint)`. */
export function formatSqlProblem(problem: SqlProblem): string {
  const { line, column, message, expected, hint } = problem
  const wanted = expected.length === 0 ? '' : `, expected ${listOf(expected)}`
  return `${line}:${column}: ${message}${wanted}${hint === undefined ? '' : `; ${hint}`}`
}

function listOf(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
