import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from './token-bucket.ts'

test('the allowance of one interval may be used at once, and comes back evenly', () => {
  const bucket = new TokenBucket({ amount: 10, intervalMs: 1000 }, undefined, 0)
  assert.ok(bucket.take(10, 0))
  assert.ok(!bucket.hasOne(99))
  assert.ok(bucket.hasOne(100))
  assert.ok(bucket.take(5, 500))
  assert.ok(!bucket.take(1, 500))
})

test('debt is waited for', () => {
  const bucket = new TokenBucket({ amount: 10, intervalMs: 1000 }, undefined, 0)
  assert.ok(!bucket.take(30, 0))
  assert.equal(bucket.waitMs(0), 2000)
  assert.equal(bucket.waitMs(1500), 500)
  assert.equal(bucket.waitMs(2000), 0)
})

test('bursts have an allowance of their own', () => {
  const bucket = new TokenBucket(
    { amount: 10, intervalMs: 1000 },
    { amount: 100, intervalMs: 60_000 },
    0,
  )
  assert.ok(bucket.take(110, 0))
  assert.ok(!bucket.take(1, 0))
  assert.ok(bucket.take(9, 1000), 'one second later only the ordinary allowance is back')
  assert.ok(bucket.take(110, 61_000))
})

test('no more passes than the allowances give, whatever the times', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 500 }), fc.nat({ max: 20 })), { maxLength: 100 })
  fc.assert(
    fc.property(steps, (taken) => {
      const bucket = new TokenBucket(
        { amount: 10, intervalMs: 1000 },
        { amount: 30, intervalMs: 5000 },
        0,
      )
      let nowMs = 0
      let passed = 0
      for (const [pauseMs, amount] of taken) {
        nowMs += pauseMs
        if (bucket.waitMs(nowMs) > 0) continue
        bucket.take(amount, nowMs)
        passed += amount
        // At most one step by debt.
        assert.ok(passed <= 40 + (nowMs / 1000) * 10 + (nowMs / 5000) * 30 + 20.001)
      }
    }),
  )
})
