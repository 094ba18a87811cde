import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import { MANAGEMENT_SCHEMA } from '../schema.ts'
import { Users, USERS_MAX } from './users.ts'

const makeUsers = (): Users => new Users(new SqliteDatabase(':memory:', MANAGEMENT_SCHEMA), () => 0)
const rowOf = (username: string, role: string) => {
  return { username, role, password: 'x', description: '', must_change: 0 }
}

test('a backup may not take the last administrator with a password away', async () => {
  const users = makeUsers()
  await users.ensureFirst('admin', 'correct-horse-7')
  assert.throws(() => users.checkRestore([rowOf('admin', 'viewer')]), /no administrator/)
  users.checkRestore([rowOf('admin', 'viewer'), rowOf('boss', 'administrator')])
  users.checkRestore([rowOf('oidc:ada', 'viewer')])
})

test('where only others know the administrators, a backup needs none either', () => {
  const users = makeUsers()
  users.createOf('oidc', 'ada', 'administrator')
  users.checkRestore([rowOf('ben', 'viewer')])
  users.checkRestore([])
})

test('a backup may not bring more users than there may be', () => {
  const many = Array.from({ length: USERS_MAX + 1 }, (_, number) => rowOf(`u${number}`, 'viewer'))
  assert.throws(() => makeUsers().checkRestore(many), /1000 users at most/)
})
