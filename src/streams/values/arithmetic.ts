import { isInteger, toInteger } from '#plugin/value.ts'
import type { Value } from '#plugin/value.ts'
import { toText } from './to-text.ts'

const SAFE_MAX = Number.MAX_SAFE_INTEGER

/** `+`: sums numbers; if one side is text, joins both sides as text. */
export function add(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right
    if (sum <= SAFE_MAX && sum >= -SAFE_MAX) return sum
  }
  if (isText(left) || isText(right)) return toText(left) + toText(right)
  return onNumbers(
    '+',
    left,
    right,
    (a, b) => a + b,
    (a, b) => a + b,
  )
}

/** `-` */
export function subtract(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const difference = left - right
    if (difference <= SAFE_MAX && difference >= -SAFE_MAX) return difference
  }
  return onNumbers(
    '-',
    left,
    right,
    (a, b) => a - b,
    (a, b) => a - b,
  )
}

/** `*` */
export function multiply(left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    const product = left * right
    if (product <= SAFE_MAX && product >= -SAFE_MAX) return product
  }
  return onNumbers(
    '*',
    left,
    right,
    (a, b) => a * b,
    (a, b) => a * b,
  )
}

/** `/`: the exact quotient. @throws when the divisor is zero */
export function divide(left: Value, right: Value): Value {
  const dividend = toNumber('/', left)
  const divisor = toNumber('/', right)
  if (divisor === 0) throw new RangeError('division by zero')
  return finite(dividend / divisor)
}

/** `div`: the quotient of whole numbers, cut towards zero. @throws when the divisor is zero */
export function integerDivide(left: Value, right: Value): Value {
  return onIntegers('div', left, right, (a, b) => a / b)
}

/** `mod`: what `div` leaves, with the sign of the dividend. @throws when the divisor is zero */
export function remainder(left: Value, right: Value): Value {
  return onIntegers('mod', left, right, (a, b) => a % b)
}

/** `-` in front of a number. */
export function negate(value: Value): Value {
  if (typeof value === 'bigint') return toInteger(-value)
  return value === 0 ? 0 : -toNumber('-', value)
}

function isText(value: Value): boolean {
  return typeof value === 'string' || Buffer.isBuffer(value)
}

function onNumbers(
  op: string,
  left: Value,
  right: Value,
  whole: (a: bigint, b: bigint) => bigint,
  other: (a: number, b: number) => number,
): Value {
  if (isInteger(left) && isInteger(right)) return toInteger(whole(BigInt(left), BigInt(right)))
  return finite(other(toNumber(op, left), toNumber(op, right)))
}

function onIntegers(
  op: string,
  left: Value,
  right: Value,
  run: (a: bigint, b: bigint) => bigint,
): Value {
  for (const value of [left, right]) {
    if (!isInteger(value)) throw new TypeError(`${op} takes integers, not ${shown(value)}`)
  }
  const divisor = BigInt(right as number)
  if (divisor === 0n) throw new RangeError('division by zero')
  return toInteger(run(BigInt(left as number), divisor))
}

function toNumber(op: string, value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  throw new TypeError(`${op} takes numbers, not ${shown(value)}`)
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError('the result is too large for a number')
  return value
}

const SHOWN_CHARS_MAX = 40

/** A value in a message, shortened. */
export function shown(value: Value): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : toText(value)
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text
}
