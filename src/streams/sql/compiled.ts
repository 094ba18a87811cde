import type { Value } from '#plugin/value.ts'
import type { Scope } from './row.ts'

/** An expression, compiled. @throws EvaluationError, TypeError, RangeError for this record */
export type Evaluate = (scope: Scope) => Value
