import type { FunctionServices } from '#plugin/define-function.ts'
import type { ValueMap } from '#plugin/value.ts'
import { fieldHints } from '#streams/rules/field-hints.ts'
import { checkRuleSpec } from '#streams/rules/make-rule.ts'
import { RULE_COUNTER_NAMES } from '#streams/rules/rule-counters.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import { testSql } from '#streams/rules/test-sql.ts'
import type { SqlTestResult } from '#streams/rules/test-sql.ts'
import { checkRule } from '#streams/sql/prepare-rule.ts'
import type { SqlProblem } from '#streams/sql/problem.ts'
import { ruleDialect } from '#streams/sql/rule-dialect.ts'
import type { RuleCommand, ShardControl } from './shard-runtime.ts'

/** Counters of a rule by name, over all shards. */
export type RuleNumbers = Readonly<Record<string, number>>

/** The rules of a node: changes reach every shard before they are answered. */
export class NodeRules {
  readonly #specs: Map<string, RuleSpec>
  readonly #services: FunctionServices
  #shards: readonly ShardControl[]

  /** @param specs that the shards were started with */
  constructor(specs: readonly RuleSpec[], services: FunctionServices) {
    this.#specs = new Map(specs.map((spec) => [spec.id, spec]))
    this.#services = services
    this.#shards = []
  }

  /** The shards that run the rules, once they have started. */
  use(shards: readonly ShardControl[]): void {
    this.#shards = shards
  }

  list(): readonly RuleSpec[] {
    return [...this.#specs.values()]
  }

  find(id: string): RuleSpec | undefined {
    return this.#specs.get(id)
  }

  /**
   * Creates a rule or replaces the one of its id.
   * @throws SqlError, RuleError when it is wrong; nothing is changed then
   */
  async put(spec: RuleSpec): Promise<void> {
    checkRuleSpec(spec)
    await this.#tell({ kind: 'put', spec })
    this.#specs.set(spec.id, spec)
  }

  /** Removes a rule; false when there is none. */
  async remove(id: string): Promise<boolean> {
    if (!this.#specs.delete(id)) return false
    await this.#tell({ kind: 'remove', id })
    return true
  }

  /** Numbers of every rule by its id. */
  async counters(): Promise<Readonly<Record<string, RuleNumbers>>> {
    const answers = await this.#tell({ kind: 'counters' })
    // Shards answer this command with what the engine gives.
    const shards = answers as readonly Readonly<Record<string, readonly number[]>>[]
    return Object.fromEntries(
      [...this.#specs.keys()].map((id) => [id, addUp(shards.map((shard) => shard[id] ?? []))]),
    )
  }

  /** Sets the numbers of a rule to zero. */
  async resetCounters(id: string): Promise<void> {
    await this.#tell({ kind: 'reset', id })
  }

  /**
   * Runs a statement on a sample record, without actions; see `testSql`.
   * @throws SqlError when the statement is wrong
   */
  test(sql: string, context: ValueMap): SqlTestResult {
    return testSql(sql, context, this.#services)
  }

  /**
   * What is wrong with a statement, and names in it that no source has: the latter are no errors.
   */
  check(sql: string): {
    readonly problems: readonly SqlProblem[]
    readonly hints: readonly SqlProblem[]
  } {
    const { statement, problems } = checkRule(sql, ruleDialect)
    return { problems, hints: fieldHints(sql, statement) }
  }

  #tell(command: RuleCommand): Promise<readonly unknown[]> {
    return Promise.all(this.#shards.map((shard) => shard.rules(command)))
  }
}

function addUp(shards: readonly (readonly number[])[]): RuleNumbers {
  return Object.fromEntries(
    RULE_COUNTER_NAMES.map((name, index) => [
      name,
      shards.reduce((sum, counters) => sum + (counters[index] ?? 0), 0),
    ]),
  )
}
