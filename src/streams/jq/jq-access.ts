/** Parts of values: reading, replacing and removing them by keys, positions and slices. */
import { JqError } from './jq-error.ts'
import type { JqPath } from './jq-filter.ts'
import {
  checkLength,
  compareJq,
  describeJq,
  isArray,
  isObject,
  ownValue,
  typeOf,
  withKey,
} from './jq-value.ts'
import type { JqObject, JqValue } from './jq-types.ts'

/** `value[key]`. @throws JqError */
export function getKey(value: JqValue, key: JqValue): JqValue {
  if (typeof key === 'string') {
    if (value === null) return null
    if (isObject(value)) return ownValue(value, key)
    throw new JqError(`Cannot index ${typeOf(value)} with "${key}"`)
  }
  if (typeof key === 'number') {
    if (value === null) return null
    if (isArray(value)) return value[place(key, value.length)] ?? null
    throw new JqError(`Cannot index ${typeOf(value)} with number`)
  }
  if (isObject(key)) return getSlice(value, ownValue(key, 'start'), ownValue(key, 'end'))
  if (isArray(value) && isArray(key)) return indexesOf(value, key)
  throw new JqError(`Cannot index ${typeOf(value)} with ${typeOf(key)}`)
}

function place(key: number, length: number): number {
  const whole = Math.floor(key)
  return whole < 0 ? length + whole : whole
}

/** Positions at which the second array stands in the first one. */
export function indexesOf(value: readonly JqValue[], part: readonly JqValue[]): JqValue {
  if (part.length === 0) return null
  const found: number[] = []
  for (let at = 0; at + part.length <= value.length; at++) {
    const isHere = part.every((item, index) => compareJq(item, value[at + index] ?? null) === 0)
    if (isHere) found.push(at)
  }
  return found
}

/** `value[from:to]`. @throws JqError */
export function getSlice(value: JqValue, from: JqValue, to: JqValue): JqValue {
  if (value === null) return null
  if (isArray(value)) {
    const { start, end } = bounds(from, to, value.length)
    return value.slice(start, end)
  }
  if (typeof value !== 'string') throw new JqError(`Cannot index ${typeOf(value)} with object`)
  const points = Array.from(value)
  const { start, end } = bounds(from, to, points.length)
  return points.slice(start, end).join('')
}

function bounds(from: JqValue, to: JqValue, length: number): { start: number; end: number } {
  const isBound = (bound: JqValue): boolean => bound === null || typeof bound === 'number'
  if (!isBound(from) || !isBound(to)) {
    throw new JqError('Start and end indices of an array slice must be numbers')
  }
  // Numbers or null: checked above.
  const start = clamp(Math.floor((from ?? 0) as number), length)
  const end = clamp(Math.ceil((to ?? length) as number), length)
  return { start, end: Math.max(start, end) }
}

function clamp(bound: number, length: number): number {
  return Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length)
}

/** `value[]`. @throws JqError */
export function each(value: JqValue): readonly JqValue[] {
  if (isArray(value)) return value
  if (isObject(value)) return Object.values(value)
  throw new JqError(`Cannot iterate over ${value === null ? 'null' : describeJq(value)}`)
}

/** The keys of what `each` gives. */
export function eachKey(value: JqValue): readonly JqValue[] {
  if (isArray(value)) return value.map((_, index) => index)
  if (isObject(value)) return Object.keys(value)
  throw new JqError(`Cannot iterate over ${value === null ? 'null' : describeJq(value)}`)
}

/** The part at a path; null where there is none. @throws JqError */
export function getPath(value: JqValue, path: JqPath): JqValue {
  let found = value
  for (const key of path) {
    if (found === null) return null
    found = getKey(found, key)
  }
  return found
}

/** A copy in which the part at the path is what `change` makes of it. @throws JqError */
export function changePath(
  value: JqValue,
  path: JqPath,
  change: (part: JqValue) => JqValue,
  depth = 0,
): JqValue {
  if (depth === path.length) return change(value)
  const key = path[depth] ?? null
  const inside = changePath(getKey(value, key), path, change, depth + 1)
  return setKey(value, key, inside)
}

function setKey(value: JqValue, key: JqValue, part: JqValue): JqValue {
  if (typeof key === 'string' && (value === null || isObject(value))) {
    return withKey(value ?? {}, key, part)
  }
  if (typeof key === 'number' && (value === null || isArray(value))) {
    return setPosition(value ?? [], key, part)
  }
  if (isObject(key) && (value === null || isArray(value))) return setSlice(value ?? [], key, part)
  throw new JqError(`Cannot update field at ${typeOf(key)} index of ${typeOf(value)}`)
}

function setPosition(value: readonly JqValue[], key: number, part: JqValue): JqValue {
  const at = place(key, value.length)
  if (at < 0) throw new JqError('Out of bounds negative array index')
  checkLength(at)
  const copy = value.slice()
  while (copy.length < at) copy.push(null)
  copy[at] = part
  return copy
}

function setSlice(value: readonly JqValue[], key: JqObject, part: JqValue): JqValue {
  if (!isArray(part)) throw new JqError('A slice of an array can only be assigned another array')
  const { start, end } = bounds(ownValue(key, 'start'), ownValue(key, 'end'), value.length)
  checkLength(value.length + part.length)
  return [...value.slice(0, start), ...part, ...value.slice(end)]
}

/** A copy without the parts at the paths. @throws JqError */
export function deletePaths(value: JqValue, paths: readonly JqPath[]): JqValue {
  // The last ones first, so that positions stay what they are.
  const sorted = paths.toSorted((a, b) => compareJq(b, a))
  let left = value
  for (const path of sorted) left = deletePath(left, path, 0)
  return left
}

function deletePath(value: JqValue, path: JqPath, depth: number): JqValue {
  if (value === null) return null
  const key = path[depth]
  if (key === undefined) return null
  if (depth === path.length - 1) return deleteKey(value, key)
  const inside = getKey(value, key)
  return inside === null ? value : setKey(value, key, deletePath(inside, path, depth + 1))
}

function deleteKey(value: JqValue, key: JqValue): JqValue {
  if (isObject(value) && typeof key === 'string') {
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  }
  if (isArray(value) && typeof key === 'number') {
    const at = place(key, value.length)
    return value.filter((_, index) => index !== at)
  }
  if (isArray(value) && isObject(key)) return setSlice(value, key, [])
  throw new JqError(`Cannot delete field at ${typeOf(key)} index of ${typeOf(value)}`)
}
