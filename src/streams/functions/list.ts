import { arg, defineFunction } from '#plugin/define-function.ts'

export const listFunctions = [
  defineFunction({
    name: 'nth',
    category: 'list',
    arguments: [arg('n', 'integer', 'Counted from 1.'), arg('list', 'list')],
    result: 'any',
    text: 'One element of a list. Fails when there is none at this position.',
    examples: [
      { sql: 'nth(2, [7, 8, 9])', gives: 8 },
      { sql: 'nth(0, [7])', fails: 'no element 0' },
    ],
    call: (n, list) => {
      if (n < 1 || n > list.length) throw new RangeError(`the list has no element ${n}`)
      return list[n - 1]
    },
  }),
]
