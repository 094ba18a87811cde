import { arg, defineFunction, optional, type FunctionContext } from '#plugin/define-function.ts'
import { toInteger, type Value } from '#plugin/value.ts'
import {
  floorDivide,
  formatDate,
  localOffsetSeconds,
  NS_PER_SECOND,
  parseDate,
  parseOffset,
} from '../values/date-format.ts'
import { toText } from '../values/to-text.ts'
import { shown } from '../values/arithmetic.ts'

/** Nanoseconds in each unit. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['second', NS_PER_SECOND],
  ['millisecond', 1_000_000n],
  ['microsecond', 1_000n],
  ['nanosecond', 1n],
])
/** Decimals of a second in each unit. */
const DECIMALS: ReadonlyMap<string, string> = new Map([
  ['second', ''],
  ['millisecond', '.%3N'],
  ['microsecond', '.%6N'],
  ['nanosecond', '.%N'],
])
const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9})\d*)?(Z|z|[+-]\d{2}:\d{2})$/
const UNIT = optional('unit', 'string', 'second, millisecond, microsecond or nanosecond.')

function nsPer(unit: string): bigint {
  const ns = UNITS.get(unit)
  if (ns === undefined) {
    throw new RangeError(`the unit is one of ${[...UNITS.keys()].join(', ')}, not ${shown(unit)}`)
  }
  return ns
}

function nowNs({ services }: FunctionContext): bigint {
  return BigInt(services.nowMs()) * 1_000_000n
}

function inUnit(ns: bigint, unit: string): Value {
  return toInteger(floorDivide(ns, nsPer(unit)))
}

function rfc3339(ns: bigint, unit: string): string {
  nsPer(unit)
  const format = `%Y-%m-%dT%H:%M:%S${DECIMALS.get(unit)}%:z`
  return formatDate(ns, localOffsetSeconds(ns), format)
}

function fromRfc3339(text: string, unit = 'second'): Value {
  const found = RFC3339.exec(text)
  if (found === null) throw new RangeError(`${shown(text)} is no time of RFC 3339`)
  const [, date, time, fraction = '', offset] = found
  const ns = parseDate('%Y-%m-%dT%H:%M:%S%:z', `${date}T${time}${offset?.toUpperCase()}`)
  return inUnit(ns + BigInt(fraction.padEnd(9, '0')), unit)
}

/** Seconds of an offset as SQL gives it: a text, `local`, or seconds. */
function offsetOf(offset: Value, ns: bigint): number {
  if (typeof offset === 'number' && Number.isInteger(offset)) return offset
  if (offset === '' || offset === undefined) return 0
  if (offset === 'local') return localOffsetSeconds(ns)
  if (typeof offset === 'string') return parseOffset(offset)
  throw new TypeError(`an offset is a text such as +08:00, or seconds, not ${shown(offset)}`)
}

function offsetFunction(name: string) {
  return defineFunction({
    name,
    category: 'time',
    arguments: [arg('offset', 'any', '`Z`, `local`, +hh:mm, +hhmm, +hh:mm:ss, or seconds.')],
    result: 'integer',
    text: 'The seconds of an offset from UTC.',
    examples: [
      { sql: `${name}('+08:00')`, gives: 28_800 },
      { sql: `${name}('-0330')`, gives: -12_600 },
      { sql: `${name}('Z')`, gives: 0 },
      { sql: `${name}('east')`, fails: 'no offset' },
    ],
    impure: true,
    callIn: (context, offset) => offsetOf(offset, nowNs(context)),
  })
}

const SAMPLE = 1_700_000_000

export const timeFunctions = [
  defineFunction({
    name: 'now_timestamp',
    category: 'time',
    arguments: [UNIT],
    result: 'integer',
    text: 'The time since 1970, in seconds where no unit is given.',
    examples: [
      { sql: 'now_timestamp()', gives: SAMPLE },
      { sql: "now_timestamp('millisecond')", gives: SAMPLE * 1000 + 123 },
    ],
    callIn: (context, unit = 'second') => inUnit(nowNs(context), unit),
  }),
  defineFunction({
    name: 'now_rfc3339',
    category: 'time',
    arguments: [UNIT],
    result: 'string',
    text: 'The time in the format of RFC 3339, with the offset of this machine.',
    examples: [
      {
        sql: "now_rfc3339('millisecond')",
        satisfies: (text) => Date.parse(toText(text)) === SAMPLE * 1000 + 123,
      },
    ],
    callIn: (context, unit = 'second') => rfc3339(nowNs(context), unit),
  }),
  defineFunction({
    name: 'unix_ts_to_rfc3339',
    category: 'time',
    arguments: [arg('time', 'bigint'), UNIT],
    result: 'string',
    text: 'A time since 1970 in the format of RFC 3339, with the offset of this machine.',
    examples: [
      {
        sql: "unix_ts_to_rfc3339(1700000000123, 'millisecond')",
        satisfies: (text) => Date.parse(toText(text)) === SAMPLE * 1000 + 123,
      },
      { sql: "unix_ts_to_rfc3339(1, 'week')", fails: 'the unit is' },
    ],
    call: (time, unit = 'second') => rfc3339(time * nsPer(unit), unit),
  }),
  defineFunction({
    name: 'rfc3339_to_unix_ts',
    category: 'time',
    arguments: [arg('text', 'string'), UNIT],
    result: 'integer',
    text: 'The time since 1970 of a text in the format of RFC 3339.',
    examples: [
      { sql: "rfc3339_to_unix_ts('2023-11-14T22:13:20Z')", gives: SAMPLE },
      {
        sql: "rfc3339_to_unix_ts('2023-11-15T06:13:20.123+08:00', 'millisecond')",
        gives: SAMPLE * 1000 + 123,
      },
      { sql: "rfc3339_to_unix_ts('today')", fails: 'RFC 3339' },
    ],
    call: fromRfc3339,
  }),
  defineFunction({
    name: 'format_date',
    category: 'time',
    arguments: [
      arg('unit', 'string'),
      arg('offset', 'any', '`Z`, `local`, +hh:mm, or seconds.'),
      arg('format', 'string'),
      optional('time', 'bigint', 'Now when it is left out.'),
    ],
    result: 'string',
    text:
      'A time since 1970 in a format: %Y %m %d %H %M %S, %N (nanoseconds), %6N, %3N, ' +
      '%z (+hhmm), %:z (+hh:mm), %::z (+hh:mm:ss).',
    examples: [
      {
        sql: "format_date('second', '+0800', '%Y-%m-%d %H:%M:%S%:z', 1700000000)",
        gives: '2023-11-15 06:13:20+08:00',
      },
      { sql: "format_date('millisecond', 'Z', '%3N %N', 1123)", gives: '123 123000000' },
      { sql: "format_date('second', 0, '%Q', 1)", fails: 'unknown code' },
    ],
    callIn: (context, unit, offset, format, time) => {
      const ns = time === undefined ? nowNs(context) : time * nsPer(unit)
      return formatDate(ns, offsetOf(offset, ns), format)
    },
  }),
  defineFunction({
    name: 'date_to_unix_ts',
    category: 'time',
    arguments: [arg('unit', 'string'), arg('format', 'string'), arg('text', 'string')],
    result: 'integer',
    text: 'The time since 1970 of a text in a format, by the offset in the text; else UTC.',
    examples: [
      {
        sql: "date_to_unix_ts('second', '%Y-%m-%d %H:%M:%S%:z', '2023-11-15 06:13:20+08:00')",
        gives: SAMPLE,
      },
      { sql: "date_to_unix_ts('second', '%Y-%m-%d', '2023-02-30')", fails: 'no date' },
      { sql: "date_to_unix_ts('second', '%Y', 'x')", fails: 'not of the format' },
    ],
    call: (unit, format, text) => inUnit(parseDate(format, text), unit),
  }),
  defineFunction({
    name: 'date_to_unix_ts',
    category: 'time',
    arguments: [
      arg('unit', 'string'),
      arg('offset', 'any'),
      arg('format', 'string'),
      arg('text', 'string'),
    ],
    result: 'integer',
    text: 'The time since 1970 of a text in a format, at this offset from UTC.',
    examples: [
      {
        sql: "date_to_unix_ts('second', '+08:00', '%Y-%m-%d %H:%M:%S', '2023-11-15 06:13:20')",
        gives: SAMPLE,
      },
    ],
    callIn: (context, unit, offset, format, text) =>
      inUnit(parseDate(format, text, offsetOf(offset, nowNs(context))), unit),
  }),
  offsetFunction('timezone_to_offset_seconds'),
  offsetFunction('timezone_to_second'),
  defineFunction({
    name: 'mongo_date',
    category: 'time',
    arguments: [
      optional('time', 'bigint', 'Milliseconds where no unit is given; now when left out.'),
      UNIT,
    ],
    result: 'any',
    text: 'A moment that databases get as a date, not as a text.',
    examples: [
      { sql: 'mongo_date()', gives: new Date(SAMPLE * 1000 + 123) },
      { sql: "mongo_date(1700000000, 'second')", gives: new Date(SAMPLE * 1000) },
    ],
    callIn: (context, time, unit = 'millisecond') => {
      const ns = time === undefined ? nowNs(context) : time * nsPer(unit)
      return new Date(Number(ns / 1_000_000n))
    },
  }),
]
