const SIMPLE: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['a', '\u0007'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['?', '?'],
])
const CODE_POINT_MAX = 0x10ffff

/**
 * A text with `\n`, `\t`, `\x41` … replaced by what they stand for.
 * @throws RangeError for an escape that is not known
 */
export function unescapeText(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-f]+)|([^x]|$))/gis, (escape, hex?: string, one?: string) => {
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16)
      if (code <= CODE_POINT_MAX) return String.fromCodePoint(code)
      throw new RangeError(`${escape} is no escape of a character`)
    }
    const char = SIMPLE.get(one ?? '')
    if (char === undefined) throw new RangeError(`${escape} is no known escape`)
    return char
  })
}
