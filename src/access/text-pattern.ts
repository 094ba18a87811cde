import { RE2JS } from 're2js'

/**
 * Compiles a regular expression to a test of texts that takes time in proportion to their length,
 * whatever they are: clients choose client identifiers and user names of up to 65,535 bytes, and
 * with the engine of JavaScript `.*-.*x$` would take minutes for one of them.
 * @throws Error that says what is wrong; looking around and references to groups are not known
 */
export function compilePattern(text: string): (text: string) => boolean {
  const pattern = RE2JS.compile(RE2JS.translateRegExp(text))
  return (tested) => pattern.test(tested)
}
