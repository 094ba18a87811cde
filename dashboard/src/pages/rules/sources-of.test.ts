import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourcesOf } from './sources-of.ts'

test('sources stand after FROM', () => {
  const sql = 'SELECT "x" FROM "a/#", "$events/client_connected", "a/#" WHERE 1 = 1'
  assert.deepEqual(sourcesOf(sql), ['a/#', '$events/client_connected'])
  assert.deepEqual(sourcesOf('SELECT 1'), [])
})
