import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaAt } from '../../pages/configuration/schema-at.ts'
import type { FormSchema } from './form-schema.ts'
import { Control, controlOf, readText } from './key-control.ts'

const ROOT: FormSchema = {
  type: 'object',
  properties: {
    enable: { type: 'boolean' },
    size: { type: ['string', 'number'] },
    shards: { anyOf: [{ type: 'integer' }, { type: 'string', enum: ['auto'] }] },
    named: {
      type: 'object',
      additionalProperties: { type: 'object', properties: { list: { type: 'array' } } },
    },
  },
}

test('a key gets the control that suits it', () => {
  const control = (key: string) => controlOf(schemaAt(ROOT, key), undefined)
  assert.equal(control('root.enable'), Control.SWITCH)
  assert.equal(control('root.size'), Control.TEXT)
  assert.equal(control('root.shards'), Control.TEXT)
  assert.equal(control('root.named."a.b".list'), Control.JSON)
  assert.equal(control('root.unknown'), Control.JSON)
})

test('numbers stay numbers, words stay words, nothing is null', () => {
  const shards = schemaAt(ROOT, 'root.shards')
  assert.equal(readText(shards, '4'), 4)
  assert.equal(readText(shards, 'auto'), 'auto')
  assert.equal(readText(shards, ''), null)
})
