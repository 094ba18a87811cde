import type { Plain } from '#config/hocon/value.ts'
import type { ValueMap } from '#plugin/value.ts'
import type { RuleRate } from './rule-port.ts'

/** The kinds of steps of the pipeline. */
export type PipelineKind = 'validations' | 'transformations'

/** A message for a trial: its columns, and what a transformation can change. */
export interface TrialMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly userProperties: ValueMap
  readonly columns: ValueMap
}

/** What a transformation made of it. */
export interface TransformedMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly qos: number
  readonly retain: boolean
  readonly userProperties: ValueMap
}

/** Validations and transformations of a node. They are changed by the configuration. */
export interface PipelinePort {
  /** Counters of a step by name, over all shards. */
  counters(kind: PipelineKind, name: string): Promise<Readonly<Record<string, number>>>
  rateOf(kind: PipelineKind, name: string): RuleRate
  resetCounters(kind: PipelineKind, name: string): Promise<void>
  /**
   * Why a message does not pass a validation; undefined: it passes.
   * @throws an Error that says what is wrong with the validation
   */
  dryRunValidation(validation: Plain, message: TrialMessage): string | undefined
  /** @throws an Error that says what is wrong with the transformation, or why it fails */
  dryRunTransformation(transformation: Plain, message: TrialMessage): TransformedMessage
}
