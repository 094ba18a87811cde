import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes, formatCount, formatMs } from './format-number.ts'

test('counts have separators', () => {
  assert.equal(formatCount(1_234_567.4), '1,234,567')
})

test('times have three digits and a fitting unit', () => {
  assert.deepEqual([0.0123, 0.5, 1.234, 45.67, 678.9, 12_345].map(formatMs), [
    '12.3 µs',
    '500 µs',
    '1.23 ms',
    '45.7 ms',
    '679 ms',
    '12.3 s',
  ])
})

test('bytes have three digits and a fitting unit', () => {
  assert.deepEqual([512, 2048, 3_500_000, 5e9, -4096].map(formatBytes), [
    '512 B',
    '2.00 KiB',
    '3.34 MiB',
    '4.66 GiB',
    '-4.00 KiB',
  ])
})
