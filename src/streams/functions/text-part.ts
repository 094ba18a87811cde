/** Parts of texts: cut out, split, joined. */
import { arg, defineFunction, optional, variadic } from '#plugin/define-function.ts'
import { isList, type Value } from '#plugin/value.ts'
import { encodeJson } from '../values/json.ts'
import { toText } from '../values/to-text.ts'
import { graphemesOf } from './graphemes.ts'

/** Options of `split`, by what they do with empty pieces and how often they cut. */
function split(text: string, separator: string, option = ''): readonly string[] {
  const pieces = cut(text, separator, option.replace('_notrim', ''))
  const keepsEmpty = option === 'notrim' || option.endsWith('_notrim')
  return keepsEmpty ? pieces : pieces.filter((piece) => piece !== '')
}

function cut(text: string, separator: string, option: string): readonly string[] {
  if (separator === '') throw new RangeError('the separator is empty')
  if (option === '' || option === 'notrim') return text.split(separator)
  if (option !== 'leading' && option !== 'trailing') {
    throw new RangeError(
      "options of split are 'notrim', 'leading', 'leading_notrim', 'trailing', 'trailing_notrim'",
    )
  }
  const place = option === 'leading' ? text.indexOf(separator) : text.lastIndexOf(separator)
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + separator.length)]
}

function tokens(text: string, separators: string, option?: string): readonly string[] {
  if (option !== undefined && option !== 'nocrlf') {
    throw new RangeError("the option of tokens is 'nocrlf'")
  }
  const set = new Set(separators)
  if (option === 'nocrlf') set.add('\r').add('\n')
  const found: string[] = []
  let token = ''
  for (const char of text) {
    if (!set.has(char)) token += char
    else if (token !== '') {
      found.push(token)
      token = ''
    }
  }
  return token === '' ? found : [...found, token]
}

function joinSql(value: Value): string {
  if (typeof value === 'number' || typeof value === 'bigint') return toText(value)
  if (value === undefined || value === null) return 'NULL'
  const text = isList(value) ? encodeJson(value) : toText(value)
  return `'${text.replaceAll("'", "''")}'`
}

export const textPartFunctions = [
  defineFunction({
    name: 'substr',
    category: 'string',
    arguments: [
      arg('text', 'string'),
      arg('start', 'integer', 'Counted in characters from 0.'),
      optional('length', 'integer'),
    ],
    result: 'string',
    text: 'The text from a place on, or a part of that length.',
    examples: [
      { sql: "substr('hello', 1)", gives: 'ello' },
      { sql: "substr('你好吗', 1, 1)", gives: '好' },
      { sql: "substr('abc', -2)", gives: 'bc' },
    ],
    call: (text, start, length) => {
      const all = graphemesOf(text)
      const from = start < 0 ? Math.max(0, all.length + start) : start
      return all.slice(from, length === undefined ? undefined : from + length).join('')
    },
  }),
  defineFunction({
    name: 'split',
    category: 'string',
    arguments: [
      arg('text', 'string'),
      arg('separator', 'string'),
      optional(
        'option',
        'string',
        "'notrim' keeps empty pieces, 'leading' and 'trailing' cut once, '…_notrim' does both.",
      ),
    ],
    result: 'list',
    text: 'The pieces between separators, without the empty ones.',
    examples: [
      { sql: "split('a//b', '/')", gives: ['a', 'b'] },
      { sql: "split('a//b', '/', 'notrim')", gives: ['a', '', 'b'] },
      { sql: "split('a/b/c', '/', 'leading')", gives: ['a', 'b/c'] },
      { sql: "split('a/b/c', '/', 'trailing')", gives: ['a/b', 'c'] },
      { sql: "split('/a', '/', 'leading_notrim')", gives: ['', 'a'] },
      { sql: "split('a', '')", fails: 'separator is empty' },
    ],
    call: split,
  }),
  defineFunction({
    name: 'tokens',
    category: 'string',
    arguments: [
      arg('text', 'string'),
      arg('separators', 'string', 'Each of these characters separates.'),
      optional('option', 'string', "'nocrlf': line ends separate too."),
    ],
    result: 'list',
    text: 'The pieces between separators of one character, without the empty ones.',
    examples: [
      { sql: "tokens('a,b;;c', ',;')", gives: ['a', 'b', 'c'] },
      { sql: "tokens('a,b', '')", gives: ['a,b'] },
    ],
    call: tokens,
  }),
  defineFunction({
    name: 'concat',
    category: 'string',
    arguments: [arg('list', 'list')],
    result: 'string',
    text: 'The texts of all elements in a row.',
    examples: [{ sql: "concat(['a', 1, true])", gives: 'a1true' }],
    call: (list) => list.map(toText).join(''),
  }),
  defineFunction({
    name: 'concat',
    category: 'string',
    arguments: [arg('first', 'any'), arg('second', 'any'), variadic('more', 'any')],
    result: 'string',
    text: 'The texts of all arguments in a row.',
    examples: [{ sql: "concat('a', 1)", gives: 'a1' }],
    call: (...values) => values.map(toText).join(''),
  }),
  defineFunction({
    name: 'rm_prefix',
    category: 'string',
    arguments: [arg('text', 'string'), arg('prefix', 'string')],
    result: 'string',
    text: 'The text without the prefix, where it has it.',
    examples: [
      { sql: "rm_prefix('foo/bar', 'foo/')", gives: 'bar' },
      { sql: "rm_prefix('foo/bar', 'x/')", gives: 'foo/bar' },
    ],
    call: (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  }),
  defineFunction({
    name: 'find',
    category: 'string',
    arguments: [
      arg('text', 'string'),
      arg('part', 'string'),
      optional('where', 'string', "'leading': the first place; 'trailing': the last."),
    ],
    result: 'string',
    text: 'The text from the place where the part is; empty when it is not there.',
    examples: [
      { sql: "find('a-b-c', '-')", gives: '-b-c' },
      { sql: "find('a-b-c', '-', 'trailing')", gives: '-c' },
      { sql: "find('abc', '-')", gives: '' },
    ],
    call: (text, part, where = 'leading') => {
      if (where !== 'leading' && where !== 'trailing') {
        throw new RangeError("where is 'leading' or 'trailing'")
      }
      const place = where === 'leading' ? text.indexOf(part) : text.lastIndexOf(part)
      return place < 0 ? '' : text.slice(place)
    },
  }),
  defineFunction({
    name: 'join_to_string',
    category: 'string',
    arguments: [arg('list', 'list')],
    result: 'string',
    text: 'The texts of all elements, with a comma and a space between them.',
    examples: [{ sql: 'join_to_string([1, 2])', gives: '1, 2' }],
    call: (list) => list.map(toText).join(', '),
  }),
  defineFunction({
    name: 'join_to_string',
    category: 'string',
    arguments: [arg('separator', 'string'), arg('list', 'list')],
    result: 'string',
    text: 'The texts of all elements, with a separator between them.',
    examples: [{ sql: "join_to_string('-', [1, 2])", gives: '1-2' }],
    call: (separator, list) => list.map(toText).join(separator),
  }),
  defineFunction({
    name: 'join_to_sql_values_string',
    category: 'string',
    arguments: [arg('list', 'list')],
    result: 'string',
    text: 'All elements as literals of SQL, quoted where they are text; nested lists are JSON.',
    examples: [{ sql: `join_to_sql_values_string([1, 'a'])`, gives: "1, 'a'" }],
    call: (list) => list.map(joinSql).join(', '),
  }),
]
