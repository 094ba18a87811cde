/** Case, order, spaces and length of texts. */
import { arg, defineFunction, optional } from '#plugin/define-function.ts'
import { graphemesOf } from './graphemes.ts'

const PADDED_CHARS_MAX = 1_000_000

function trimChars(text: string, chars: string): string {
  const set = new Set(graphemesOf(chars))
  const all = graphemesOf(text)
  let end = all.length
  while (end > 0 && set.has(all[end - 1] ?? '')) end--
  return all.slice(0, end).join('')
}

function trimCharsAtStart(text: string, chars: string): string {
  const set = new Set(graphemesOf(chars))
  const all = graphemesOf(text)
  const start = all.findIndex((char) => !set.has(char))
  return start === -1 ? '' : all.slice(start).join('')
}

function pad(text: string, length: number, where = 'trailing', char = ' '): string {
  if (length > PADDED_CHARS_MAX) {
    throw new RangeError(`a text can be padded to at most ${PADDED_CHARS_MAX} characters`)
  }
  const missing = Math.max(0, length - graphemesOf(text).length)
  switch (where) {
    case 'trailing':
      return text + char.repeat(missing)
    case 'leading':
      return char.repeat(missing) + text
    case 'both':
      return char.repeat(Math.floor(missing / 2)) + text + char.repeat(Math.ceil(missing / 2))
    default:
      throw new RangeError(`where is 'leading', 'trailing' or 'both', not '${where}'`)
  }
}

function simple(
  name: string,
  text: string,
  [given, gives]: readonly [string, string],
  call: (text: string) => string,
) {
  return defineFunction({
    name,
    category: 'string',
    arguments: [arg('text', 'string')],
    result: 'string',
    text,
    examples: [{ sql: `${name}('${given}')`, gives }],
    call,
  })
}

export const textShapeFunctions = [
  simple('lower', 'The text in small letters.', ['Ab', 'ab'], (text) => text.toLowerCase()),
  simple('upper', 'The text in capital letters.', ['Ab', 'AB'], (text) => text.toUpperCase()),
  simple('reverse', 'The characters in reverse.', ['añb', 'bña'], (text) =>
    graphemesOf(text).toReversed().join(''),
  ),
  simple('trim', 'The text without spaces at both ends.', [' a b ', 'a b'], (text) => text.trim()),
  simple('ltrim', 'The text without spaces at its beginning.', [' a ', 'a '], (text) =>
    text.trimStart(),
  ),
  simple('rtrim', 'The text without spaces at its end.', [' a ', ' a'], (text) => text.trimEnd()),
  defineFunction({
    name: 'trim',
    category: 'string',
    arguments: [arg('text', 'string'), arg('chars', 'string')],
    result: 'string',
    text: 'The text without any of these characters at both ends.',
    examples: [{ sql: "trim('00a.0', '0.')", gives: 'a' }],
    call: (text, chars) => trimChars(trimCharsAtStart(text, chars), chars),
  }),
  defineFunction({
    name: 'ltrim',
    category: 'string',
    arguments: [arg('text', 'string'), arg('chars', 'string')],
    result: 'string',
    text: 'The text without any of these characters at its beginning.',
    examples: [{ sql: "ltrim('00a0', '0')", gives: 'a0' }],
    call: trimCharsAtStart,
  }),
  defineFunction({
    name: 'rtrim',
    category: 'string',
    arguments: [arg('text', 'string'), arg('chars', 'string')],
    result: 'string',
    text: 'The text without any of these characters at its end.',
    examples: [{ sql: "rtrim('a0.00', '0.')", gives: 'a' }],
    call: trimChars,
  }),
  defineFunction({
    name: 'strlen',
    category: 'string',
    arguments: [arg('text', 'string')],
    result: 'integer',
    text: 'The number of characters as a reader sees them.',
    examples: [
      { sql: "strlen('hello')", gives: 5 },
      { sql: "strlen('你好')", gives: 2 },
      { sql: "strlen('👩‍👧')", gives: 1 },
    ],
    call: (text) => graphemesOf(text).length,
  }),
  defineFunction({
    name: 'pad',
    category: 'string',
    arguments: [
      arg('text', 'string'),
      arg('length', 'integer', 'In characters.'),
      optional('where', 'string', "'trailing', 'leading' or 'both'."),
      optional('char', 'string', 'A space when it is left out.'),
    ],
    result: 'string',
    text: 'The text filled up to a length.',
    examples: [
      { sql: "pad('ab', 4)", gives: 'ab  ' },
      { sql: "pad('ab', 4, 'leading', '0')", gives: '00ab' },
      { sql: "pad('ab', 5, 'both', '*')", gives: '*ab**' },
      { sql: "pad('ab', 4, 'top')", fails: 'where is' },
    ],
    call: pad,
  }),
]
