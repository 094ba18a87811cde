import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  bucketOf,
  describeHistogram,
  HISTOGRAM_BUCKETS,
  mergeHistograms,
  valueOf,
} from './histogram.ts'

const VALUE = fc.integer({ min: 0, max: 0xffff_ffff })

function histogramOf(values: readonly number[]): Float64Array {
  const counts = new Float64Array(HISTOGRAM_BUCKETS)
  for (const value of values) counts[bucketOf(value)]! += 1
  return counts
}

test('a value read back from its bucket is at most 0.8 % off, and exact up to 255', () => {
  fc.assert(
    fc.property(VALUE, (value) => {
      const back = valueOf(bucketOf(value))
      if (value <= 255) assert.equal(back, value)
      else assert.ok(Math.abs(back - value) / value <= 0.008, `${value} became ${back}`)
    }),
  )
})

test('larger values never have smaller buckets, and all fit', () => {
  fc.assert(
    fc.property(VALUE, VALUE, (a, b) => {
      assert.ok(bucketOf(Math.min(a, b)) <= bucketOf(Math.max(a, b)))
    }),
  )
  assert.equal(bucketOf(0), 0)
  assert.equal(bucketOf(0xffff_ffff), HISTOGRAM_BUCKETS - 1)
})

test('buckets follow each other without a gap around a power of two', () => {
  for (const value of [255, 256, 511, 512, 65_535, 65_536]) {
    const step = bucketOf(value + 1) - bucketOf(value)
    assert.ok(step === 0 || step === 1, `from ${value} on: ${step}`)
  }
})

test('percentiles are those of the sorted values', () => {
  const values = Array.from({ length: 1000 }, (_, index) => index * 37)
  const { count, mean, p50, p99, p999, max } = describeHistogram(histogramOf(values))
  const near = (value: number, wanted: number): void => {
    assert.ok(Math.abs(value - wanted) <= wanted * 0.008, `${value}, wanted ${wanted}`)
  }
  assert.equal(count, 1000)
  near(mean, 499.5 * 37)
  near(p50, 499 * 37)
  near(p99, 989 * 37)
  near(p999, 998 * 37)
  near(max, 999 * 37)
})

test('a single value is every percentile; without values all is 0', () => {
  const one = describeHistogram(histogramOf([200]))
  assert.deepEqual(one, { count: 1, mean: 200, p50: 200, p90: 200, p99: 200, p999: 200, max: 200 })
  const none = describeHistogram(histogramOf([]))
  assert.deepEqual(none, { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 })
})

test('merged histograms count the values of all', () => {
  const merged = mergeHistograms([histogramOf([1, 2, 3]), histogramOf([3, 1000])])
  assert.deepEqual(merged, histogramOf([1, 2, 3, 3, 1000]))
})
