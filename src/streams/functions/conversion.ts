import { arg, defineFunction, optional } from '#plugin/define-function.ts'
import { isList, isMap, setKey, toInteger } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { shown } from '../values/arithmetic.ts'
import { decodeTerm, encodeTerm } from '../values/external-term.ts'
import { toText, withoutTrailingZeros } from '../values/to-text.ts'
import { mapOf } from './map-path.ts'

const INTEGER = /^[+-]?\d+$/
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const DECIMALS_MAX = 17

function toBoolean(value: Value): boolean {
  const text = typeof value === 'string' ? value : undefined
  if (value === true || value === 1 || text === 'true') return true
  if (value === false || value === 0 || text === 'false') return false
  throw new TypeError(`bool takes true, false, 1 or 0, not ${shown(value)}`)
}

function toWhole(value: Value): Value {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return floor(value)
  const text = typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : ''
  if (INTEGER.test(text)) return toInteger(BigInt(text.replace('+', '')))
  if (NUMBER.test(text)) return floor(Number(text))
  throw new TypeError(`int takes a number or the text of one, not ${shown(value)}`)
}

function floor(value: number): Value {
  const whole = Math.floor(value)
  return Number.isSafeInteger(whole) ? whole : toInteger(BigInt(whole))
}

function toFloat(value: Value, decimals = DECIMALS_MAX + 1): number {
  const isText = typeof value === 'string' || Buffer.isBuffer(value)
  const number =
    typeof value === 'number' || typeof value === 'bigint' || (isText && NUMBER.test(String(value)))
      ? Number(String(value))
      : Number.NaN
  if (!Number.isFinite(number)) {
    throw new TypeError(`float takes a number or the text of one, not ${shown(value)}`)
  }
  return decimals > DECIMALS_MAX || decimals <= 0 ? number : Number(number.toFixed(decimals))
}

/** A map, JSON text of one, or a list of pairs. */
function toMap(value: Value): ValueMap {
  if (!isList(value)) return mapOf(value)
  const map: MutableValueMap = {}
  for (const entry of value) {
    const [key, item] = isMap(entry) ? [entry['key'], entry['value']] : isList(entry) ? entry : []
    if (typeof key !== 'string') throw new TypeError('a list becomes a map when it has pairs')
    setKey(map, key, item)
  }
  return map
}

function withoutPrefix(text: string, prefix: string): string {
  if (text.startsWith(prefix)) return text.slice(prefix.length)
  throw new TypeError(`the text does not begin with ${shown(prefix)}`)
}

function fromHex(text: string): Buffer {
  const digits = text.length % 2 === 0 ? text : `0${text}`
  if (/^[0-9a-f]*$/i.test(digits)) return Buffer.from(digits, 'hex')
  throw new TypeError(`not hexadecimal: ${shown(text)}`)
}

export const conversionFunctions = [
  defineFunction({
    name: 'str',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'string',
    text:
      'The value as text. Fractions have at most 10 decimals and no trailing zeros, maps and ' +
      'lists become JSON.',
    examples: [
      { sql: 'str(1.50)', gives: '1.5' },
      { sql: 'str(true)', gives: 'true' },
      { sql: 'str([1, 2])', gives: '[1,2]' },
    ],
    call: toText,
  }),
  defineFunction({
    name: 'str_utf8',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'string',
    text: 'The value as text, as `str` gives it; bytes are read as UTF-8.',
    examples: [{ sql: "str_utf8('abc 你好')", gives: 'abc 你好' }],
    call: toText,
  }),
  defineFunction({
    name: 'str_utf16_le',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'bytes',
    text: 'The text of the value in UTF-16, the low byte first.',
    examples: [{ sql: "str_utf16_le('A')", gives: Buffer.from([0x41, 0]) }],
    call: (value) => Buffer.from(toText(value), 'utf16le'),
  }),
  defineFunction({
    name: 'bool',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'boolean',
    text: 'True for true, 1 and the text `true`; false for false, 0 and the text `false`.',
    examples: [
      { sql: "bool('true')", gives: true },
      { sql: 'bool(0)', gives: false },
      { sql: "bool('yes')", fails: 'bool takes' },
    ],
    call: toBoolean,
  }),
  defineFunction({
    name: 'int',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'integer',
    text: 'The number, or the number in a text, rounded down. True is 1, false is 0.',
    examples: [
      { sql: "int('12')", gives: 12 },
      { sql: 'int(-1.5)', gives: -2 },
      { sql: "int('1.9')", gives: 1 },
      { sql: 'int(true)', gives: 1 },
      { sql: "int('a')", fails: 'int takes' },
    ],
    call: toWhole,
  }),
  defineFunction({
    name: 'float',
    category: 'conversion',
    arguments: [arg('value', 'any'), optional('decimals', 'integer', 'Rounds when above zero.')],
    result: 'number',
    text: 'The number, or the number in a text.',
    examples: [
      { sql: "float('1.25')", gives: 1.25 },
      { sql: "float('1.256', 2)", gives: 1.26 },
      { sql: "float('a')", fails: 'float takes' },
    ],
    call: toFloat,
  }),
  defineFunction({
    name: 'float2str',
    category: 'conversion',
    arguments: [arg('value', 'number'), arg('decimals', 'integer', 'From 0 to 17.')],
    result: 'string',
    text: 'The number with at most so many decimals, without trailing zeros.',
    examples: [
      { sql: 'float2str(20.25, 4)', gives: '20.25' },
      { sql: 'float2str(20.25678, 2)', gives: '20.26' },
    ],
    call: (value, decimals) => {
      if (decimals < 0 || decimals > DECIMALS_MAX) {
        throw new RangeError(`decimals are from 0 to ${DECIMALS_MAX}`)
      }
      return withoutTrailingZeros(value.toFixed(decimals))
    },
  }),
  defineFunction({
    name: 'map',
    category: 'conversion',
    arguments: [arg('value', 'any', 'A map, JSON text of one, or a list of pairs.')],
    result: 'map',
    text: 'The value as a map.',
    examples: [
      { sql: `map('{"a":1}')`, gives: { a: 1 } },
      { sql: "map([['a', 1]])", gives: { a: 1 } },
      { sql: 'map(1)', fails: 'neither a map' },
    ],
    call: toMap,
  }),
  defineFunction({
    name: 'bin2hexstr',
    category: 'conversion',
    arguments: [arg('bytes', 'bytes'), optional('prefix', 'string')],
    result: 'string',
    text: 'The bytes in capital hexadecimal digits, after the prefix.',
    examples: [
      { sql: "bin2hexstr('ab')", gives: '6162' },
      { sql: "bin2hexstr('ab', '0x')", gives: '0x6162' },
    ],
    call: (bytes, prefix = '') => prefix + bytes.toString('hex').toUpperCase(),
  }),
  defineFunction({
    name: 'hexstr2bin',
    category: 'conversion',
    arguments: [arg('text', 'string'), optional('prefix', 'string')],
    result: 'bytes',
    text: 'The bytes of hexadecimal digits. Fails when the prefix is not there.',
    examples: [
      { sql: "hexstr2bin('6162')", gives: Buffer.from('ab') },
      { sql: "hexstr2bin('0x6162', '0x')", gives: Buffer.from('ab') },
      { sql: "hexstr2bin('xy')", fails: 'not hexadecimal' },
    ],
    call: (text, prefix = '') => fromHex(withoutPrefix(text, prefix)),
  }),
  defineFunction({
    name: 'sqlserver_bin2hexstr',
    category: 'conversion',
    arguments: [arg('bytes', 'bytes')],
    result: 'string',
    text: 'The bytes as a binary literal of SQL Server.',
    examples: [{ sql: "sqlserver_bin2hexstr('ab')", gives: '0x6162' }],
    call: (bytes) => `0x${bytes.toString('hex').toUpperCase()}`,
  }),
  defineFunction({
    name: 'term_encode',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'bytes',
    text:
      "The value in Erlang's External Term Format, as `term_to_binary` writes it: texts are " +
      'binaries; `true`, `false`, `null` and what is missing (`undefined`) are atoms.',
    acceptsNull: true,
    examples: [
      { sql: "bin2hexstr(term_encode('hello'))", gives: '836D0000000568656C6C6F' },
      { sql: 'bin2hexstr(term_encode(-2147483649))', gives: '836E040101000080' },
      { sql: 'bin2hexstr(term_encode([1, 256]))', gives: '836C00000002610162000001006A' },
      { sql: 'bin2hexstr(term_encode([1, 2]))', gives: '836B00020102' },
      { sql: 'bin2hexstr(term_encode(1.5))', gives: '83463FF8000000000000' },
      { sql: 'bin2hexstr(term_encode(true))', gives: '83770474727565' },
      { sql: 'bin2hexstr(term_encode(null()))', gives: '837709756E646566696E6564' },
      {
        sql: `bin2hexstr(term_encode(json_decode('{"b":1,"a":[]}')))`,
        gives: '8374000000026D00000001616A6D00000001626101',
      },
      {
        sql: 'term_decode(term_encode(payload))',
        given: { payload: { a: [1.5, -7, 'ä', null], b: { c: true } } },
        gives: { a: [1.5, -7, 'ä', null], b: { c: true } },
      },
    ],
    call: encodeTerm,
  }),
  defineFunction({
    name: 'term_decode',
    category: 'conversion',
    arguments: [arg('data', 'bytes')],
    result: 'any',
    text:
      "The value of data in Erlang's External Term Format. Tuples become lists, atoms other than " +
      '`true`, `false`, `null` and `undefined` texts, binaries that are no text bytes. Fails for ' +
      'what only Erlang has, such as processes and functions.',
    examples: [
      { sql: "term_decode(hexstr2bin('8368026400026F6B640003616263'))", gives: ['ok', 'abc'] },
      {
        sql: "term_decode(hexstr2bin('836E070001000000000020'))",
        gives: 9_007_199_254_740_993n,
      },
      { sql: "term_decode(hexstr2bin('836B00026162'))", gives: [97, 98] },
      { sql: "term_decode(hexstr2bin('836D0000000568'))", fails: 'the bytes end' },
      { sql: "term_decode('hello')", fails: 'version 104' },
    ],
    call: decodeTerm,
  }),
]
