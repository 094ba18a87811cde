/** What operators of the rule dialect do, missing values and mixed types included. */
import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { Value } from '#plugin/value.ts'
import {
  add,
  divide,
  integerDivide,
  multiply,
  negate,
  remainder,
  shown,
  subtract,
} from '../values/arithmetic.ts'
import { compareValues, equalValues } from '../values/compare.ts'
import { toText } from '../values/to-text.ts'
import type { BinaryFunction, Semantics } from './dialect.ts'
import { matchesLike } from './like.ts'

/** Operators of rules. A comparison with a missing value is false, but between two of them. */
export const ruleSemantics: Semantics = {
  firstIndex: 1,
  binary: {
    '=': (left, right) => left === right || compare(left, right, (order) => order === 0),
    '!=': (left, right) => compare(left, right, (order) => order !== 0),
    '<': comparison(
      (a, b) => a < b,
      (order) => order < 0,
    ),
    '>': comparison(
      (a, b) => a > b,
      (order) => order > 0,
    ),
    '<=': comparison(
      (a, b) => a <= b,
      (order) => order <= 0,
    ),
    '>=': comparison(
      (a, b) => a >= b,
      (order) => order >= 0,
    ),
    '=~': (left, right) => {
      if (left === undefined || right === undefined) return false
      return matchesFilter(needText('=~', right), needText('=~', left))
    },
    like: (left, right) => {
      if (left === undefined || right === undefined) return false
      return matchesLike(needText('LIKE', left), needText('LIKE', right))
    },
    '+': add,
    '-': subtract,
    '*': multiply,
    '/': divide,
    div: integerDivide,
    mod: remainder,
  },
  negate,
  affirm: (value) => subtract(value, 0),
  isMember: (value, items) => items.some((item) => isSame(value, item)),
  matchesCase: isSame,
  missingArgument: 'fails',
}

type Judge = (order: number) => boolean

function comparison(onNumbers: (a: number, b: number) => boolean, judge: Judge): BinaryFunction {
  return (left, right) => {
    if (typeof left === 'number' && typeof right === 'number') return onNumbers(left, right)
    return compare(left, right, judge)
  }
}

function compare(left: Value, right: Value, judge: Judge): boolean {
  if (left === undefined || right === undefined) return left === right && judge(0)
  if (isNumber(left)) return judge(compareValues(left, isText(right) ? parseNumber(right) : right))
  if (isNumber(right)) return judge(compareValues(isText(left) ? parseNumber(left) : left, right))
  if (isSymbol(left) && isText(right)) return judge(compareValues(String(left), right))
  if (isText(left) && isSymbol(right)) return judge(compareValues(left, String(right)))
  return judge(compareValues(left, right))
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function isText(value: Value): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value)
}

function isSymbol(value: Value): value is boolean | null {
  return typeof value === 'boolean' || value === null
}

const NUMBER = /^[+-]?\d+(?:\.\d+(?:[eE][+-]?\d+)?)?$/

function parseNumber(value: string | Buffer): number {
  const text = toText(value)
  if (!NUMBER.test(text)) throw new TypeError(`${shown(text)} is no number to compare with`)
  return Number(text)
}

/** Equality without conversion: of the same type, and deep. */
function isSame(left: Value, right: Value): boolean {
  return left === right || (typeof left === typeof right && equalValues(left, right))
}

function needText(op: string, value: Value): string {
  if (isText(value)) return toText(value)
  throw new TypeError(`${op} takes text, not ${shown(value)}`)
}
