import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRestart } from './scale/check-restart.ts'

const SIZE = { sessions: 100_000, messagesEach: 10 }
const LIMITS_MS = { welcome: 10_000, service: 1_000 }

test('a broker with 100,000 sessions and a million messages is back in 10 s', async (context) => {
  for (const { cameWhileLoading } of await checkRestart(context, SIZE, LIMITS_MS)) {
    assert.ok(cameWhileLoading, 'clients can connect while sessions are loaded')
  }
})
