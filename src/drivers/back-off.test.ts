import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backOffMs } from './back-off.ts'

const LIMITS = { firstMs: 100, mostMs: 1000 }

test('pauses double up to the limit, and are spread over their upper half', () => {
  const longest = [1, 2, 3, 4, 5, 50].map((failures) => backOffMs(failures, LIMITS, 1))
  assert.deepEqual(longest, [100, 200, 400, 800, 1000, 1000])
  const shortest = [1, 2, 50].map((failures) => backOffMs(failures, LIMITS, 0))
  assert.deepEqual(shortest, [50, 100, 500])
})
