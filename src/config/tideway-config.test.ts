import { test } from 'node:test'
import assert from 'node:assert/strict'
import { decode } from './decode.ts'
import type { FieldSpec } from './field.ts'
import { KNOWN_ELSEWHERE, knownElsewhere } from './fields/known-elsewhere.ts'
import { fromPlain } from './hocon/value.ts'
import { jsonSchema } from './json-schema.ts'
import { tidewayFields } from './tideway-config.ts'
import { allFields, fieldAt } from './walk.ts'

const COMMON = ['kind', 'text', 'hot', 'default', 'required', 'example']
const RANGE = ['min', 'max', 'words']

/** Inferred options hide a misspelt property from the compiler, not from this list. */
const PROPERTIES: Readonly<Record<FieldSpec['kind'], readonly string[]>> = {
  bool: ['words'],
  int: [...RANGE, 'unit'],
  number: [...RANGE, 'unit'],
  percent: RANGE,
  duration: RANGE,
  bytes: RANGE,
  rate: ['of', 'words'],
  oneOf: ['values'],
  string: ['lengthMax', 'lines', 'pattern', 'patternText', 'path', 'check'],
  secret: [],
  any: [],
  list: ['item', 'itemsMax', 'commaSeparated', 'single'],
  map: ['value', 'keyLabel', 'keyPattern', 'entriesMax', 'words', 'flatEntry'],
  object: ['fields', 'aliases', 'check'],
  variant: ['tellingKeys', 'forms', 'textKey'],
}

const all = [...allFields(tidewayFields)]

test('every field is well-formed and says in a sentence what it does', () => {
  for (const { path, field } of all) {
    const name = path.join('.')
    const known = [...COMMON, ...PROPERTIES[field.kind]]
    for (const key of Object.keys(field)) assert.ok(known.includes(key), `${name}: ${key}`)
    assert.match(field.text, /^[A-Z`$<].*[.…]$/s, name)
  }
})

test('every default and every example is a value its field accepts', () => {
  const at = { source: 'example', line: 0, column: 0 }
  for (const { path, field } of all) {
    for (const written of [field.default, field.example]) {
      if (written === undefined) continue
      const { errors } = decode({ ...field, required: true }, fromPlain(written, at))
      assert.deepEqual(errors, [], path.join('.'))
    }
  }
})

test('no key is both obeyed and listed as known elsewhere', () => {
  for (const { path } of all) {
    assert.equal(knownElsewhere(path), undefined, path.join('.'))
  }
})

test('the rows of known keys are whole, unique and start at a known place', () => {
  const patterns = new Set<string>()
  for (const { pattern, effect } of KNOWN_ELSEWHERE) {
    assert.match(pattern, /^(?:\*\*|[a-z_]+)(\.(\*|[a-z_0-9]+))*$/)
    assert.match(effect, /^[a-z].*[^.]$/, pattern)
    assert.ok(!patterns.has(pattern), pattern)
    patterns.add(pattern)
    if (pattern.startsWith('**')) continue
    const above = pattern
      .split('.')
      .slice(0, -1)
      .map((key) => (key === '*' ? 'tcp' : key))
    // A listener pattern covers all types; TLS and WebSocket groups are not there for `tcp`.
    const listener = above.map((key, index) => (index === 1 && key === 'tcp' ? 'wss' : key))
    const parent = above.length === 0 || fieldAt(tidewayFields, above) !== undefined
    // The last one may stand for an item of a list.
    const star = pattern.split('.').slice(0, -1).lastIndexOf('*')
    const item = star === -1 ? above : above.with(star, '0')
    const integration = above.map((key, index) => (index === 1 && key === 'tcp' ? 'mqtt' : key))
    const dashboard = above.map((key) => (key === 'tcp' ? 'http' : key))
    const places = [listener, item, integration, dashboard]
    const others = places.map((path) => fieldAt(tidewayFields, path))
    assert.ok(parent || others.some((field) => field !== undefined), pattern)
  }
})

test('the JSON schema names every key, its default and when a change takes effect', () => {
  const schema = jsonSchema(tidewayFields) as Record<
    string,
    Record<string, Record<string, unknown>>
  >
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema')
  const mqtt = schema['properties']?.['mqtt']?.['properties'] as Record<string, unknown>
  assert.deepEqual(mqtt['max_inflight'], {
    description:
      'Messages sent to one client that wait for its acknowledgement. An MQTT 5 client can ' +
      'lower it by its Receive Maximum.',
    'x-hot': 'new-connections',
    default: 1024,
    type: 'integer',
    minimum: 1,
    maximum: 65_535,
  })
  assert.deepEqual((mqtt['server_keepalive'] as Record<string, unknown>)['anyOf'], [
    { type: 'integer', minimum: 1, maximum: 65_535, 'x-unit': 's' },
    { type: 'string', enum: ['disabled'] },
  ])
  assert.doesNotThrow(() => JSON.stringify(schema))
})
