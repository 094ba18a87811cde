import type { FunctionDefinition } from '#plugin/define-function.ts'
import type { ValueMap } from '#plugin/value.ts'
import type { LiveTestSpec } from '#streams/rules/live-test.ts'
import type { RuleTried } from '#streams/rules/rule-engine.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import type { RuleTraceEntry } from '#streams/rules/rule-trace.ts'
import type { RuleTrial } from '#streams/rules/rule-trial.ts'
import type { SqlTestResult } from '#streams/rules/test-sql.ts'
import type { SqlProblem } from '#streams/sql/problem.ts'

/** How often a rule is reached by records, per second. */
export interface RuleRate {
  readonly rate: number
  readonly max: number
  readonly last5m: number
}

/** Counters of a rule by name, over all shards. */
export type RuleNumbers = Readonly<Record<string, number>>

/** What is wrong with a statement, and what is probably meant otherwise. */
export interface SqlFindings {
  readonly problems: readonly SqlProblem[]
  /** Names that no source has: no errors. */
  readonly hints: readonly SqlProblem[]
}

/** The rules of a node. They are changed by the configuration. */
export interface RulePort {
  list(): readonly RuleSpec[]
  find(id: string): RuleSpec | undefined
  /** @throws SqlError, RuleError when a rule cannot be made */
  checkSpec(spec: RuleSpec): void
  /** The names after FROM; none when the statement is wrong. */
  sourcesOf(rule: Pick<RuleSpec, 'sql'>): readonly string[]
  counters(): Promise<Readonly<Record<string, RuleNumbers>>>
  rateOf(id: string): RuleRate
  resetCounters(id: string): Promise<void>
  /** @throws SqlError when the statement is wrong */
  test(sql: string, context: ValueMap): SqlTestResult
  check(sql: string): SqlFindings
  /** Undefined when there is no such rule. */
  try(id: string, trial: RuleTrial): Promise<RuleTried | undefined>
  /** What a rule did since the line with this number; it is traced for a while from now on. */
  trace(id: string, afterSeq: number): Promise<readonly (RuleTraceEntry & { seq: number })[]>
  /** @throws SqlError when no rule can have this statement */
  checkStatement(sql: string): void
  /** Has a statement run on what passes, with no effect but its results, until it is ended. */
  startLiveTest(test: LiveTestSpec): Promise<void>
  /** What came of records since this was asked last, the oldest first. */
  takeLiveTested(id: string): Promise<readonly RuleTraceEntry[]>
  endLiveTest(id: string): Promise<void>
  /** Tells the rules of an event of the node, such as `alarm.activated`. */
  happened(event: string, columns: ValueMap): Promise<void>
  /** Every function of the language. */
  readonly functions: readonly FunctionDefinition[]
}
