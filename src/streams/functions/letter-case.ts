import { arg, defineFunction } from '#plugin/define-function.ts'

export const caseFunctions = [
  defineFunction({
    name: 'lower',
    category: 'string',
    arguments: [arg('text', 'string')],
    result: 'string',
    text: 'The text in small letters.',
    examples: [{ sql: "lower('Ab')", gives: 'ab' }],
    call: (text) => text.toLowerCase(),
  }),
  defineFunction({
    name: 'upper',
    category: 'string',
    arguments: [arg('text', 'string')],
    result: 'string',
    text: 'The text in capital letters.',
    examples: [{ sql: "upper('Ab')", gives: 'AB' }],
    call: (text) => text.toUpperCase(),
  }),
]
