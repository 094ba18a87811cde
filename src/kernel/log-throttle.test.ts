import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogThrottle } from './log-throttle.ts'

test('one line passes in a time, and says how many were left out before it', () => {
  const throttle = new LogThrottle(1000)
  const passed = [0, 1, 999, 1000, 1500, 3000, 4000].map((nowMs) => throttle.pass('a', nowMs))
  assert.deepEqual(passed, [0, undefined, undefined, 2, undefined, 1, 0])
  assert.equal(throttle.pass('b', 4000), 0, 'each event by itself')
})
