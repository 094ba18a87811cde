import { arg, defineFunction } from '#plugin/define-function.ts'

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
]
