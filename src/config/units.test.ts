import { test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  formatBytes,
  formatDuration,
  formatPercent,
  formatRate,
  parseBytes,
  parseDuration,
  parsePercent,
  parseRate,
} from './units.ts'

test('durations', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['15s', 15_000],
    ['2h', 7_200_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1d', 86_400_000],
    ['1.5s', 1500],
    ['1 h', undefined],
    ['1H30M', 5_400_000],
    ['250', 250],
    ['', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['10x', undefined],
    ['1s2', undefined],
  ]
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text)
})

test('sizes', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['1MB', 1_048_576],
    ['256KB', 262_144],
    ['4096', 4096],
    ['1.5GB', 1_610_612_736],
    ['1mb', 1_048_576],
    ['1 KB', 1024],
    ['1KiB', 1024],
    ['-1', undefined],
    ['1XB', undefined],
    ['MB', undefined],
  ]
  for (const [text, bytes] of cases) assert.equal(parseBytes(text), bytes, text)
})

test('rates', () => {
  assert.deepEqual(parseRate('1000/s', 'items'), { amount: 1000, intervalMs: 1000 })
  assert.deepEqual(parseRate('1MB/10s', 'bytes'), { amount: 1_048_576, intervalMs: 10_000 })
  assert.deepEqual(parseRate('500', 'items'), { amount: 500, intervalMs: 1000 })
  assert.deepEqual(parseRate('1GB/m', 'bytes'), { amount: 1_073_741_824, intervalMs: 60_000 })
  assert.deepEqual(parseRate('infinity', 'items'), { amount: Infinity, intervalMs: 1000 })
  for (const wrong of ['', '/s', '1/', '1/0s', '1MB/s', '1/x', '1/s/s', '-1/s']) {
    assert.equal(parseRate(wrong, 'items'), undefined, wrong)
  }
})

test('percentages', () => {
  assert.equal(parsePercent('80%'), 0.8)
  assert.equal(parsePercent('0.5'), 0.5)
  assert.equal(parsePercent('12.5%'), 0.125)
  assert.equal(parsePercent('%'), undefined)
  assert.equal(formatPercent(0.07), '7%')
})

test('the shortest exact text is written', () => {
  assert.equal(formatDuration(90_000), '1m30s')
  assert.equal(formatDuration(0), '0s')
  assert.equal(formatDuration(Infinity), 'infinity')
  assert.equal(formatBytes(1_048_576), '1MB')
  assert.equal(formatBytes(1_048_577), '1048577')
  assert.equal(formatBytes(0), '0')
  assert.equal(formatRate({ amount: 1_048_576, intervalMs: 10_000 }, 'bytes'), '1MB/10s')
  assert.equal(formatRate({ amount: 5, intervalMs: 60_000 }, 'items'), '5/m')
})

test('property: what is written reads back as the same number', () => {
  const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(count, fc.integer({ min: 1, max: 2 ** 40 }), (value, intervalMs) => {
      assert.equal(parseDuration(formatDuration(value)), value)
      assert.equal(parseBytes(formatBytes(value)), value)
      const rate = { amount: value, intervalMs }
      assert.deepEqual(parseRate(formatRate(rate, 'bytes'), 'bytes'), rate)
      assert.deepEqual(parseRate(formatRate(rate, 'items'), 'items'), rate)
    }),
  )
})
