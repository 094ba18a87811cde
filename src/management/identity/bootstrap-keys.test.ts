import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import { MANAGEMENT_SCHEMA } from '../schema.ts'
import { ApiKeys } from './api-keys.ts'
import { applyBootstrapKeys } from './bootstrap-keys.ts'

function openKeys(t: TestContext): ApiKeys {
  const database = new SqliteDatabase(':memory:', MANAGEMENT_SCHEMA)
  t.after(() => database.close())
  return new ApiKeys(database, () => 0)
}

it('a key of the file that was switched off stays off over a restart', (t) => {
  const keys = openKeys(t)
  applyBootstrapKeys(keys, 'a:first:viewer\n# a comment\nb:other')
  assert.equal(keys.check('a', 'first')?.role, 'viewer')
  keys.update('from_bootstrap_file_a', { enable: false, scopes: ['clients'] })
  applyBootstrapKeys(keys, 'a:second')
  assert.equal(keys.check('a', 'second'), undefined)
  const held = keys.get('from_bootstrap_file_a')
  assert.deepEqual([held?.role, held?.enable, held?.scopes], ['administrator', false, ['clients']])
  assert.equal(keys.check('b', 'other')?.enable, true)
})

it('a line that is no key is named', (t) => {
  assert.throws(() => applyBootstrapKeys(openKeys(t), 'a:b\nc:d:owner'), /line 2/)
})
