import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginBackoff } from './login-backoff.ts'

test('waits double with each failure, up to a limit, and end with time or a success', () => {
  let nowMs = 0
  const backoff = new LoginBackoff(() => nowMs)
  const waits: number[] = []
  for (let attempt = 0; attempt < 18; attempt++) {
    backoff.failed('a')
    waits.push(backoff.waitMs('a'))
  }
  assert.deepEqual(waits.slice(3, 8), [0, 1000, 2000, 4000, 8000])
  assert.equal(waits.at(-1), 600_000)
  assert.equal(backoff.waitMs('b'), 0)
  nowMs += 400_000
  assert.equal(backoff.waitMs('a'), 200_000)
  nowMs += 600_000
  backoff.failed('a')
  assert.equal(backoff.waitMs('a'), 0, 'forgotten after a quarter of an hour')
  for (let attempt = 0; attempt < 5; attempt++) backoff.failed('a')
  backoff.succeeded('a')
  assert.equal(backoff.waitMs('a'), 0)
})
