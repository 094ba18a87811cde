/** Values up to this one have a bucket of their own; above it buckets grow with the value. */
const EXACT_MAX = 255
/** 128 buckets for each power of two. */
const SUB_BITS = 7
/** Leading zeros of the first value that is not exact. */
const EXACT_LEADING_ZEROS = 24

/** Buckets for all values of 32 bits. */
export const HISTOGRAM_BUCKETS: number = bucketOf(0xffff_ffff) + 1

/**
 * Bucket of a value of 32 bits without sign. Hot path.
 *
 * Log-linear: exact below 256, then 128 buckets for each power of two, so that the value read back
 * is at most 0.8 % off.
 */
export function bucketOf(value: number): number {
  if (value <= EXACT_MAX) return value
  const shift = EXACT_LEADING_ZEROS - Math.clz32(value)
  return (shift << SUB_BITS) + (value >>> shift)
}

/** The value in the middle of a bucket. */
export function valueOf(bucket: number): number {
  if (bucket <= EXACT_MAX) return bucket
  const shift = (bucket >> SUB_BITS) - 1
  const low = (bucket - (shift << SUB_BITS)) * 2 ** shift
  return low + (2 ** shift - 1) / 2
}

/** Numbers of one distribution, in the unit of what was recorded. */
export interface Distribution {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Sum of histograms of the same kind, from several threads. */
export function mergeHistograms(parts: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(HISTOGRAM_BUCKETS)
  for (const part of parts) {
    for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) sum[bucket]! += part[bucket] ?? 0
  }
  return sum
}

/** Describes a histogram; all zero when it is empty. */
export function describeHistogram(counts: Float64Array): Distribution {
  let count = 0
  let total = 0
  let max = 0
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    const here = counts[bucket] ?? 0
    if (here === 0) continue
    count += here
    total += here * valueOf(bucket)
    max = valueOf(bucket)
  }
  const at = (share: number): number => percentile(counts, count, share)
  const mean = count === 0 ? 0 : total / count
  return { count, mean, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max }
}

/** Smallest value that at least `share` of all values do not exceed. */
function percentile(counts: Float64Array, count: number, share: number): number {
  const wanted = Math.max(1, Math.ceil(count * share))
  let seen = 0
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    seen += counts[bucket] ?? 0
    if (seen >= wanted) return valueOf(bucket)
  }
  return 0
}
