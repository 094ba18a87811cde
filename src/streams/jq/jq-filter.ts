import { JqError, JqLimitError } from './jq-error.ts'
import { describeJq } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** Keys, positions and slices that lead to a part of a value. */
export type JqPath = readonly JqValue[]

/** A part of a value and the way to it. */
export interface Located {
  readonly path: JqPath
  readonly value: JqValue
}

/** What is bound while a filter runs: values of variables, filters of parameters, labels. */
export interface Env {
  readonly bound: JqValue | Closure | Label
  readonly parent: Env | undefined
}

/** A filter that was given as an argument, with what is bound where it stands. */
export interface Closure {
  readonly filter: Filter
  readonly env: Env | undefined
}

/** A label at work: `break` tells it from others by identity. */
export interface Label {
  readonly label: string
}

type Values = (env: Env | undefined, input: JqValue) => Iterable<JqValue>
type One = (env: Env | undefined, input: JqValue) => JqValue
type Paths = (env: Env | undefined, at: Located) => Iterable<Located>

/** A compiled filter. */
export interface Filter {
  /** Set when there is exactly one output for every input; then it is the fast way. */
  readonly one: One | undefined
  /** All outputs, made as they are asked for. */
  readonly values: Values
  /** The outputs as parts of the input. @throws JqError when they are none */
  readonly paths: Paths
}

/** A filter with exactly one output. */
export function single(one: One, paths?: Paths): Filter {
  const values: Values = (env, input) => [one(env, input)]
  return { one, values, paths: paths ?? noPaths(values) }
}

/** A filter with any number of outputs. */
export function multiple(values: Values, paths?: Paths): Filter {
  return { one: undefined, values, paths: paths ?? noPaths(values) }
}

/** What is computed is no part of the input; that there is no output is no mistake. */
function noPaths(values: Values): Paths {
  return function* paths(env, { value }) {
    for (const result of values(env, value)) {
      throw new JqError(`Invalid path expression with result ${describeJq(result)}`)
    }
    yield* []
  }
}

/** Steps a program may take for one input. */
const STEPS_MAX = 2_000_000
/** Steps between two looks at the clock. */
const CLOCK_STEPS = 1_024
let steps = 0
let limit: TimeLimit | undefined

/** When a program has to be done. */
export interface TimeLimit {
  nowMs(): number
  readonly endsAtMs: number
}

/** Starts counting for a new input. Programs run one after the other, each to its end. */
export function startSteps(until: TimeLimit | undefined): void {
  steps = 0
  limit = until
}

/** Counts a step. @throws JqLimitError when the program takes too many, or too much time */
export function step(): void {
  if (++steps > STEPS_MAX) {
    throw new JqLimitError(`the jq program takes more than ${STEPS_MAX} steps`)
  }
  if (steps % CLOCK_STEPS === 0 && limit !== undefined && limit.nowMs() > limit.endsAtMs) {
    throw new JqLimitError('the jq program takes more time than it may')
  }
}

/** So many bindings further out. */
export function ancestor(env: Env | undefined, distance: number): Env | undefined {
  let found = env
  for (let left = distance; left > 0; left--) found = found?.parent
  return found
}
