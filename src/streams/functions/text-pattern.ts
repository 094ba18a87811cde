/** Texts that are replaced, matched and formatted. */
import { randomUUID } from 'node:crypto'
import { arg, defineFunction, optional, variadic } from '#plugin/define-function.ts'
import { formatText } from './format-text.ts'
import { compileRegex } from './regex-cache.ts'
import { toText } from '../values/to-text.ts'
import { unescapeText } from './unescape-text.ts'

function replace(text: string, part: string, by: string, where = 'all'): string {
  if (part === '') return text
  if (where === 'all') return text.replaceAll(part, () => by)
  if (where !== 'leading' && where !== 'trailing') {
    throw new RangeError("where is 'all', 'leading' or 'trailing'")
  }
  const place = where === 'leading' ? text.indexOf(part) : text.lastIndexOf(part)
  return place < 0 ? text : text.slice(0, place) + by + text.slice(place + part.length)
}

/** Replacements are written as PCRE has them: `\1` and `\g1` for groups, `&` for all. */
function regexReplace(text: string, pattern: string, by: string): string {
  return compileRegex(pattern).replaceAll(text, (groups) =>
    by.replaceAll(/\\&|&|\\g?\{?(\d)\}?/g, (mark, group: string | undefined) => {
      if (mark === String.raw`\&`) return '&'
      return groups[group === undefined ? 0 : Number(group)] ?? ''
    }),
  )
}

export const textPatternFunctions = [
  defineFunction({
    name: 'replace',
    category: 'string',
    arguments: [
      arg('text', 'string'),
      arg('part', 'string'),
      arg('by', 'string'),
      optional('where', 'string', "'all', 'leading' (the first one) or 'trailing' (the last)."),
    ],
    result: 'string',
    text: 'The text with a part replaced by another.',
    examples: [
      { sql: "replace('abab', 'a', 'x')", gives: 'xbxb' },
      { sql: "replace('abab', 'a', '$&', 'trailing')", gives: 'ab$&b' },
    ],
    call: replace,
  }),
  defineFunction({
    name: 'regex_match',
    category: 'string',
    arguments: [arg('text', 'string'), arg('pattern', 'string')],
    result: 'boolean',
    text:
      'Whether a regular expression matches somewhere in the text. Its time grows with the text ' +
      'only, unless the expression looks around (`(?=…)`) or refers to its groups (`\\1`).',
    examples: [
      { sql: "regex_match('abc123', '[a-z]+[0-9]+')", gives: true },
      { sql: "regex_match('abc', '^b')", gives: false },
      { sql: "regex_match('abc', '(')", fails: 'regular expression' },
    ],
    call: (text, pattern) => compileRegex(pattern).test(text),
  }),
  defineFunction({
    name: 'regex_replace',
    category: 'string',
    arguments: [arg('text', 'string'), arg('pattern', 'string'), arg('by', 'string')],
    result: 'string',
    text: String.raw`The text with all matches replaced; \1 in the replacement is the first group.`,
    examples: [
      { sql: "regex_replace('ab12', '[0-9]+', '#')", gives: 'ab#' },
      { sql: String.raw`regex_replace('k=v', '(\w)=(\w)', '\2=\1')`, gives: 'v=k' },
    ],
    call: regexReplace,
  }),
  defineFunction({
    name: 'regex_extract',
    category: 'string',
    arguments: [arg('text', 'string'), arg('pattern', 'string')],
    result: 'list',
    text: 'The groups of the first match, the whole match where there are none; else empty.',
    examples: [
      { sql: "regex_extract('a=1', '([a-z])=([0-9])')", gives: ['a', '1'] },
      { sql: "regex_extract('a', '[0-9]')", gives: [] },
    ],
    call: (text, pattern) => {
      const found = compileRegex(pattern).first(text) ?? []
      return found.length < 2 ? found : found.slice(1).map((group) => group ?? '')
    },
  }),
  defineFunction({
    name: 'ascii',
    category: 'string',
    arguments: [arg('text', 'string')],
    result: 'integer',
    text: 'The code of the first byte.',
    examples: [
      { sql: "ascii('a')", gives: 97 },
      { sql: "ascii('')", fails: 'empty' },
    ],
    call: (text) => {
      if (text === '') throw new RangeError('the text is empty')
      return Buffer.from(text)[0]
    },
  }),
  defineFunction({
    name: 'sprintf',
    category: 'string',
    arguments: [arg('format', 'string'), variadic('values', 'any')],
    result: 'string',
    text:
      'The format with its directives replaced by the values: ~s text, ~p and ~w any value, ' +
      '~b integer (~.16b in another base, ~B in capitals), ~.2f fraction, ~e exponent, ' +
      '~g the shorter of both, ~c character, ~n new line, ~~ a tilde. A number before the ' +
      'point is the width.',
    examples: [
      { sql: "sprintf('~s has ~b', 'a', 2)", gives: 'a has 2' },
      { sql: "sprintf('~.2f', 1.239)", gives: '1.24' },
      { sql: "sprintf('~5s|~-5s|', 'a', 'b')", gives: '    a|b    |' },
      { sql: "sprintf('~s')", fails: 'too few' },
    ],
    call: (format, ...values) => formatText(format, values),
  }),
  defineFunction({
    name: 'sprintf_s',
    category: 'string',
    arguments: [arg('format', 'string'), arg('values', 'list')],
    result: 'string',
    text: 'As `sprintf`, with the values in a list.',
    examples: [{ sql: "sprintf_s('~s-~.16b', ['a', 255])", gives: 'a-ff' }],
    call: formatText,
  }),
  defineFunction({
    name: 'unescape',
    category: 'string',
    arguments: [arg('text', 'string')],
    result: 'string',
    text: 'The text with escapes replaced by what they stand for. Fails for unknown ones.',
    examples: [
      { sql: String.raw`unescape('a\tb')`, gives: 'a\tb' },
      { sql: String.raw`unescape('\x41')`, gives: 'A' },
      { sql: String.raw`unescape('\q')`, fails: 'escape' },
    ],
    call: unescapeText,
  }),
  defineFunction({
    name: 'uuid_v4',
    category: 'string',
    arguments: [],
    result: 'string',
    text: 'A random UUID.',
    impure: true,
    examples: [{ sql: 'uuid_v4()', satisfies: (id) => /^[0-9a-f-]{36}$/.test(toText(id)) }],
    call: () => randomUUID(),
  }),
  defineFunction({
    name: 'uuid_v4_no_hyphen',
    category: 'string',
    arguments: [],
    result: 'string',
    text: 'A random UUID without hyphens.',
    impure: true,
    examples: [
      { sql: 'uuid_v4_no_hyphen()', satisfies: (id) => /^[0-9a-f]{32}$/.test(toText(id)) },
    ],
    call: () => randomUUID().replaceAll('-', ''),
  }),
]
