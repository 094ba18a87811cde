/** A broken assumption of our own code: never the peer's fault, never part of the flow. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/**
 * Throws AssertionFailure with `message` unless `condition` is truthy. Stays on in production.
 * On hot paths pass a constant message: it is built before the condition is looked at.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message)
}

/** Marks a place that no value can reach; the type says so and this checks it at run time. */
export function unreachable(value: never, what = 'value'): never {
  fail(`unexpected ${what}: ${String(value)}`)
}

function fail(message: string): never {
  throw new AssertionFailure(message)
}
