import type { Check } from './make-check.ts'
import type { Transform } from './make-transformation.ts'
import type { StepSpec } from './pipeline-spec.ts'

/** Counters of a step, by their place. */
export const StepCounter = { MATCHED: 0, SUCCEEDED: 1, FAILED: 2 } as const

/** Names of the counters by their place. */
export const STEP_COUNTER_NAMES: readonly string[] = ['matched', 'succeeded', 'failed']

/** A step that can run. Plain fields: hot. */
export interface PipelineStep {
  readonly spec: StepSpec
  readonly counters: Float64Array
  readonly check: Check | undefined
  readonly transform: Transform | undefined
  /** Monotonic ms before which its failures are not logged again. */
  quietUntilMs: number
}

/** A step that has not run yet. */
export function makeStep(
  spec: StepSpec,
  work: { readonly check: Check } | { readonly transform: Transform },
): PipelineStep {
  return {
    spec,
    counters: new Float64Array(STEP_COUNTER_NAMES.length),
    check: 'check' in work ? work.check : undefined,
    transform: 'transform' in work ? work.transform : undefined,
    quietUntilMs: 0,
  }
}
