import { arg, defineFunction } from '#plugin/define-function.ts'

export const mapFunctions = [
  defineFunction({
    name: 'map_new',
    category: 'map',
    arguments: [],
    result: 'map',
    text: 'An empty map.',
    examples: [{ sql: 'map_new()', gives: {} }],
    call: () => ({}),
  }),
  defineFunction({
    name: 'map_keys',
    category: 'map',
    arguments: [arg('map', 'map')],
    result: 'list',
    text: 'The keys of a map.',
    examples: [{ sql: 'map_keys(payload.m)', given: { payload: '{"m":{"a":1}}' }, gives: ['a'] }],
    call: (map) => Object.keys(map),
  }),
]
