import { RE2JS } from 're2js'

/**
 * Compiles a regular expression of JavaScript to one whose time grows with the length of the text
 * only: texts come from clients, and with the engine of JavaScript `.*-.*x$` would take minutes for
 * one of them.
 * @param flags `i`: any case; `s`: a dot is any character
 * @throws Error that says what is wrong; looking around and references to groups are not known
 */
export function compilePattern(text: string, flags: '' | 'i' | 's' | 'is' = ''): RE2JS {
  const ignoresCase = flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0
  const dotTakesLines = flags.includes('s') ? RE2JS.DOTALL : 0
  return RE2JS.compile(RE2JS.translateRegExp(text), ignoresCase | dotTakesLines)
}
