import { compilePattern } from '#kernel/text-pattern.ts'

/** The whole match, then the groups; undefined for one that took no part. */
export type RegexGroups = readonly (string | undefined)[]

/** A regular expression as rules use it. */
export interface Regex {
  /** Whether it matches somewhere in the text. */
  test(text: string): boolean
  /** The first match. */
  first(text: string): RegexGroups | undefined
  /** The text with every match replaced. */
  replaceAll(text: string, by: (groups: RegexGroups) => string): string
}

const PATTERNS_MAX = 256
const PATTERN_CHARS_MAX = 4_096
const cache = new Map<string, Regex>()

/**
 * The compiled form of a pattern. The last 256 patterns are remembered. Its time grows with the
 * length of the text only, except for one that looks around or refers to its groups.
 * @throws RangeError when it is no regular expression, or too long
 */
export function compileRegex(pattern: string): Regex {
  const known = cache.get(pattern)
  if (known !== undefined) return known
  if (pattern.length > PATTERN_CHARS_MAX) {
    throw new RangeError(`a regular expression has at most ${PATTERN_CHARS_MAX} characters`)
  }
  const compiled = compile(pattern)
  const [oldest] = cache.keys()
  if (cache.size >= PATTERNS_MAX && oldest !== undefined) cache.delete(oldest)
  cache.set(pattern, compiled)
  return compiled
}

function compile(pattern: string): Regex {
  try {
    return linearRegex(pattern)
  } catch {
    return backtrackingRegex(pattern)
  }
}

function linearRegex(source: string): Regex {
  const pattern = compilePattern(source)
  const groupsOf = (matcher: ReturnType<typeof pattern.matcher>): RegexGroups =>
    Array.from(
      { length: pattern.groupCount() + 1 },
      (_, index) => matcher.group(index) ?? undefined,
    )
  return {
    test: (text) => pattern.test(text),
    first(text) {
      const matcher = pattern.matcher(text)
      return matcher.find() ? groupsOf(matcher) : undefined
    },
    replaceAll(text, by) {
      const matcher = pattern.matcher(text)
      let result = ''
      let end = 0
      while (matcher.find()) {
        result += text.slice(end, matcher.start()) + by(groupsOf(matcher))
        end = matcher.end()
      }
      return result + text.slice(end)
    },
  }
}

/** Knows looking around and references to groups. */
function backtrackingRegex(source: string): Regex {
  const one = jsRegex(source, 'u')
  const all = jsRegex(source, 'gu')
  return {
    test: (text) => one.test(text),
    first(text) {
      const found = one.exec(text)
      return found === null ? undefined : [...found]
    },
    replaceAll: (text, by) =>
      // Behind the groups stand the offset, the text and perhaps an object with names.
      text.replaceAll(all, (...found: readonly unknown[]) => {
        const groups = found.slice(
          0,
          found.findIndex((part) => typeof part === 'number'),
        )
        return by(groups as RegexGroups)
      }),
  }
}

function jsRegex(source: string, flags: 'u' | 'gu'): RegExp {
  try {
    return new RegExp(source, flags)
  } catch {
    // Patterns for other engines may have escapes which are not strict here.
    try {
      return new RegExp(source, flags.replace('u', ''))
    } catch (error) {
      throw new RangeError(`no regular expression: ${(error as Error).message}`, { cause: error })
    }
  }
}
