/** Unbounded repetitions a pattern may have; each may multiply the time by the topic's length. */
const REPETITIONS_MAX = 10
/** `{n,m}` with an m from here on counts as unbounded. */
const BOUNDED_MAX = 10

/**
 * Why a regular expression may take exponential time on a hostile topic, or undefined.
 *
 * JavaScript's engine tries every way to split the text between an unbounded repetition and
 * another one inside it (`(a+)+`), or between equal alternatives inside it (`(a|a)*`), and cannot
 * be interrupted. Both shapes are refused without asking whether the particular pattern is
 * harmless: topics come from clients, and such a pattern can always be written otherwise.
 * The pattern is taken as one that compiles.
 */
export function explosivePattern(pattern: string): string | undefined {
  const groups: Group[] = [newGroup()]
  let closed: Group | undefined // The group that ended just before `at`.
  let atom = false // Something that can be repeated ended just before `at`.
  let repetitions = 0
  let at = 0
  while (at < pattern.length) {
    const quantifier = atom ? quantifierAt(pattern, at) : undefined
    if (quantifier !== undefined) {
      at += quantifier.length
      if (quantifier.unbounded) {
        if (closed?.repeats === true) return 'a repetition inside a repetition, like (a+)+'
        if (closed?.branches === true) return 'alternatives inside a repetition, like (a|b)*'
        if (++repetitions > REPETITIONS_MAX) return `more than ${REPETITIONS_MAX} repetitions`
      }
      topOf(groups).repeats = true
      atom = false
      continue
    }
    const char = pattern[at]
    closed = undefined
    atom = char !== '(' && char !== '|'
    if (char === '(') groups.push(newGroup())
    if (char === '|') topOf(groups).branches = true
    if (char === ')') {
      closed = topOf(groups)
      groups.pop()
      const outer = topOf(groups)
      outer.repeats ||= closed.repeats
      outer.branches ||= closed.branches
    }
    at = tokenEnd(pattern, at)
  }
  return undefined
}

interface Group {
  /** Something inside may match in several lengths. */
  repeats: boolean
  branches: boolean
}

function newGroup(): Group {
  return { repeats: false, branches: false }
}

function topOf(groups: readonly Group[]): Group {
  const top = groups.at(-1)
  if (top === undefined) throw new Error('the pattern closes a group it did not open')
  return top
}

/** Offset after the escape, character class, group opening or single character at `at`. */
function tokenEnd(pattern: string, at: number): number {
  if (pattern[at] === '\\') return at + 2
  if (pattern[at] === '(')
    return at + (/^\((?:\?(?:<?[=!]|:|<[^>]*>))?/u.exec(pattern.slice(at))?.[0].length ?? 1)
  if (pattern[at] !== '[') return at + 1
  let end = at + 1
  while (end < pattern.length && pattern[end] !== ']') end += pattern[end] === '\\' ? 2 : 1
  return end + 1
}

function quantifierAt(
  pattern: string,
  at: number,
): { readonly length: number; readonly unbounded: boolean } | undefined {
  const match = /^(?:([*+?])|\{([0-9]+)(,?)([0-9]*)\})\??/u.exec(pattern.slice(at))
  if (match === null) return undefined
  const [text, sign, min, comma, max] = match
  if (sign !== undefined) return { length: text.length, unbounded: sign !== '?' }
  const most = comma === '' ? Number(min) : max === '' ? Infinity : Number(max)
  return { length: text.length, unbounded: most >= BOUNDED_MAX }
}
