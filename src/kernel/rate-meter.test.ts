import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateMeter } from './rate-meter.ts'

function shown({ rate, max, last5m }: RateMeter): readonly number[] {
  return [rate, max, last5m]
}

test('a rate is that between two looks; its maximum and its average stay', () => {
  const meter = new RateMeter()
  assert.deepEqual(shown(meter), [0, 0, 0])
  meter.sample(100, 1_000)
  assert.deepEqual(shown(meter), [0, 0, 0])
  meter.sample(150, 6_000)
  assert.deepEqual(shown(meter), [10, 10, 10])
  meter.sample(150, 11_000)
  assert.deepEqual(shown(meter), [0, 10, 5])
})

test('what is older than five minutes does not count for the average', () => {
  const meter = new RateMeter()
  for (let at = 0; at <= 60; at++) meter.sample(at === 0 ? 0 : 10_000, at * 5_000)
  assert.equal(meter.last5m, 33.33)
  for (let at = 61; at <= 62; at++) meter.sample(10_000, at * 5_000)
  assert.equal(meter.last5m, 0)
})

test('a smaller total, as after a reset of the counter, starts anew', () => {
  const meter = new RateMeter()
  meter.sample(0, 0)
  meter.sample(500, 1_000)
  meter.sample(5, 2_000)
  assert.deepEqual(shown(meter), [0, 0, 0])
  meter.sample(10, 3_000)
  assert.equal(meter.rate, 5)
})
