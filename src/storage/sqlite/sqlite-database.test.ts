import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SqliteDatabase } from './sqlite-database.ts'

const FIRST = { version: 1, sql: 'CREATE TABLE a (name TEXT PRIMARY KEY) STRICT' }
const SECOND = { version: 2, sql: 'ALTER TABLE a ADD COLUMN size INTEGER NOT NULL DEFAULT 7' }

test('a database is brought up to date and keeps what it has', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tideway-sqlite-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'a.sqlite')
  const first = new SqliteDatabase(path, [FIRST])
  assert.equal(first.run('INSERT INTO a (name) VALUES (?)', 'x'), 1)
  first.close()
  const second = new SqliteDatabase(path, [FIRST, SECOND])
  assert.deepEqual({ ...second.get('SELECT * FROM a') }, { name: 'x', size: 7 })
  second.close()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.throws(() => new SqliteDatabase(path, [FIRST]), /written by a later version/)
})

test('a transaction that throws leaves nothing', () => {
  const database = new SqliteDatabase(':memory:', [FIRST])
  assert.throws(() => {
    database.transaction(() => {
      database.run('INSERT INTO a (name) VALUES (?)', 'x')
      throw new Error('stop')
    })
  }, /stop/)
  assert.deepEqual(database.all('SELECT * FROM a'), [])
  const made = database.transaction(() => database.run('INSERT INTO a (name) VALUES (?)', 'y'))
  assert.equal(made, 1)
  database.close()
})
