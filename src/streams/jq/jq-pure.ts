import type { JqValue } from './jq-types.ts'

/** A function of values: name, number of arguments, and what it does with input and arguments. */
export type Pure = readonly [
  name: string,
  arity: number,
  run: (input: JqValue, a: JqValue, b: JqValue, c: JqValue) => JqValue,
]
