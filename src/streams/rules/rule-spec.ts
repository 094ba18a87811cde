import type { ValueMap } from '#plugin/value.ts'

/** One action of a rule: a built-in function with its arguments, or an action by its id. */
export type ActionSpec = string | BuiltInAction

/** `args` are as in the configuration file of EMQX. */
export interface BuiltInAction {
  readonly function: string
  readonly args?: ValueMap
}

/** A rule as its owner writes it. Can be sent to a thread. */
export interface RuleSpec {
  readonly id: string
  readonly name: string
  readonly sql: string
  readonly actions: readonly ActionSpec[]
  readonly enable: boolean
  readonly description: string
  /** Where records go that the rule or one of its actions failed for; empty = nowhere. */
  readonly deadLetterTopic: string
  /** The acknowledgement of a message of QoS 1 waits until its actions have it safe. */
  readonly waitsForActions: boolean
  /** Data of whoever made it, without effect. */
  readonly metadata: ValueMap
  /** 0: not known. */
  readonly createdAtMs: number
  readonly modifiedAtMs: number
}
