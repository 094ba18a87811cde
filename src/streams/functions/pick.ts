/** Values drawn at random or by a hash, and values picked out of texts. */
import { createHash } from 'node:crypto'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import { arg, defineFunction } from '#plugin/define-function.ts'
import { isInteger, toInteger } from '#plugin/value.ts'
import type { Value } from '#plugin/value.ts'
import { toText } from '../values/to-text.ts'
import { getPath, mapOf } from './map-path.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const RANDOM_CHARS_MAX = 1_024

/** @throws RangeError when the range is empty */
function toRange(value: bigint, min: bigint, max: bigint): Value {
  if (max < min) throw new RangeError(`there is nothing between ${min} and ${max}`)
  return toInteger(min + (value % (max - min + 1n)))
}

function unsignedOf(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
}

const rangeArguments = [arg('min', 'bigint'), arg('max', 'bigint', 'Included.')] as const

const drawFunctions = [
  defineFunction({
    name: 'rand_str',
    category: 'string',
    arguments: [arg('length', 'integer', 'At most 1024.')],
    result: 'string',
    text: 'A text of random letters and digits. Not for secrets.',
    examples: [
      { sql: 'rand_str(8)', satisfies: (text) => /^[A-Za-z0-9]{8}$/.test(toText(text)) },
      { sql: 'rand_str(2000)', fails: 'at most 1024' },
    ],
    callIn: ({ services }, length) => {
      if (length < 0 || length > RANDOM_CHARS_MAX) {
        throw new RangeError(`a random text has at most ${RANDOM_CHARS_MAX} characters`)
      }
      const chars = Array.from({ length }, () => {
        return LETTERS.charAt(Math.floor(services.random() * LETTERS.length))
      })
      return chars.join('')
    },
  }),
  defineFunction({
    name: 'rand_int',
    category: 'math',
    arguments: [arg('max', 'integer')],
    result: 'integer',
    text: 'A random integer from 1 to the given one.',
    examples: [
      { sql: 'rand_int(6)', satisfies: (value) => Number(value) >= 1 && Number(value) <= 6 },
      { sql: 'rand_int(0)', fails: 'positive' },
    ],
    callIn: ({ services }, max) => {
      if (max < 1) throw new RangeError('the greatest random number must be positive')
      return 1 + Math.floor(services.random() * max)
    },
  }),
  defineFunction({
    name: 'hash_to_range',
    category: 'hash',
    arguments: [arg('data', 'bytes'), ...rangeArguments],
    result: 'integer',
    text: 'An integer in the range, the same for the same data (SHA-256).',
    examples: [
      {
        sql: "hash_to_range('device-1', 1, 10)",
        satisfies: (n) => Number(n) > 0 && Number(n) < 11,
      },
      { sql: "hash_to_range('a', 5, 5)", gives: 5 },
      { sql: "hash_to_range('a', 2, 1)", fails: 'nothing between' },
    ],
    call: (data, min, max) => {
      return toRange(unsignedOf(createHash('sha256').update(data).digest()), min, max)
    },
  }),
  defineFunction({
    name: 'map_to_range',
    category: 'math',
    arguments: [arg('value', 'any', 'A whole number, or bytes.'), ...rangeArguments],
    result: 'integer',
    text: 'An integer in the range: by the remainder of the number, or of the bytes as one.',
    examples: [
      { sql: 'map_to_range(12, 1, 10)', gives: 3 },
      { sql: "map_to_range('a', 0, 9)", gives: 7 },
    ],
    call: (value, min, max) => {
      const number = isInteger(value) ? BigInt(value) : unsignedOf(Buffer.from(toText(value)))
      return toRange(number < 0n ? -number : number, min, max)
    },
  }),
]

const textFunctions = [
  defineFunction({
    name: 'any_to_str',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'string',
    text: 'As `str`.',
    examples: [{ sql: 'any_to_str([1, 2])', gives: '[1,2]' }],
    call: toText,
  }),
  defineFunction({
    name: 'int2hexstr',
    category: 'conversion',
    arguments: [arg('number', 'bigint')],
    result: 'string',
    text: 'A whole number in hexadecimal digits.',
    examples: [{ sql: 'int2hexstr(255)', gives: 'FF' }],
    call: (number) => number.toString(16).toUpperCase(),
  }),
  defineFunction({
    name: 'json_value',
    category: 'codec',
    arguments: [arg('json', 'string'), arg('path', 'string', 'Keys with dots between.')],
    result: 'any',
    text: 'A part of what JSON text says; missing if there is none. Fails if the text is no JSON.',
    examples: [
      { sql: 'json_value(\'{"a": {"b": 1}}\', \'a.b\')', gives: 1 },
      { sql: "json_value('x', 'a')", fails: 'JSON' },
    ],
    call: (json, path) => getPath(mapOf(json), path),
  }),
  defineFunction({
    name: 'jwt_value',
    category: 'codec',
    arguments: [arg('token', 'string'), arg('path', 'string', 'Keys with dots between.')],
    result: 'any',
    text: 'A claim of a JSON Web Token. Its signature is not checked.',
    examples: [
      { sql: "jwt_value('e30.eyJzdWIiOiJhZGEiLCJhIjp7ImIiOjF9fQ.x', 'sub')", gives: 'ada' },
      { sql: "jwt_value('e30.eyJzdWIiOiJhZGEiLCJhIjp7ImIiOjF9fQ.x', 'a.b')", gives: 1 },
      { sql: "jwt_value('x', 'sub')", fails: 'JSON Web Token' },
    ],
    call: (token, path) => {
      const [, claims, signature] = token.split('.')
      if (claims === undefined || signature === undefined) {
        throw new TypeError('the text is no JSON Web Token')
      }
      return getPath(mapOf(Buffer.from(claims, 'base64url')), path)
    },
  }),
]

const topicFunctions = [
  defineFunction({
    name: 'topic_join',
    category: 'message',
    arguments: [arg('levels', 'list')],
    result: 'string',
    text: 'A topic of these levels.',
    examples: [{ sql: "topic_join(['a', 'b', 1])", gives: 'a/b/1' }],
    call: (levels) => levels.map(toText).join('/'),
  }),
  defineFunction({
    name: 'topic_join',
    category: 'message',
    arguments: [arg('parent', 'string'), arg('level', 'any')],
    result: 'string',
    text: 'A topic below another one.',
    examples: [{ sql: "topic_join('a/b', 'c')", gives: 'a/b/c' }],
    call: (parent, level) => `${parent}/${toText(level)}`,
  }),
  defineFunction({
    name: 'topic_split',
    category: 'message',
    arguments: [arg('topic', 'string')],
    result: 'list',
    text: 'The levels of a topic.',
    examples: [{ sql: "topic_split('a//b')", gives: ['a', '', 'b'] }],
    call: (topic) => topic.split('/'),
  }),
  defineFunction({
    name: 'topic_match',
    category: 'message',
    arguments: [arg('topic', 'string'), arg('filter', 'string')],
    result: 'boolean',
    text: 'Whether a topic matches a filter.',
    examples: [
      { sql: "topic_match('a/b', 'a/+')", gives: true },
      { sql: "topic_match('a/b', 'b/#')", gives: false },
    ],
    call: (topic, filter) => matchesFilter(filter, topic),
  }),
]

const clockFunctions = [
  defineFunction({
    name: 'timestamp_s',
    category: 'time',
    arguments: [],
    result: 'integer',
    text: 'Seconds since 1970.',
    examples: [{ sql: 'timestamp_s()', gives: 1_700_000_000 }],
    callIn: ({ services }) => Math.floor(services.nowMs() / 1000),
  }),
  defineFunction({
    name: 'timestamp_ms',
    category: 'time',
    arguments: [],
    result: 'integer',
    text: 'Milliseconds since 1970.',
    examples: [{ sql: 'timestamp_ms()', gives: 1_700_000_000_123 }],
    callIn: ({ services }) => services.nowMs(),
  }),
]

export const pickFunctions = [
  ...drawFunctions,
  ...textFunctions,
  ...topicFunctions,
  ...clockFunctions,
]
