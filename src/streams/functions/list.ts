import { arg, defineFunction } from '#plugin/define-function.ts'
import type { Value } from '#plugin/value.ts'
import { equalValues } from '../values/compare.ts'

function at(list: readonly Value[], index: number, n: number): Value {
  if (index < 0 || index >= list.length) throw new RangeError(`the list has no element ${n}`)
  return list[index]
}

function part(start: number, length: number, list: readonly Value[]): readonly Value[] {
  if (start < 1 || start > list.length + 1 || length < 0) {
    throw new RangeError('the part begins outside of the list')
  }
  return list.slice(start - 1, start - 1 + length)
}

/** 1 and 1.0 are one number here: a number has no other type. */
function isSame(left: Value, right: Value): boolean {
  return typeof left === typeof right && equalValues(left, right)
}

export const listFunctions = [
  defineFunction({
    name: 'nth',
    category: 'list',
    arguments: [arg('n', 'integer', 'Counted from 1.'), arg('list', 'list')],
    result: 'any',
    text: 'One element of a list. Fails when there is none at this position.',
    examples: [
      { sql: 'nth(2, [7, 8, 9])', gives: 8 },
      { sql: 'nth(0, [7])', fails: 'no element 0' },
    ],
    call: (n, list) => at(list, n - 1, n),
  }),
  defineFunction({
    name: 'length',
    category: 'list',
    arguments: [arg('list', 'list')],
    result: 'integer',
    text: 'The number of elements.',
    examples: [{ sql: 'length([7, 8])', gives: 2 }],
    call: (list) => list.length,
  }),
  defineFunction({
    name: 'sublist',
    category: 'list',
    arguments: [arg('length', 'integer'), arg('list', 'list')],
    result: 'list',
    text: 'The first elements of a list.',
    examples: [{ sql: 'sublist(2, [7, 8, 9])', gives: [7, 8] }],
    call: (length, list) => part(1, length, list),
  }),
  defineFunction({
    name: 'sublist',
    category: 'list',
    arguments: [
      arg('start', 'integer', 'Counted from 1.'),
      arg('length', 'integer'),
      arg('list', 'list'),
    ],
    result: 'list',
    text: 'Elements of a list from a place on. Fails when it begins outside of the list.',
    examples: [
      { sql: 'sublist(2, 5, [7, 8, 9])', gives: [8, 9] },
      { sql: 'sublist(0, 1, [7])', fails: 'outside of the list' },
    ],
    call: part,
  }),
  defineFunction({
    name: 'first',
    category: 'list',
    arguments: [arg('list', 'list')],
    result: 'any',
    text: 'The first element. Fails for an empty list.',
    examples: [
      { sql: 'first([7, 8])', gives: 7 },
      { sql: 'first([])', fails: 'no element' },
    ],
    call: (list) => at(list, 0, 1),
  }),
  defineFunction({
    name: 'last',
    category: 'list',
    arguments: [arg('list', 'list')],
    result: 'any',
    text: 'The last element. Fails for an empty list.',
    examples: [
      { sql: 'last([7, 8])', gives: 8 },
      { sql: 'last([])', fails: 'no element' },
    ],
    call: (list) => at(list, list.length - 1, list.length),
  }),
  defineFunction({
    name: 'contains',
    category: 'list',
    arguments: [arg('element', 'any'), arg('list', 'list')],
    result: 'boolean',
    text: 'Whether a list has an element, of the same type.',
    examples: [
      { sql: 'contains(8, [7, 8])', gives: true },
      { sql: "contains('8', [7, 8])", gives: false },
    ],
    call: (element, list) => list.some((one) => isSame(one, element)),
  }),
]
