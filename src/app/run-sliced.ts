import type { Sliced } from '#broker/operator/slices.ts'

/**
 * Runs work of a shard to its end. Between its slices the event loop takes a turn, so that
 * clients wait for one slice at most.
 */
export async function runSliced<Result>(work: Sliced<Result>): Promise<Result> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Whether what an operation returned is work still to be done. */
export function isSliced(value: unknown): value is Sliced<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value && 'next' in value
}
