import { arg, defineFunction } from '#plugin/define-function.ts'
import { toText } from '../values/to-text.ts'

export const conversionFunctions = [
  defineFunction({
    name: 'str',
    category: 'conversion',
    arguments: [arg('value', 'any')],
    result: 'string',
    text:
      'The value as text. Fractions have at most 10 decimals and no trailing zeros, maps and ' +
      'lists become JSON.',
    examples: [
      { sql: 'str(1.50)', gives: '1.5' },
      { sql: 'str(true)', gives: 'true' },
      { sql: 'str([1, 2])', gives: '[1,2]' },
    ],
    call: toText,
  }),
]
