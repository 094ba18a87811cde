import { JqError } from './jq-error.ts'
import {
  checkChars,
  checkLength,
  compareJq,
  describeJq,
  isArray,
  isObject,
  ownValue,
  putKey,
} from './jq-value.ts'
import type { JqObject, JqValue } from './jq-types.ts'

type Operate = (left: JqValue, right: JqValue) => JqValue

function cannot(left: JqValue, right: JqValue, what: string): never {
  throw new JqError(`${describeJq(left)} and ${describeJq(right)} cannot be ${what}`)
}

/** `+` @throws JqError */
export function add(left: JqValue, right: JqValue): JqValue {
  if (left === null) return right
  if (right === null) return left
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (typeof left === 'string' && typeof right === 'string') {
    checkChars(left.length + right.length)
    return left + right
  }
  if (isArray(left) && isArray(right)) {
    checkLength(left.length + right.length)
    return [...left, ...right]
  }
  if (isObject(left) && isObject(right)) return merge(left, right)
  return cannot(left, right, 'added')
}

function merge(left: JqObject, right: JqObject): JqObject {
  const merged: Record<string, JqValue> = { ...left }
  for (const [key, value] of Object.entries(right)) putKey(merged, key, value)
  return merged
}

function subtract(left: JqValue, right: JqValue): JqValue {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (isArray(left) && isArray(right)) {
    return left.filter((item) => !right.some((other) => compareJq(item, other) === 0))
  }
  return cannot(left, right, 'subtracted')
}

function multiply(left: JqValue, right: JqValue): JqValue {
  if (typeof left === 'number' && typeof right === 'number') return left * right
  if (typeof left === 'string' && typeof right === 'number') return repeat(left, right)
  if (typeof left === 'number' && typeof right === 'string') return repeat(right, left)
  if (isObject(left) && isObject(right)) return mergeDeep(left, right)
  return cannot(left, right, 'multiplied')
}

function repeat(text: string, times: number): JqValue {
  if (!(times > 0)) return null
  const whole = Math.max(1, Math.ceil(times))
  checkChars(text.length * whole)
  return text.repeat(whole)
}

function mergeDeep(left: JqObject, right: JqObject): JqObject {
  const merged: Record<string, JqValue> = { ...left }
  for (const [key, value] of Object.entries(right)) {
    const before = ownValue(left, key)
    putKey(merged, key, isObject(before) && isObject(value) ? mergeDeep(before, value) : value)
  }
  return merged
}

function divide(left: JqValue, right: JqValue): JqValue {
  if (typeof left === 'number' && typeof right === 'number') {
    if (right === 0) return cannot(left, right, 'divided because the divisor is zero')
    return left / right
  }
  if (typeof left === 'string' && typeof right === 'string') return splitText(left, right)
  return cannot(left, right, 'divided')
}

/** The pieces of a text between separators. */
export function splitText(text: string, separator: string): JqValue {
  if (text === '') return []
  return separator === '' ? Array.from(text) : text.split(separator)
}

function modulo(left: JqValue, right: JqValue): JqValue {
  if (typeof left !== 'number' || typeof right !== 'number') return cannot(left, right, 'divided')
  const divisor = Math.abs(Math.trunc(right))
  if (divisor === 0) return cannot(left, right, 'divided because the divisor is zero')
  // Zero without sign.
  return (Math.trunc(left) % divisor) + 0
}

/** Operators by their sign; `and`, `or` and `//` are the compiler's. */
export const OPERATORS: ReadonlyMap<string, Operate> = new Map<string, Operate>([
  ['+', add],
  ['-', subtract],
  ['*', multiply],
  ['/', divide],
  ['%', modulo],
  ['==', (left, right) => compareJq(left, right) === 0],
  ['!=', (left, right) => compareJq(left, right) !== 0],
  ['<', (left, right) => compareJq(left, right) < 0],
  ['<=', (left, right) => compareJq(left, right) <= 0],
  ['>', (left, right) => compareJq(left, right) > 0],
  ['>=', (left, right) => compareJq(left, right) >= 0],
])
