/** Regular expressions of jq, in time that grows with the length of the text only. */
import { compilePattern } from '#kernel/text-pattern.ts'
import { JqError } from './jq-error.ts'
import { step } from './jq-filter.ts'
import type { Pure } from './jq-pure.ts'
import { describeJq, isArray } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** See jq-functions.ts. `match` and what the standard definitions make of it. */
export const REGEX_FUNCTIONS: readonly Pure[] = [
  ['test', 2, (input, re, flags) => matches(input, re, flags, true).length > 0],
  ['_match', 2, (input, re, flags) => matches(input, re, flags, false)],
]

const REGEXES_MAX = 256
const regexes = new Map<string, Regex>()

type Pattern = ReturnType<typeof compilePattern>
type Matcher = ReturnType<Pattern['matcher']>

interface Regex {
  readonly pattern: Pattern
  /** Of the groups that capture, null for those without. */
  readonly names: readonly (string | null)[]
}

function matches(input: JqValue, re: JqValue, flags: JqValue, isTest: boolean): readonly JqValue[] {
  const [pattern, given] = isArray(re) ? [re[0] ?? null, re[1] ?? null] : [re, flags]
  if (typeof input !== 'string') {
    throw new JqError(`${describeJq(input)} cannot be matched, as it is not a string`)
  }
  if (typeof pattern !== 'string') {
    throw new JqError(`${describeJq(pattern)} cannot be matched, as it is not a string`)
  }
  if (given !== null && typeof given !== 'string') {
    throw new JqError(`${describeJq(given)} is not a string`)
  }
  const isGlobal = given?.includes('g') === true && !isTest
  const { pattern: compiled, names } = regexOf(pattern, given ?? '')
  const matcher = compiled.matcher(input)
  const found: JqValue[] = []
  let at = 0
  let offset = 0
  while (matcher.find()) {
    step()
    const start = matcher.start()
    // From match to match: from the beginning it would be the square of the length.
    offset += chars(input, at, start)
    at = start
    const isEmpty = start === matcher.end()
    if (!(isEmpty && given?.includes('n'))) found.push(describe(input, matcher, names, offset))
    if (!isGlobal) break
  }
  return found
}

/** Flags: g global, i any case, x with blanks, s and p dot takes lines, n no empty matches. */
function regexOf(pattern: string, flags: string): Regex {
  const key = `${flags} ${pattern}`
  const known = regexes.get(key)
  if (known !== undefined) return known
  if (/[^gimnpslx]/.test(flags)) throw new JqError(`${flags} is not a valid modifier string`)
  const source = flags.includes('x') ? withoutBlanks(pattern) : pattern
  const dotAll = /[sp]/.test(flags) ? 's' : ''
  let compiled: Pattern
  try {
    compiled = compilePattern(source, `${flags.includes('i') ? 'i' : ''}${dotAll}`)
  } catch (error) {
    throw new JqError(`${pattern} (at offset 0) is not a valid regex: ${(error as Error).message}`)
  }
  const [oldest] = regexes.keys()
  if (regexes.size >= REGEXES_MAX && oldest !== undefined) regexes.delete(oldest)
  const regex = { pattern: compiled, names: groupNames(compiled) }
  regexes.set(key, regex)
  return regex
}

function groupNames(pattern: Pattern): readonly (string | null)[] {
  const names = Object.entries(pattern.namedGroups())
  return Array.from({ length: pattern.groupCount() }, (_, index) => {
    return names.find(([, place]) => place === index + 1)?.[0] ?? null
  })
}

function withoutBlanks(pattern: string): string {
  return pattern.replaceAll(/\\.|\s+|#[^\n]*/gs, (part) => (part.startsWith('\\') ? part : ''))
}

/** @param offset of the match, in characters */
function describe(input: string, matcher: Matcher, names: Regex['names'], offset: number): JqValue {
  const begin = matcher.start()
  const captures = names.map((name, index) => {
    const start = matcher.start(index + 1)
    const isPart = start >= 0
    return {
      offset: isPart ? offset + chars(input, begin, start) : -1,
      length: isPart ? chars(input, start, matcher.end(index + 1)) : 0,
      string: isPart ? matcher.group(index + 1) : null,
      name,
    }
  })
  return {
    offset,
    length: chars(input, begin, matcher.end()),
    string: matcher.group() ?? '',
    captures,
  }
}

/** How many characters stand between two places. */
function chars(input: string, start: number, end: number): number {
  return Array.from(input.slice(start, end)).length
}
