/** Counters of a rule, by the names that REST and Prometheus show. Append only. */
export const RuleCounter = {
  /** Records of its sources. */
  MATCHED: 0,
  /** With at least one output. */
  PASSED: 1,
  FAILED: 2,
  /** The SQL failed. */
  FAILED_EXCEPTION: 3,
  /** The condition was not met, or the list was empty. */
  FAILED_NO_RESULT: 4,
  ACTIONS_TOTAL: 5,
  ACTIONS_SUCCESS: 6,
  ACTIONS_FAILED: 7,
  /** What it writes to cannot be reached. */
  ACTIONS_FAILED_OUT_OF_SERVICE: 8,
  ACTIONS_FAILED_UNKNOWN: 9,
  /** Not even tried: an action that is switched off. */
  ACTIONS_DISCARDED: 10,
} as const
export type RuleCounter = (typeof RuleCounter)[keyof typeof RuleCounter]

/** Names by index. */
export const RULE_COUNTER_NAMES: readonly string[] = [
  'matched',
  'passed',
  'failed',
  'failed.exception',
  'failed.no_result',
  'actions.total',
  'actions.success',
  'actions.failed',
  'actions.failed.out_of_service',
  'actions.failed.unknown',
  'actions.discarded',
]

/** Counters of one rule in one shard. */
export type RuleCounters = Float64Array

/** All zero. */
export function makeRuleCounters(): RuleCounters {
  return new Float64Array(RULE_COUNTER_NAMES.length)
}

/** One more. */
export function count(counters: RuleCounters, counter: RuleCounter, amount = 1): void {
  counters[counter]! += amount // The index comes from the table.
}
