import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRestart } from './scale/check-restart.ts'

const SIZE = { sessions: 100_000, messagesEach: 10 }

test('a broker with 100,000 sessions and a million messages is back in 10 s', async (context) => {
  for (const { cameWhileLoading } of await checkRestart(context, SIZE, 10_000)) {
    assert.ok(cameWhileLoading, 'clients can connect while sessions are loaded')
  }
})
