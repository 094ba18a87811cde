/** Missing values. `undefined` is what is not there; the null of JSON is a value. */
import { arg, defineFunction } from '#plugin/define-function.ts'
import { isList, isMap, type Value } from '#plugin/value.ts'
import { mapOf } from './map-path.ts'

function isEmpty(value: Value): boolean {
  if (value === '' || (Buffer.isBuffer(value) && value.length === 0)) return true
  if (isList(value)) return value.length === 0
  if (isMap(value)) return Object.keys(value).length === 0
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return false
  try {
    return Object.keys(mapOf(value)).length === 0
  } catch {
    return false // Text that is not a JSON object is not empty.
  }
}

function isThere(value: Value): boolean {
  return value !== undefined
}

function isThereAndNotEmpty(value: Value): boolean {
  return value !== undefined && value !== ''
}

/** The two forms of a function that looks for the first good value. */
function coalesce(name: string, text: string, isGood: (value: Value) => boolean) {
  return [
    defineFunction({
      name,
      category: 'null',
      arguments: [arg('list', 'list')],
      result: 'any',
      text: `The first value of a list that ${text}.`,
      examples: [{ sql: `${name}([payload.a, 2])`, given: { payload: '{}' }, gives: 2 }],
      call: (list) => list.find(isGood),
    }),
    defineFunction({
      name,
      category: 'null',
      arguments: [arg('first', 'any'), arg('second', 'any')],
      result: 'any',
      text: `The first of two values that ${text}.`,
      examples: [
        { sql: `${name}(payload.a, 'none')`, given: { payload: '{}' }, gives: 'none' },
        { sql: `${name}(payload.a, 'none')`, given: { payload: '{"a":1}' }, gives: 1 },
      ],
      call: (first, second) => [first, second].find(isGood),
    }),
  ]
}

function test(
  name: string,
  text: string,
  given: string,
  gives: boolean,
  call: (value: Value) => boolean,
) {
  return defineFunction({
    name,
    category: 'null',
    arguments: [arg('value', 'any')],
    result: 'boolean',
    text,
    examples: [
      { sql: `${name}(payload.a)`, given: { payload: given }, gives },
      { sql: `${name}(payload.a)`, given: { payload: '{"a":"x"}' }, gives: call('x') },
    ],
    call,
  })
}

export const nullFunctions = [
  defineFunction({
    name: 'null',
    category: 'null',
    arguments: [],
    result: 'any',
    text: 'A missing value.',
    examples: [{ sql: 'null()', gives: undefined }],
    call: () => undefined,
  }),
  test(
    'is_null',
    'Whether a value is missing. The null of JSON is not.',
    '{"a":null}',
    false,
    (value) => value === undefined,
  ),
  test(
    'is_not_null',
    'Whether a value is there. The null of JSON is.',
    '{"a":null}',
    true,
    (value) => value !== undefined,
  ),
  test(
    'is_null_var',
    'Whether a value is missing or the null of JSON.',
    '{"a":null}',
    true,
    (value) => value === undefined || value === null,
  ),
  test(
    'is_not_null_var',
    'Whether a value is there and not the null of JSON.',
    '{"a":null}',
    false,
    (value) => value !== undefined && value !== null,
  ),
  test(
    'is_empty',
    'Whether a text, list, map or the JSON text of a map has nothing in it.',
    '{"a":[]}',
    true,
    isEmpty,
  ),
  ...coalesce('coalesce', 'is not missing', isThere),
  ...coalesce('coalesce_ne', 'is neither missing nor an empty text', isThereAndNotEmpty),
]
