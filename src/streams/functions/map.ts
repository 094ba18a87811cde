import { arg, defineFunction, optional } from '#plugin/define-function.ts'
import { getKey, type MutableValueMap, setKey, type Value } from '#plugin/value.ts'
import { toText, withoutTrailingZeros } from '../values/to-text.ts'
import { getPath, mapOf, putPath } from './map-path.ts'

const HSET_DECIMALS = 6
const MAP = { m: { a: { b: 1 } } }

/** Fields and values in turn, for commands of Redis; what cannot be one is left out. */
function hsetArguments(value: Value): Value {
  try {
    return Object.entries(mapOf(value)).flatMap(([key, item]) => {
      if (item === undefined) return []
      const isFraction = typeof item === 'number' && !Number.isInteger(item)
      return [key, isFraction ? withoutTrailingZeros(item.toFixed(HSET_DECIMALS)) : toText(item)]
    })
  } catch {
    return []
  }
}

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
    name: 'map_get',
    category: 'map',
    arguments: [
      arg('path', 'string', 'Keys with dots between them.'),
      arg('map', 'any', 'A map, or the JSON text of one.'),
      optional('default', 'any'),
    ],
    result: 'any',
    text: 'A value below a map, or the default when it is not there.',
    examples: [
      { sql: "map_get('a.b', m)", given: MAP, gives: 1 },
      { sql: "map_get('a.c', m)", given: MAP, gives: undefined },
      { sql: "map_get('a.c', m, 0)", given: MAP, gives: 0 },
    ],
    call: (path, map, fallback) => getPath(mapOf(map), path) ?? fallback,
  }),
  defineFunction({
    name: 'map_put',
    category: 'map',
    arguments: [
      arg('path', 'string', 'Keys with dots between them.'),
      arg('value', 'any'),
      arg('map', 'any', 'A map, or the JSON text of one.'),
    ],
    result: 'map',
    text: 'The map with a value set below it; maps on the way are made.',
    examples: [{ sql: "map_put('a.c', 2, m)", given: MAP, gives: { a: { b: 1, c: 2 } } }],
    call: (path, value, map) => putPath(mapOf(map), path, value),
  }),
  defineFunction({
    name: 'mget',
    category: 'map',
    arguments: [arg('key', 'string'), arg('map', 'any'), optional('default', 'any')],
    result: 'any',
    text: 'The value of a key, dots included, or the default when it is not there.',
    examples: [
      { sql: "mget('a', m)", given: MAP, gives: { b: 1 } },
      { sql: "mget('a.b', m, 0)", given: MAP, gives: 0 },
    ],
    call: (key, map, fallback) => getKey(mapOf(map), key) ?? fallback,
  }),
  defineFunction({
    name: 'mput',
    category: 'map',
    arguments: [arg('key', 'string'), arg('value', 'any'), arg('map', 'any')],
    result: 'map',
    text: 'The map with a key, dots included, set to a value.',
    examples: [{ sql: "mput('a.b', 2, map_new())", gives: { 'a.b': 2 } }],
    call: (key, value, map) => {
      const copy: MutableValueMap = { ...mapOf(map) }
      setKey(copy, key, value)
      return copy
    },
  }),
  defineFunction({
    name: 'map_keys',
    category: 'map',
    arguments: [arg('map', 'any', 'A map, or the JSON text of one.')],
    result: 'list',
    text: 'The keys of a map.',
    examples: [
      { sql: 'map_keys(payload.m)', given: { payload: '{"m":{"a":1}}' }, gives: ['a'] },
      { sql: 'map_keys(1)', fails: 'neither a map' },
    ],
    call: (map) => Object.keys(mapOf(map)),
  }),
  defineFunction({
    name: 'map_values',
    category: 'map',
    arguments: [arg('map', 'any', 'A map, or the JSON text of one.')],
    result: 'list',
    text: 'The values of a map.',
    examples: [{ sql: `map_values('{"a":1}')`, gives: [1] }],
    call: (map) => Object.values(mapOf(map)),
  }),
  defineFunction({
    name: 'map_size',
    category: 'map',
    arguments: [arg('map', 'any', 'A map, or the JSON text of one.')],
    result: 'integer',
    text: 'The number of keys of a map.',
    examples: [{ sql: 'map_size(m)', given: MAP, gives: 1 }],
    call: (map) => Object.keys(mapOf(map)).length,
  }),
  defineFunction({
    name: 'map_to_entries',
    category: 'map',
    arguments: [arg('map', 'any', 'A map, or the JSON text of one.')],
    result: 'list',
    text: 'The entries of a map, each as a map with `key` and `value`.',
    examples: [{ sql: `map_to_entries('{"a":1}')`, gives: [{ key: 'a', value: 1 }] }],
    call: (map) => Object.entries(mapOf(map)).map(([key, value]) => ({ key, value })),
  }),
  defineFunction({
    name: 'map_to_redis_hset_args',
    category: 'map',
    arguments: [arg('map', 'any', 'A map, or the JSON text of one.')],
    result: 'list',
    text:
      'Keys and values in turn, as arguments of HSET in a template. Fractions have at most ' +
      '6 decimals; what is not a map gives an empty list.',
    examples: [
      { sql: `map_to_redis_hset_args('{"a":1,"b":"x"}')`, gives: ['a', '1', 'b', 'x'] },
      { sql: "map_to_redis_hset_args('no')", gives: [] },
    ],
    call: hsetArguments,
  }),
]
