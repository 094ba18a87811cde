/** What all of jq does with values. */
import { JqError, JqLimitError } from './jq-error.ts'
import type { JqObject, JqValue } from './jq-types.ts'

/** Elements of an array, and characters of a string, that a program may make. */
const ELEMENTS_MAX = 1_000_000
const CHARS_MAX = 16_777_216

/** True for objects. */
export function isObject(value: JqValue): value is JqObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for arrays. */
export function isArray(value: JqValue): value is readonly JqValue[] {
  return Array.isArray(value)
}

/** Name of the type of a value. */
export function typeOf(value: JqValue): string {
  if (value === null) return 'null'
  if (isArray(value)) return 'array'
  return typeof value
}

/** False and null are false, all else is true. */
export function isTrue(value: JqValue): boolean {
  return value !== false && value !== null
}

/** A value of an object's own, or null. */
export function ownValue(object: JqObject, key: string): JqValue {
  return Object.hasOwn(object, key) ? (object[key] ?? null) : null
}

/** A copy with the key set, whatever its name. */
export function withKey(object: JqObject, key: string, value: JqValue): JqObject {
  const copy: Record<string, JqValue> = { ...object }
  putKey(copy, key, value)
  return copy
}

/** Sets a key of an object under construction. */
export function putKey(object: Record<string, JqValue>, key: string, value: JqValue): void {
  if (key !== '__proto__') object[key] = value
  else {
    const property = { value, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(object, key, property)
  }
}

/** @throws JqLimitError when an array is too long */
export function checkLength(length: number): void {
  if (length > ELEMENTS_MAX)
    throw new JqLimitError(`an array of more than ${ELEMENTS_MAX} elements`)
}

/** @throws JqLimitError when a string is too long */
export function checkChars(length: number): void {
  if (length > CHARS_MAX) throw new JqLimitError(`a string of more than ${CHARS_MAX} characters`)
}

const RANKS: Readonly<Record<string, number>> = { number: 3, string: 4, array: 5, object: 6 }

function rankOf(value: JqValue): number {
  if (value === null) return 0
  if (typeof value === 'boolean') return value ? 2 : 1
  return RANKS[typeOf(value)] ?? 0
}

/** Order of any two values, as `sort` has it. */
export function compareJq(left: JqValue, right: JqValue): number {
  if (typeof left === 'number' && typeof right === 'number') {
    // Not a number is less than any number.
    if (Number.isNaN(left)) return -1
    return left < right ? -1 : left === right ? 0 : 1
  }
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  const difference = rankOf(left) - rankOf(right)
  if (difference !== 0) return difference
  if (isArray(left) && isArray(right)) return compareArrays(left, right)
  return isObject(left) && isObject(right) ? compareObjects(left, right) : 0
}

/** By code points, which for characters beyond U+FFFF is not the order of JavaScript. */
function compareText(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at)
    const b = right.charCodeAt(at)
    if (a !== b) return isSurrogate(a) === isSurrogate(b) ? a - b : isSurrogate(a) ? 1 : -1
  }
  return left.length - right.length
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff
}

function compareArrays(left: readonly JqValue[], right: readonly JqValue[]): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const difference = compareJq(left[at] ?? null, right[at] ?? null)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function compareObjects(left: JqObject, right: JqObject): number {
  const keys = sortedKeys(left)
  const difference = compareArrays(keys, sortedKeys(right))
  if (difference !== 0) return difference
  for (const key of keys) {
    const inside = compareJq(ownValue(left, key), ownValue(right, key))
    if (inside !== 0) return inside
  }
  return 0
}

/** Keys in the order of jq. */
export function sortedKeys(object: JqObject): string[] {
  return Object.keys(object).sort(compareText)
}

const SHOWN_CHARS_MAX = 11

/** `string ("abc")`, as messages name a value. */
export function describeJq(value: JqValue): string {
  const text = JSON.stringify(value)
  const shown = text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX - 1)}...` : text
  return `${typeOf(value)} (${shown})`
}

/** @throws JqError */
export function failOn(value: JqValue, what: string): never {
  throw new JqError(`${describeJq(value)} ${what}`)
}
