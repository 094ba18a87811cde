import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FormSchema, initialOf, Shape, shapeOf, writtenOf } from './form-schema.ts'

const text: FormSchema = { type: 'string' }
const store: FormSchema = {
  'x-telling-keys': ['api'],
  anyOf: [
    {
      type: 'object',
      properties: { api: { enum: ['v1'] }, database: text },
      required: ['api', 'database'],
    },
    { type: 'object', properties: { api: { enum: ['v2'] }, bucket: text } },
  ],
}
const schema: FormSchema = {
  type: 'object',
  properties: {
    server: text,
    size: { type: 'integer', default: 8 },
    ssl: { type: 'object', properties: { enable: { type: 'boolean', default: false } } },
    headers: { type: 'object', additionalProperties: text, default: { accept: '*/*' } },
    ciphers: { anyOf: [{ type: 'array', items: text }, text], default: [] },
    store,
    others: { type: 'array', items: store, default: [] },
    stores: { type: 'object', additionalProperties: store, default: {} },
  },
}

test('each key is filled in as what it holds', () => {
  const shapes = Object.values(schema.properties ?? {}).map(shapeOf)
  const { VALUE, GROUP, NAMED_VALUES, WORD_LIST, FORMS, GROUP_LIST, NAMED_GROUPS } = Shape
  const first = [VALUE, VALUE, GROUP, NAMED_VALUES, WORD_LIST]
  assert.deepEqual(shapes, [...first, FORMS, GROUP_LIST, NAMED_GROUPS])
})

test('a form begins with defaults, and with its first form', () => {
  assert.deepEqual(initialOf(schema, { size: 2 }), {
    server: undefined,
    size: 2,
    ssl: { enable: false },
    headers: { accept: '*/*' },
    ciphers: [],
    store: { api: 'v1', database: undefined },
    others: [],
    stores: [],
  })
})

test('what is no more than a default is not sent', () => {
  const value = initialOf(schema, {})
  assert.deepEqual(writtenOf(schema, value), { store: { api: 'v1' } })
  const given = { server: '', size: 9, ssl: { enable: true }, headers: {}, others: [{ api: 'v2' }] }
  assert.deepEqual(writtenOf(schema, given), {
    size: 9,
    ssl: { enable: true },
    headers: {},
    others: [{ api: 'v2' }],
  })
})

test('keys of another form are not sent', () => {
  const value = { store: { api: 'v2', database: 'left over', bucket: 'b' } }
  assert.deepEqual(writtenOf(schema, value), { store: { api: 'v2', bucket: 'b' } })
})

test('groups under names are a list while they are written', () => {
  const stores = { a: { api: 'v2', bucket: 'b' }, gone: null }
  const value = initialOf(schema, { stores }) as { stores: unknown }
  assert.deepEqual(value.stores, [['a', { api: 'v2', bucket: 'b' }]])
  const written = [...(value.stores as unknown[]), ['', {}], ['c', { api: 'v1' }]]
  assert.deepEqual(writtenOf(schema, { stores: written }), {
    stores: { a: { api: 'v2', bucket: 'b' }, c: { api: 'v1' } },
  })
  assert.equal(writtenOf(schema, { stores: [] }), undefined)
})
