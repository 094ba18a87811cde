/** Functions on arrays and objects. */
import { indexesOf } from './jq-access.ts'
import { JqError } from './jq-error.ts'
import { step } from './jq-filter.ts'
import { add } from './jq-operators.ts'
import type { Pure } from './jq-pure.ts'
import {
  checkLength,
  compareJq,
  describeJq,
  failOn,
  isArray,
  isObject,
  ownValue,
  sortedKeys,
  typeOf,
} from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** See jq-functions.ts. */
export const LIST_FUNCTIONS: readonly Pure[] = [
  ['length', 0, lengthOf],
  ['keys', 0, (input) => keysOf(input, sortedKeys)],
  ['keys_unsorted', 0, (input) => keysOf(input, Object.keys)],
  ['has', 1, has],
  ['contains', 1, contains],
  ['add', 0, (input) => valuesOf(input).reduce<JqValue>(add, null)],
  ['reverse', 0, reverse],
  ['sort', 0, (input) => arrayOf(input, 'sorted').toSorted(compareJq)],
  ['_sort_by', 1, (input, keys) => pairs(input, keys).map(([, value]) => value)],
  ['_group_by', 1, groupBy],
  ['_min_by', 1, (input, keys) => extreme(input, keys, (order) => order < 0)],
  ['_max_by', 1, (input, keys) => extreme(input, keys, (order) => order >= 0)],
  ['flatten', 0, (input) => flatten(arrayOf(input, 'flattened'), Number.POSITIVE_INFINITY)],
  ['flatten', 1, (input, depth) => flatten(arrayOf(input, 'flattened'), depthOf(depth))],
  ['transpose', 0, transpose],
  ['indices', 1, indices],
  ['index', 1, (input, part) => endOf(indices(input, part), 0)],
  ['rindex', 1, (input, part) => endOf(indices(input, part), -1)],
]

function lengthOf(input: JqValue): JqValue {
  if (input === null) return 0
  if (typeof input === 'string') return Array.from(input).length
  if (typeof input === 'number') return Math.abs(input)
  if (isArray(input)) return input.length
  return isObject(input) ? Object.keys(input).length : failOn(input, 'has no length')
}

function keysOf(input: JqValue, ofObject: (object: object & Record<string, never>) => string[]) {
  if (isArray(input)) return input.map((_, index) => index)
  // An object of jq is one whose values nobody looks at here.
  if (isObject(input)) return ofObject(input as Record<string, never>)
  return failOn(input, 'has no keys')
}

function has(input: JqValue, key: JqValue): JqValue {
  if (isObject(input) && typeof key === 'string') return Object.hasOwn(input, key)
  if (isArray(input) && typeof key === 'number') return key >= 0 && key < input.length
  throw new JqError(`Cannot check whether ${typeOf(input)} has a ${typeOf(key)} key`)
}

function contains(input: JqValue, part: JqValue): boolean {
  step()
  if (isObject(input) && isObject(part)) {
    return Object.keys(part).every((key) => {
      return Object.hasOwn(input, key) && contains(ownValue(input, key), ownValue(part, key))
    })
  }
  if (isArray(input) && isArray(part)) {
    return part.every((wanted) => input.some((item) => containsIfSame(item, wanted)))
  }
  if (typeof input === 'string' && typeof part === 'string') return input.includes(part)
  if (typeOf(input) === typeOf(part)) return compareJq(input, part) === 0
  const both = `${describeJq(input)} and ${describeJq(part)}`
  throw new JqError(`${both} cannot have their containment checked`)
}

function containsIfSame(input: JqValue, part: JqValue): boolean {
  return typeOf(input) === typeOf(part) && contains(input, part)
}

function valuesOf(input: JqValue): readonly JqValue[] {
  if (isArray(input)) return input
  if (isObject(input)) return Object.values(input)
  throw new JqError(`Cannot iterate over ${input === null ? 'null' : describeJq(input)}`)
}

function arrayOf(input: JqValue, what: string): readonly JqValue[] {
  return isArray(input) ? input : failOn(input, `cannot be ${what}, as it is not an array`)
}

function reverse(input: JqValue): JqValue {
  if (input === null) return []
  if (typeof input === 'string') return Array.from(input).toReversed().join('')
  return arrayOf(input, 'reversed').toReversed()
}

/** Elements with their keys, in the order of the keys. */
function pairs(input: JqValue, keys: JqValue): readonly (readonly [JqValue, JqValue])[] {
  const list = arrayOf(input, 'sorted')
  const keyList = arrayOf(keys, 'sorted')
  return list
    .map((value, index) => [keyList[index] ?? null, value] as const)
    .toSorted(([a], [b]) => compareJq(a, b))
}

function groupBy(input: JqValue, keys: JqValue): JqValue {
  const groups: JqValue[][] = []
  let last: JqValue | undefined
  for (const [key, value] of pairs(input, keys)) {
    if (last === undefined || compareJq(last, key) !== 0) groups.push([])
    groups.at(-1)?.push(value)
    last = key
  }
  return groups
}

function extreme(input: JqValue, keys: JqValue, isBetter: (order: number) => boolean): JqValue {
  const list = arrayOf(input, 'searched')
  const keyList = arrayOf(keys, 'searched')
  let best = 0
  for (let at = 1; at < list.length; at++) {
    if (isBetter(compareJq(keyList[at] ?? null, keyList[best] ?? null))) best = at
  }
  return list[best] ?? null
}

function depthOf(depth: JqValue): number {
  if (typeof depth === 'number' && depth >= 0) return depth
  throw new JqError('flatten depth must not be negative')
}

function flatten(list: readonly JqValue[], depth: number): readonly JqValue[] {
  const flat: JqValue[] = []
  for (const item of list) {
    step()
    if (isArray(item) && depth > 0) flat.push(...flatten(item, depth - 1))
    else flat.push(item)
  }
  checkLength(flat.length)
  return flat
}

function transpose(input: JqValue): JqValue {
  const rows = arrayOf(input, 'transposed').map((row) => arrayOf(row, 'transposed'))
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0)
  checkLength(width * rows.length)
  return Array.from({ length: width }, (_, at) => rows.map((row) => row[at] ?? null))
}

function indices(input: JqValue, part: JqValue): JqValue {
  if (input === null) return null
  if (typeof input === 'string' && typeof part === 'string') return textIndexes(input, part)
  if (!isArray(input)) return failOn(input, 'cannot be searched')
  return indexesOf(input, isArray(part) ? part : [part])
}

/** Positions in characters, overlapping ones included. */
function textIndexes(text: string, part: string): JqValue {
  if (part === '') return null
  const found: number[] = []
  let chars = 0
  let from = 0
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) {
    chars += Array.from(text.slice(from, at)).length
    from = at
    found.push(chars)
  }
  return found
}

function endOf(found: JqValue, at: number): JqValue {
  return isArray(found) ? (found.at(at) ?? null) : null
}
