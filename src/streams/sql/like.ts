/**
 * Whether a text has the form of a pattern in which `%` stands for any characters and `_` for one.
 * Takes at most time in proportion to the product of both lengths.
 */
export function matchesLike(text: string, pattern: string): boolean {
  let at = 0
  let patternAt = 0
  // Where to go on when what follows the last `%` does not fit: it takes one character more.
  let retryAt = -1
  let retryPattern = -1
  while (at < text.length) {
    const wanted = pattern.charAt(patternAt)
    if (wanted === '%') {
      retryPattern = ++patternAt
      retryAt = at
    } else if (patternAt < pattern.length && (wanted === '_' || wanted === text.charAt(at))) {
      at++
      patternAt++
    } else if (retryPattern >= 0) {
      patternAt = retryPattern
      at = ++retryAt
    } else return false
  }
  while (pattern.charAt(patternAt) === '%') patternAt++
  return patternAt === pattern.length
}
