const PATTERNS_MAX = 256
const PATTERN_CHARS_MAX = 4_096
const cache = new Map<string, RegExp>()

/**
 * The compiled form of a pattern. The last 256 patterns are remembered.
 * @throws RangeError when it is no regular expression, or too long
 */
export function compileRegex(pattern: string, flags: 'u' | 'gu'): RegExp {
  const key = `${flags} ${pattern}`
  const known = cache.get(key)
  if (known !== undefined) {
    known.lastIndex = 0
    return known
  }
  if (pattern.length > PATTERN_CHARS_MAX) {
    throw new RangeError(`a regular expression has at most ${PATTERN_CHARS_MAX} characters`)
  }
  const compiled = compile(pattern, flags)
  const [oldest] = cache.keys()
  if (cache.size >= PATTERNS_MAX && oldest !== undefined) cache.delete(oldest)
  cache.set(key, compiled)
  return compiled
}

function compile(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags)
  } catch {
    // Patterns for other engines may have escapes which are not strict here.
    try {
      return new RegExp(pattern, flags.replace('u', ''))
    } catch (error) {
      throw new RangeError(`no regular expression: ${(error as Error).message}`, { cause: error })
    }
  }
}
