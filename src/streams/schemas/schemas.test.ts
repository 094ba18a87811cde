/** Schemas: what is exact, what is refused, and how it is said. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Value } from '#plugin/value.ts'
import { makeSchema } from './make-schema.ts'
import { SchemaRegistry } from './schema-registry.ts'
import type { SchemaSpec, SchemaType } from './schema-spec.ts'
import { sparkplugSchema } from './sparkplug-b.ts'

function schemaOf(type: SchemaType, source: string) {
  return makeSchema({ name: 's', type, source, description: '' })
}

function roundTrip(type: SchemaType, source: string, value: Value, message?: string): Value {
  const schema = schemaOf(type, source)
  return schema.decode(schema.encode(value, message), message)
}

describe('Protobuf', () => {
  const source = `
    syntax = "proto3";
    package plant;
    message All {
      int64 big = 1;
      uint64 huge = 2;
      optional int32 maybe = 3;
      Part part = 4;
      map<string, double> by_name = 5;
      oneof one { string text = 6; bytes raw = 7; }
      repeated Part parts = 8;
      sint32 small = 9;
      bool on = 10;
    }
    message Part { double d = 1; }`

  test('every kind of field comes back as it was, 64 bits exactly', () => {
    const value = {
      big: -9_007_199_254_740_993n,
      huge: 18_446_744_073_709_551_615n,
      maybe: 0,
      part: { d: 1.5 },
      by_name: { a: 1, b: -2.25 },
      raw: Buffer.from([0xff, 0]),
      parts: [{ d: 2 }, { d: 0 }],
      small: -7,
      on: true,
    }
    assert.deepEqual(roundTrip('protobuf', source, value, 'plant.All'), value)
    assert.deepEqual(roundTrip('protobuf', source, value, 'All'), value)
  })

  test('what is not set has its default by syntax 3, unless it says whether it is set', () => {
    const empty = { big: 0, huge: 0, by_name: {}, parts: [], small: 0, on: false }
    assert.deepEqual(roundTrip('protobuf', source, {}, 'All'), empty)
    const two = 'syntax = "proto2"; message M { optional int32 a = 1; required int32 b = 2; }'
    assert.deepEqual(roundTrip('protobuf', two, { b: 3 }, 'M'), { b: 3 })
    assert.throws(() => roundTrip('protobuf', two, { a: 3 }, 'M'), /M\.b is missing/)
  })

  test('a value that does not fit is refused with its place', () => {
    const refused: readonly (readonly [Value, RegExp])[] = [
      [{ big: 1.5 }, /All\.big must be an integer/],
      [{ huge: -1 }, /All\.huge must be an integer from 0/],
      [{ maybe: 2 ** 31 }, /All\.maybe/],
      [{ parts: [{ d: 'x' }] }, /All\.parts\[1\]\.d must be a number/],
      [{ by_name: [] }, /All\.by_name must be a map/],
      [{ unknown: 1 }, /All has no field unknown/],
      [[], /All must be a map/],
    ]
    for (const [value, message] of refused) {
      assert.throws(() => roundTrip('protobuf', source, value, 'All'), message)
    }
    const schema = schemaOf('protobuf', source)
    assert.throws(() => schema.decode(Buffer.from([0x0a]), 'All'), /no message All/)
    assert.throws(() => schema.decode(Buffer.alloc(0), 'Nothing'), /no message type Nothing/)
    assert.throws(() => schema.decode(Buffer.alloc(0), undefined), /needs the type/)
  })

  test('a text that is no schema is refused', () => {
    const wrong = ['message M {', 'syntax = "proto3"; message M { Unknown u = 1; }']
    for (const one of wrong) assert.throws(() => schemaOf('protobuf', one), /schema is wrong/)
    assert.throws(() => schemaOf('protobuf', 'import "x.proto";'), /cannot import x\.proto/)
  })
})

describe('Avro', () => {
  const source = JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'n', type: 'long' },
      { name: 'u', type: ['null', 'string'], default: null },
      { name: 'e', type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } },
      { name: 'l', type: { type: 'array', items: 'double' } },
      { name: 'm', type: { type: 'map', values: 'bytes' } },
    ],
  })
  const value = {
    n: 9_007_199_254_740_993n,
    u: 'x',
    e: 'B',
    l: [1.5],
    m: { k: Buffer.from([1]) },
  }

  test('values come back as they were, 64 bits exactly, defaults filled in', () => {
    assert.deepEqual(roundTrip('avro', source, value), value)
    const { u, ...without } = value
    assert.deepEqual(roundTrip('avro', source, without), { ...value, u: null })
    assert.equal(u, 'x')
  })

  test('a value that does not fit is refused with its place', () => {
    assert.throws(() => roundTrip('avro', source, { ...value, l: ['x'] }), /schema: l\.0/)
    assert.throws(() => roundTrip('avro', source, { ...value, n: 2n ** 63n }), /schema: n/)
    const schema = schemaOf('avro', source)
    assert.throws(() => schema.decode(Buffer.from([2]), undefined), /do not fit/)
    assert.throws(() => schemaOf('avro', '{"type": "lon"}'), /schema is wrong/)
    assert.throws(() => schemaOf('avro', 'no json'), /schema is wrong/)
  })
})

describe('JSON Schema', () => {
  test('checks by several drafts', () => {
    const draft4 = { type: 'object', properties: { n: { minimum: 3, exclusiveMinimum: true } } }
    const schema = schemaOf('json', JSON.stringify({ ...draft4, id: 'http://x' }))
    assert.deepEqual(schema.decode(Buffer.from('{"n":4}'), undefined), { n: 4 })
    const later = { properties: { n: { exclusiveMinimum: 3 } }, required: ['n'] }
    const strict = schemaOf('json', JSON.stringify(later))
    assert.throws(() => strict.decode(Buffer.from('{"n":3}'), undefined), /^SchemaError: \/n must/)
    assert.throws(() => strict.encode({}, undefined), /the value must have/)
    assert.throws(() => strict.decode(Buffer.from('{'), undefined), /no JSON/)
    assert.throws(() => schemaOf('json', '[]'), /is a JSON object/)
  })
})

test('Sparkplug B knows the payloads of section 6.4', () => {
  const schema = sparkplugSchema()
  const payload = {
    timestamp: 1_700_000_000_000,
    metrics: [{ name: 'Node Control/Rebirth', datatype: 11, boolean_value: false }],
    seq: 0,
  }
  assert.deepEqual(schema.decode(schema.encode(payload, 'Payload'), 'Payload'), payload)
})

test('a registry makes a schema when it is asked for, and anew when it has changed', () => {
  const spec: SchemaSpec = { name: 'a', type: 'json', source: '{}', description: '' }
  const registry = new SchemaRegistry([spec, { ...spec, name: 'bad', source: 'x' }])
  const first = registry.find('a')
  assert.equal(registry.find('a'), first)
  assert.throws(() => registry.find('bad'), /no JSON/)
  assert.equal(registry.find('none'), undefined)
  registry.configure([{ ...spec, description: 'other words' }])
  assert.equal(registry.find('a'), first)
  registry.configure([{ ...spec, source: '{"type": "object"}' }])
  assert.notEqual(registry.find('a'), first)
  assert.equal(registry.find('bad'), undefined)
})
