import type { ValueMap } from '#plugin/value.ts'
import type { Row } from '../sql/row.ts'

/** Why an action did not do its work for an output. */
export interface ActionFailure {
  /** `discarded`: not even tried, because it is switched off. */
  readonly kind: 'out_of_service' | 'unknown' | 'discarded'
  readonly reason: string
}

/** What an output comes from. */
export interface ActionOrigin {
  readonly ruleId: string
  /** Valid only while the action runs. */
  readonly row: Row
  /** Rules that the record has come through, this one included. */
  readonly hops: number
  /** The record was published by this rule, or while it runs: to publish it again makes a loop. */
  readonly isLoop: boolean
}

/** An action of a rule, made ready. */
export interface RuleAction {
  /** `republish`, or `type:name`. */
  readonly label: string
  /**
   * Does the work for one output, which is not changed any more. Calls `done` exactly once, now or
   * later, with what went wrong. May throw: that counts as failed.
   */
  run(output: ValueMap, origin: ActionOrigin, done: (failure?: ActionFailure) => void): void
  /** What it would send for an output, for trials; without it the output itself is shown. */
  preview?(output: ValueMap, origin: ActionOrigin): ValueMap
}

/** Finds the action of an id such as `http:name`; undefined when there is none. */
export type FindAction = (id: string) => RuleAction | undefined
