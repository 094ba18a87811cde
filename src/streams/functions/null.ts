/** Missing values. `undefined` is what is not there; the null of JSON is a value. */
import { arg, defineFunction } from '#plugin/define-function.ts'

export const nullFunctions = [
  defineFunction({
    name: 'null',
    category: 'null',
    arguments: [],
    result: 'any',
    text: 'A missing value.',
    examples: [{ sql: 'null()', gives: undefined }],
    call: () => undefined,
  }),
  defineFunction({
    name: 'is_null',
    category: 'null',
    arguments: [arg('value', 'any')],
    result: 'boolean',
    text: 'Whether a value is missing. The null of JSON is not.',
    examples: [
      { sql: 'is_null(payload.a)', given: { payload: '{"b":1}' }, gives: true },
      { sql: 'is_null(payload.b)', given: { payload: '{"b":null}' }, gives: false },
    ],
    call: (value) => value === undefined,
  }),
]
