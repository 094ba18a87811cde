/** Choices and comparisons as functions, for places that know no operators. */
import { arg, defineFunction, variadic } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { toText } from '../values/to-text.ts'

type Order = -1 | 0 | 1

function isTrue(value: Value): boolean {
  return value !== undefined && value !== false && value !== '' && value !== 'false'
}

function orderOf<T extends number | string>(a: T, b: T): Order {
  if (a === b) return 0
  return a < b ? -1 : 1
}

const WORDS = ['lt', 'eq', 'gt'] as const

/** By the end of the name: what it says, whether an order is meant, and 1 against 2. */
const RELATIONS = [
  ['eq', 'equal', (order: Order) => order === 0, false],
  ['neq', 'different', (order: Order) => order !== 0, true],
  ['lt', 'in order: the first one less', (order: Order) => order < 0, true],
  ['lte', 'in order: the first one less or equal', (order: Order) => order <= 0, true],
  ['gt', 'in order: the first one greater', (order: Order) => order > 0, false],
  ['gte', 'in order: the first one greater or equal', (order: Order) => order >= 0, false],
] as const

function comparisons(
  prefix: 'str' | 'num',
  what: string,
  [less, greater]: readonly [string, string],
  compare: (a: Value, b: Value) => Order,
) {
  const args = [arg('first', 'any'), arg('second', 'any')] as const
  const relations = RELATIONS.map(([end, text, holds, givesForLess]) =>
    defineFunction({
      name: `${prefix}_${end}`,
      category: 'test',
      arguments: args,
      result: 'boolean',
      text: `Whether two ${what} are ${text}.`,
      examples: [
        { sql: `${prefix}_${end}(${less}, ${greater})`, gives: givesForLess },
        { sql: `${prefix}_${end}(${less}, ${less})`, gives: holds(0) },
      ],
      call: (first, second) => holds(compare(first, second)),
    }),
  )
  return [
    defineFunction({
      name: `${prefix}_comp`,
      category: 'test',
      arguments: args,
      result: 'string',
      text: `How two ${what} stand to each other: \`lt\`, \`eq\` or \`gt\`.`,
      examples: [
        { sql: `${prefix}_comp(${less}, ${greater})`, gives: 'lt' },
        { sql: `${prefix}_comp(${less}, ${less})`, gives: 'eq' },
      ],
      call: (first, second) => WORDS[compare(first, second) + 1],
    }),
    ...relations,
  ]
}

function numberOf(value: Value): number {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  if (Number.isNaN(number)) throw new TypeError(`${toText(value)} is no number`)
  return number
}

export const conditionFunctions = [
  defineFunction({
    name: 'iif',
    category: 'null',
    arguments: [arg('condition', 'any'), arg('then', 'any'), arg('else', 'any')],
    result: 'any',
    text:
      'One of two values: the second one if the condition is missing, `false` or an empty text, ' +
      'else the first one.',
    examples: [
      { sql: "iif(qos > 0, 'safe', 'fast')", given: { qos: 0 }, gives: 'fast' },
      { sql: "iif(username, username, 'nobody')", given: { username: undefined }, gives: 'nobody' },
      { sql: "iif('x', 1, 2)", gives: 1 },
    ],
    acceptsNull: true,
    call: (condition, first, second) => (isTrue(condition) ? first : second),
  }),
  defineFunction({
    name: 'coalesce',
    category: 'null',
    arguments: [
      arg('first', 'any'),
      arg('second', 'any'),
      arg('third', 'any'),
      variadic('more', 'any'),
    ],
    result: 'any',
    text: 'The first argument that is not missing.',
    examples: [
      { sql: "coalesce(payload.a, payload.b, 'c')", given: { payload: '{}' }, gives: 'c' },
    ],
    acceptsNull: true,
    call: (first, second, third, ...more) => {
      return [first, second, third, ...more].find((value) => value !== undefined)
    },
  }),
  defineFunction({
    name: 'is_empty_val',
    category: 'null',
    arguments: [arg('value', 'any')],
    result: 'boolean',
    text: 'Whether a value is missing or an empty text.',
    examples: [
      { sql: "is_empty_val('')", gives: true },
      { sql: 'is_empty_val(payload.a)', given: { payload: '{}' }, gives: true },
      { sql: 'is_empty_val(0)', gives: false },
    ],
    acceptsNull: true,
    call: (value) => value === undefined || value === '',
  }),
  ...comparisons('str', 'texts', ["'a'", "'b'"], (a, b) => orderOf(toText(a), toText(b))),
  ...comparisons('num', 'numbers', ['9', "'10'"], (a, b) => orderOf(numberOf(a), numberOf(b))),
]
