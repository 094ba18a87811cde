import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showBytes, showDuration } from './numbers.ts'

test('bytes have a unit that fits', () => {
  assert.deepEqual([0, 1023, 1024, 1536, 150 * 1024, 3 * 1024 ** 3].map(showBytes), [
    '0 B',
    '1023 B',
    '1.0 KB',
    '1.5 KB',
    '150 KB',
    '3.0 GB',
  ])
})

test('durations show their two largest parts', () => {
  const ms = [0, 999, 61_000, 3_600_000, 90_061_000, 86_400_000 * 400]
  assert.deepEqual(ms.map(showDuration), ['0s', '0s', '1m 1s', '1h', '1d 1h', '400d'])
})
