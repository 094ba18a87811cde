/** What is done with a message that does not pass. */
export const FAILURE_ACTIONS = ['drop', 'disconnect', 'ignore'] as const
export type FailureAction = (typeof FAILURE_ACTIONS)[number]

/** Levels at which a failure can be logged. */
export type FailureLevel = 'debug' | 'info' | 'warn' | 'error' | 'none'

/** A step of the pipeline: what it looks at, and what a failure means. */
export interface StepSpec {
  readonly name: string
  readonly enable: boolean
  /** Words and remarks of the owner. */
  readonly tags: readonly string[]
  readonly description: string
  /** Topic filters of the messages that it concerns. */
  readonly topics: readonly string[]
  readonly failureAction: FailureAction
  readonly logLevel: FailureLevel
}

/** A check of a payload; a message type is for Protobuf. */
export type CheckSpec =
  | { readonly type: 'sql'; readonly sql: string }
  | { readonly type: 'json' | 'avro'; readonly schema: string }
  | { readonly type: 'protobuf'; readonly schema: string; readonly messageType: string }

/** Checks messages. Can be sent to a thread. */
export interface ValidationSpec extends StepSpec {
  readonly strategy: 'all_pass' | 'any_pass'
  readonly checks: readonly CheckSpec[]
}

/** How payloads are read or written. */
export interface SerdeSpec {
  readonly type: 'none' | 'json' | 'avro' | 'protobuf'
  /** Name of the schema, for the last two. */
  readonly schema: string
  /** For Protobuf. */
  readonly messageType: string
}

/** Sets a part of a message to the value of an expression. */
export interface OperationSpec {
  readonly key: string
  readonly value: string
}

/** Changes messages. Can be sent to a thread. */
export interface TransformationSpec extends StepSpec {
  readonly decoder: SerdeSpec
  readonly encoder: SerdeSpec
  readonly operations: readonly OperationSpec[]
}

/** A step that cannot be made as it is written. */
export class PipelineError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PipelineError'
  }
}
