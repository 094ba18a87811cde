/** First and longest pause between attempts, in ms. */
export interface BackOffLimits {
  readonly firstMs: number
  readonly mostMs: number
}

/**
 * The pause before attempt `failures` + 1: doubled with each failure up to the limit, and between a
 * half and the whole of that, so that those who failed together do not come back together.
 * @param random a number in [0, 1)
 */
export function backOffMs(failures: number, limits: BackOffLimits, random: number): number {
  const doublings = Math.min(Math.max(failures - 1, 0), 30)
  const wholeMs = Math.min(limits.mostMs, limits.firstMs * 2 ** doublings)
  return Math.round(wholeMs / 2 + (wholeMs / 2) * random)
}
