/** Regular expressions of jq on those of JavaScript. */
import { explosivePattern } from '#broker/topics/pattern-guard.ts'
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

interface Regex {
  readonly regex: RegExp
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
  const { regex, names } = regexOf(pattern, given ?? '')
  regex.lastIndex = 0
  const found: JqValue[] = []
  for (let match = regex.exec(input); match !== null; match = regex.exec(input)) {
    step()
    if (!(match[0] === '' && given?.includes('n'))) found.push(describe(input, match, names))
    if (!isGlobal) break
    if (match[0] === '') regex.lastIndex++
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
  let made: RegExp
  try {
    made = new RegExp(source, `dgu${flags.includes('i') ? 'i' : ''}${dotAll}`)
  } catch (error) {
    throw new JqError(`${pattern} (at offset 0) is not a valid regex: ${(error as Error).message}`)
  }
  const danger = explosivePattern(source)
  if (danger !== undefined) throw new JqError(`the regex may take too long: it has ${danger}`)
  const [oldest] = regexes.keys()
  if (regexes.size >= REGEXES_MAX && oldest !== undefined) regexes.delete(oldest)
  const regex = { regex: made, names: groupNames(source) }
  regexes.set(key, regex)
  return regex
}

const GROUPS = /\\.|\[(?:\\.|[^\]])*\]|\((?:\?<([A-Za-z_]\w*)>|(?!\?))/gs

function groupNames(pattern: string): readonly (string | null)[] {
  const groups = [...pattern.matchAll(GROUPS)].filter(([text]) => text.startsWith('('))
  return groups.map(([, name]) => name ?? null)
}

function withoutBlanks(pattern: string): string {
  return pattern.replaceAll(/\\.|\s+|#[^\n]*/gs, (part) => (part.startsWith('\\') ? part : ''))
}

function describe(
  input: string,
  match: RegExpExecArray,
  names: readonly (string | null)[],
): JqValue {
  const captures = match.slice(1).map((text: string | undefined, index) => {
    const place = match.indices?.[index + 1]
    return {
      offset: place === undefined ? -1 : chars(input, place[0]),
      length: Array.from(text ?? '').length,
      string: text ?? null,
      name: names[index] ?? null,
    }
  })
  return {
    offset: chars(input, match.index),
    length: Array.from(match[0]).length,
    string: match[0],
    captures,
  }
}

/** An offset in characters. */
function chars(input: string, at: number): number {
  return Array.from(input.slice(0, at)).length
}
