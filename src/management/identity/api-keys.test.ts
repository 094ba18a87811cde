import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import { MANAGEMENT_SCHEMA } from '../schema.ts'
import { ApiKeys } from './api-keys.ts'

test('keys of a backup may change their names with each other', () => {
  const keys = new ApiKeys(new SqliteDatabase(':memory:', MANAGEMENT_SCHEMA), () => 0)
  const fields = { role: 'viewer', description: '', enable: true, scopes: [] } as const
  const one = keys.create('one', { ...fields, expiresAtMs: Infinity })
  const two = keys.create('two', { ...fields, expiresAtMs: Infinity })
  const swapped = keys
    .dump()
    .map((row) => ({ ...row, name: row['name'] === 'one' ? 'two' : 'one' }))
  keys.checkRestore(swapped)
  keys.restore(swapped)
  assert.equal(keys.check(one.key, one.secret)?.name, 'two')
  assert.equal(keys.check(two.key, two.secret)?.name, 'one')
})
