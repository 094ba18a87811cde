import { arg, defineFunction } from '#plugin/define-function.ts'
import { toInteger, type Value } from '#plugin/value.ts'
import { integerDivide, remainder } from '../values/arithmetic.ts'
import { equalValues } from '../values/compare.ts'

/** @throws RangeError when the function has no value there */
function defined(name: string, argument: number, result: number): number {
  if (Number.isFinite(result)) return result
  throw new RangeError(`${name} has no value at ${argument}`)
}

/** A function of one number whose result is a fraction. */
function real(name: string, text: string, example: number, call: (value: number) => number) {
  return defineFunction({
    name,
    category: 'math',
    arguments: [arg('value', 'number')],
    result: 'number',
    text,
    examples: [
      { sql: `${name}(${example})`, gives: call(example) },
      { sql: `${name}('x')`, fails: 'must be a number' },
    ],
    call: (value) => defined(name, value, call(value)),
  })
}

/** A number without its fraction; of any size. */
function whole(value: number): Value {
  return Number.isSafeInteger(value) ? value + 0 : toInteger(BigInt(value))
}

/** Halves go away from zero. */
function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value))
}

function rounding(name: string, text: string, gives: number, call: (value: number) => number) {
  return defineFunction({
    name,
    category: 'math',
    arguments: [arg('value', 'number')],
    result: 'integer',
    text,
    examples: [
      { sql: `${name}(-1.5)`, gives },
      { sql: `${name}(2)`, gives: 2 },
    ],
    call: (value) => whole(call(value)),
  })
}

function operator(
  name: string,
  text: string,
  sql: string,
  gives: Value,
  call: (left: Value, right: Value) => Value,
) {
  return defineFunction({
    name,
    category: 'math',
    arguments: [arg('left', 'any'), arg('right', 'any')],
    result: 'any',
    text,
    examples: [{ sql, gives }],
    call,
  })
}

export const mathFunctions = [
  defineFunction({
    name: 'abs',
    category: 'math',
    arguments: [arg('value', 'number')],
    result: 'number',
    text: 'The distance from zero.',
    examples: [
      { sql: 'abs(-3)', gives: 3 },
      { sql: 'abs(2.5)', gives: 2.5 },
      { sql: "abs('x')", fails: 'must be a number' },
    ],
    call: (value) => Math.abs(value),
  }),
  real('acos', 'The arc cosine, in radians. Fails outside of -1 to 1.', 1, Math.acos),
  real('acosh', 'The inverse hyperbolic cosine. Fails below 1.', 1, Math.acosh),
  real('asin', 'The arc sine, in radians. Fails outside of -1 to 1.', 0.5, Math.asin),
  real('asinh', 'The inverse hyperbolic sine.', 1, Math.asinh),
  real('atan', 'The arc tangent, in radians.', 1, Math.atan),
  real('atanh', 'The inverse hyperbolic tangent. Fails outside of -1 to 1.', 0.5, Math.atanh),
  real('cos', 'The cosine of an angle in radians.', 0, Math.cos),
  real('cosh', 'The hyperbolic cosine.', 1, Math.cosh),
  real('sin', 'The sine of an angle in radians.', 1, Math.sin),
  real('sinh', 'The hyperbolic sine.', 1, Math.sinh),
  real('tan', 'The tangent of an angle in radians.', 1, Math.tan),
  real('tanh', 'The hyperbolic tangent.', 1, Math.tanh),
  real('exp', 'e to the power of the value.', 1, Math.exp),
  real('log', 'The natural logarithm. Fails for zero and below.', 10, Math.log),
  real('log10', 'The logarithm to the base 10. Fails for zero and below.', 100, Math.log10),
  real('log2', 'The logarithm to the base 2. Fails for zero and below.', 8, Math.log2),
  real('sqrt', 'The square root. Fails below zero.', 9, Math.sqrt),
  rounding('ceil', 'The next whole number that is not less.', -1, Math.ceil),
  rounding('floor', 'The next whole number that is not greater.', -2, Math.floor),
  rounding('round', 'The nearest whole number; halves go away from zero.', -2, roundHalfAway),
  defineFunction({
    name: 'fmod',
    category: 'math',
    arguments: [arg('dividend', 'number'), arg('divisor', 'number')],
    result: 'number',
    text: 'What a division leaves, with the sign of the dividend. Fails for a divisor of zero.',
    examples: [
      { sql: 'fmod(6.5, 2)', gives: 0.5 },
      { sql: 'fmod(1, 0)', fails: 'no value' },
    ],
    call: (dividend, divisor) => defined('fmod', dividend, dividend % divisor),
  }),
  defineFunction({
    name: 'power',
    category: 'math',
    arguments: [arg('base', 'number'), arg('exponent', 'number')],
    result: 'number',
    text: 'A number to the power of another.',
    examples: [
      { sql: 'power(2, 10)', gives: 1024 },
      { sql: 'power(10, 400)', fails: 'no value' },
    ],
    call: (base, exponent) => defined('power', base, base ** exponent),
  }),
  defineFunction({
    name: 'random',
    category: 'math',
    arguments: [],
    result: 'number',
    text: 'A random number from 0 to 1, 1 excluded.',
    examples: [
      { sql: 'random()', satisfies: (result) => Number(result) >= 0 && Number(result) < 1 },
    ],
    callIn: ({ services }) => services.random(),
  }),
  operator('eq', 'Whether two values are equal; 1 and 1.0 are.', 'eq(1, 1.0)', true, equalValues),
  operator('div', 'The same as the operator `div`.', 'div(7, 2)', 3, integerDivide),
  operator('mod', 'The same as the operator `mod`.', 'mod(-7, 2)', -1, remainder),
]
