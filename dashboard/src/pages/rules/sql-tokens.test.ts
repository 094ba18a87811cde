import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suggest, wordAt } from './suggest.ts'
import { sourcesOf, tokensOf } from './sql-tokens.ts'

test('every character of a statement belongs to one token', () => {
  const sql = `SELECT upper(topic) AS t, 'it''s' -- why\nFROM "a/#" WHERE payload.x > 1.5 /* end`
  const tokens = tokensOf(sql)
  assert.equal(tokens.map(({ start, end }) => sql.slice(start, end)).join(''), sql)
  const kinds = tokens.filter(({ kind }) => kind !== 'plain').map(({ kind }) => kind)
  const expected = 'keyword call keyword string comment keyword name keyword number comment'
  assert.deepEqual(kinds, expected.split(' '))
})

test('sources stand after FROM', () => {
  assert.deepEqual(sourcesOf('SELECT "x" FROM "a/#", "$events/client_connected" WHERE 1 = 1'), [
    'a/#',
    '$events/client_connected',
  ])
  assert.deepEqual(sourcesOf('SELECT 1'), [])
})

test('what begins as the word at the caret is suggested, fields first', () => {
  const catalog = { fields: ['topic', 'payload.temp'], functions: ['topic', 'tokens'] }
  const at = (sql: string) => suggest(sql, sql.length, catalog).map(({ text }) => text)
  assert.deepEqual(at('SELECT to'), ['topic', 'topic(', 'tokens('])
  assert.deepEqual(at('SELECT payload.t'), ['payload.temp'])
  assert.deepEqual(at('SELECT 1 FR'), ['FROM'])
  assert.deepEqual(at('SELECT '), [])
  assert.deepEqual(at("SELECT 'to"), [])
  assert.deepEqual(wordAt('SELECT payload.te', 17), { start: 7, word: 'payload.te' })
})
