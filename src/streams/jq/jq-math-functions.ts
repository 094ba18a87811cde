/** Functions on numbers. */
import type { Pure } from './jq-pure.ts'
import { failOn } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

type Calculate = (...numbers: number[]) => number

const ONE: Readonly<Record<string, Calculate>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round: (x) => Math.sign(x) * Math.round(Math.abs(x)),
  trunc: Math.trunc,
  rint: roundEven,
  nearbyint: roundEven,
  fabs: Math.abs,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  exp10: (x) => 10 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  significand: (x) => (x === 0 ? 0 : x / 2 ** Math.floor(Math.log2(Math.abs(x)))),
  logb: (x) => Math.floor(Math.log2(Math.abs(x))),
}

const TWO: Readonly<Record<string, Calculate>> = {
  pow: (x = 0, y = 0) => x ** y,
  atan2: (y = 0, x = 0) => Math.atan2(y, x),
  fmod: (x = 0, y = 0) => x % y,
  fmin: Math.min,
  fmax: Math.max,
  ldexp: (x = 0, y = 0) => x * 2 ** y,
  scalb: (x = 0, y = 0) => x * 2 ** y,
}

function roundEven(x: number): number {
  const rounded = Math.round(x)
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

function number(value: JqValue): number {
  return typeof value === 'number' ? value : failOn(value, 'number required')
}

/** See jq-functions.ts. */
export const MATH_FUNCTIONS: readonly Pure[] = [
  ...Object.entries(ONE).map(([name, run]): Pure => [name, 0, (input) => run(number(input))]),
  ...Object.entries(TWO).map(([name, run]): Pure => [
    name,
    2,
    (_input, a, b) => run(number(a), number(b)),
  ]),
  ['infinite', 0, () => Number.POSITIVE_INFINITY],
  ['nan', 0, () => Number.NaN],
  ['isinfinite', 0, (input) => Math.abs(number(input)) === Number.POSITIVE_INFINITY],
  ['isnan', 0, (input) => Number.isNaN(number(input))],
  [
    'isnormal',
    0,
    (input) => Number.isFinite(number(input)) && Math.abs(number(input)) >= 2 ** -1022,
  ],
]
