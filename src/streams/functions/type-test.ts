import { arg, defineFunction } from '#plugin/define-function.ts'
import { isInteger, isList, isMap, type Value } from '#plugin/value.ts'

/** `yes` and `no` are SQL expressions for which the test is true and false. */
function test(
  name: string,
  what: string,
  [yes, no]: readonly [string, string],
  call: (value: Value) => boolean,
) {
  return defineFunction({
    name,
    category: 'test',
    arguments: [arg('value', 'any')],
    result: 'boolean',
    text: `Whether the value is ${what}.`,
    examples: [
      { sql: `${name}(${yes})`, gives: true },
      { sql: `${name}(${no})`, gives: false },
    ],
    call,
  })
}

function isNumber(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint'
}

export const typeTestFunctions = [
  test(
    'is_str',
    'text or bytes',
    ["'a'", '1'],
    (value) => typeof value === 'string' || Buffer.isBuffer(value),
  ),
  test('is_bool', 'true or false', ['true', "'true'"], (value) => typeof value === 'boolean'),
  test('is_int', 'a whole number', ['1', '1.5'], isInteger),
  test(
    'is_float',
    'a number with a fraction',
    ['1.5', '1'],
    (value) => isNumber(value) && !isInteger(value),
  ),
  test('is_num', 'a number', ['1.5', "'1'"], isNumber),
  test('is_map', 'a map', ['map_new()', '[1]'], isMap),
  test('is_array', 'a list', ['[1]', 'map_new()'], isList),
]
