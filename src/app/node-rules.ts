import type { FunctionDefinition } from '#plugin/define-function.ts'
import type { ValueMap } from '#plugin/value.ts'
import { connectorOf } from '#integrations/catalog.ts'
import { RateMeter } from '#kernel/rate-meter.ts'
import type { RuleNumbers, RulePort, RuleRate, SqlFindings } from '#management/rule-port.ts'
import { ruleFunctions } from '#streams/functions/catalog.ts'
import { fieldHints } from '#streams/rules/field-hints.ts'
import type { LiveTestSpec } from '#streams/rules/live-test.ts'
import { checkRuleSpec, statementOnly } from '#streams/rules/make-rule.ts'
import { RULE_COUNTER_NAMES } from '#streams/rules/rule-counters.ts'
import type { RuleTried } from '#streams/rules/rule-engine.ts'
import { makeRuleServices } from '#streams/rules/rule-services.ts'
import type { RuleServicePorts, RuleServices } from '#streams/rules/rule-services.ts'
import type { RuleSpec } from '#streams/rules/rule-spec.ts'
import type { RuleTraceEntry } from '#streams/rules/rule-trace.ts'
import type { RuleTrial } from '#streams/rules/rule-trial.ts'
import { testSql } from '#streams/rules/test-sql.ts'
import type { SqlTestResult } from '#streams/rules/test-sql.ts'
import { checkRule } from '#streams/sql/prepare-rule.ts'
import { ruleDialect } from '#streams/sql/rule-dialect.ts'
import { SchemaRegistry } from '#streams/schemas/schema-registry.ts'
import { NodePipeline } from './node-pipeline.ts'
import { type NumberedEntry, RuleTraces } from './rule-traces.ts'
import type { RuleCommand, ShardControl } from './shard-runtime.ts'
import type { RuleStart } from './shard-start.ts'

/** How often rates are taken. */
const SAMPLE_MS = 5_000

/** The rules of a node: changes reach every shard before they are answered. */
export class NodeRules implements RulePort {
  /** Validations and transformations of messages. */
  readonly pipeline: NodePipeline
  readonly functions: readonly FunctionDefinition[] = ruleFunctions
  readonly #specs: Map<string, RuleSpec>
  /** Names after FROM, read once: lists of rules and integrations ask for them. */
  readonly #sources = new WeakMap<Pick<RuleSpec, 'sql'>, readonly string[]>()
  readonly #schemas: SchemaRegistry
  readonly #services: RuleServices
  readonly #meters: Map<string, RateMeter>
  readonly #traces: RuleTraces
  #shards: readonly ShardControl[]
  #timer: NodeJS.Timeout | undefined
  /** Changes are made one after the other. */
  #changing: Promise<unknown>

  /** @param start what the shards were started with */
  constructor({ specs, schemas }: RuleStart, ports: Omit<RuleServicePorts, 'schemas'>) {
    this.#specs = new Map(specs.map((spec) => [spec.id, spec]))
    this.#schemas = new SchemaRegistry(schemas)
    this.#services = makeRuleServices({ ...ports, schemas: this.#schemas })
    this.pipeline = new NodePipeline((command) => this.#tell(command), this.#services)
    this.#meters = new Map()
    this.#traces = new RuleTraces()
    this.#shards = []
    this.#timer = undefined
    this.#changing = Promise.resolve()
  }

  /** The shards that run the rules, once they have started; rates are taken from now on. */
  use(shards: readonly ShardControl[]): void {
    this.#shards = shards
    this.#timer = setInterval(() => void this.#tick().catch(() => {}), SAMPLE_MS)
    this.#timer.unref()
  }

  /** Takes no rates any more. */
  close(): void {
    clearInterval(this.#timer)
  }

  list(): readonly RuleSpec[] {
    return [...this.#specs.values()]
  }

  find(id: string): RuleSpec | undefined {
    return this.#specs.get(id)
  }

  checkSpec(spec: RuleSpec): void {
    checkRuleSpec(spec)
  }

  sourcesOf(rule: Pick<RuleSpec, 'sql'>): readonly string[] {
    const known = this.#sources.get(rule)
    if (known !== undefined) return known
    const { statement } = checkRule(rule.sql, ruleDialect)
    const names = [...new Set(statement.sources.map(({ name }) => name))]
    this.#sources.set(rule, names)
    return names
  }

  /**
   * Has exactly these rules run, with these settings and schemas; what has not changed goes on
   * untouched.
   */
  configure({ settings, schemas, pipeline, specs }: RuleStart): Promise<void> {
    const change = this.#changing.then(async () => {
      this.#services.jqTimeoutMs = settings.jqTimeoutMs
      this.#schemas.configure(schemas)
      await this.#tell({ kind: 'configure', settings, schemas, pipeline })
      const wanted = new Set(specs.map(({ id }) => id))
      const gone = this.list().filter(({ id }) => !wanted.has(id))
      for (const { id } of gone) await this.remove(id)
      for (const spec of specs) {
        const isSame = JSON.stringify(spec) === JSON.stringify(this.#specs.get(spec.id))
        if (!isSame) await this.put(spec)
      }
    })
    this.#changing = change.catch(() => {})
    return change
  }

  /**
   * Creates a rule or replaces the one of its id.
   * @throws SqlError, RuleError when it is wrong; nothing is changed then
   */
  async put(spec: RuleSpec): Promise<void> {
    checkRuleSpec(spec)
    // Before shards have answered: when one fails, others run it, and whoever takes it back must
    // find that there is something to take back.
    this.#specs.set(spec.id, spec)
    await this.#tell({ kind: 'put', spec })
  }

  /** Removes a rule; false when there is none. */
  async remove(id: string): Promise<boolean> {
    if (!this.#specs.delete(id)) return false
    this.#meters.delete(id)
    await this.#tell({ kind: 'remove', id })
    return true
  }

  async counters(): Promise<Readonly<Record<string, RuleNumbers>>> {
    const answers = await this.#tell({ kind: 'counters' })
    // Shards answer this command with what the engine gives.
    const shards = answers as readonly Readonly<Record<string, readonly number[]>>[]
    return Object.fromEntries(
      [...this.#specs.keys()].map((id) => [id, addUp(shards.map((shard) => shard[id] ?? []))]),
    )
  }

  rateOf(id: string): RuleRate {
    const { rate, max, last5m } = this.#meters.get(id) ?? new RateMeter()
    return { rate, max, last5m }
  }

  async resetCounters(id: string): Promise<void> {
    await this.#tell({ kind: 'reset', id })
    this.#meters.get(id)?.reset()
  }

  test(sql: string, context: ValueMap): SqlTestResult {
    return testSql(sql, withSourceSample(context, this.sourcesOf({ sql })), this.#services)
  }

  async happened(event: string, columns: ValueMap): Promise<void> {
    // One shard: what its rules do happens once.
    await this.#shards[0]?.rules({ kind: 'happened', event, columns })
  }

  check(sql: string): SqlFindings {
    const { statement, problems } = checkRule(sql, ruleDialect)
    return { problems, hints: fieldHints(sql, statement) }
  }

  async try(id: string, trial: RuleTrial): Promise<RuleTried | undefined> {
    const sources = this.sourcesOf(this.find(id) ?? { sql: '' })
    const whole = { ...trial, context: withSourceSample(trial.context, sources) }
    // Any shard will do: all have the same rules.
    const tried = await this.#shards[0]?.rules({ kind: 'try', id, trial: whole })
    return tried as RuleTried | undefined // What the engine gives for this command.
  }

  async trace(id: string, afterSeq: number): Promise<readonly NumberedEntry[]> {
    if (this.#traces.watch(id, performance.now())) {
      await this.#tell({ kind: 'trace', ids: this.#traces.ids })
    }
    const shards = (await this.#tell({ kind: 'traced' })) as readonly (readonly RuleTraceEntry[])[]
    this.#traces.add(shards.flat())
    return this.#traces.after(id, afterSeq)
  }

  checkStatement(sql: string): void {
    checkRuleSpec(statementOnly('', sql))
  }

  async startLiveTest(test: LiveTestSpec): Promise<void> {
    await this.#tell({ kind: 'start live test', test })
  }

  async takeLiveTested(id: string): Promise<readonly RuleTraceEntry[]> {
    const shards = await this.#tell({ kind: 'take live tested', id })
    // What the engine gives for this command.
    const entries = (shards as readonly (readonly RuleTraceEntry[])[]).flat()
    return entries.toSorted((a, b) => a.atMs - b.atMs)
  }

  async endLiveTest(id: string): Promise<void> {
    await this.#tell({ kind: 'end live test', id })
  }

  async #tick(): Promise<void> {
    if (this.#traces.expire(performance.now())) {
      await this.#tell({ kind: 'trace', ids: this.#traces.ids })
    }
    await this.pipeline.sample(performance.now())
    if (this.#specs.size === 0) return
    const counters = await this.counters()
    for (const [id, { matched = 0 }] of Object.entries(counters)) {
      const meter = this.#meters.get(id) ?? new RateMeter()
      this.#meters.set(id, meter)
      meter.sample(matched, performance.now())
    }
  }

  #tell(command: RuleCommand): Promise<readonly unknown[]> {
    return Promise.all(this.#shards.map((shard) => shard.rules(command)))
  }
}

const BRIDGE_TYPE = /^bridge_(?<type>\w+)$/
const SOURCE_TYPE = /^\$(?:bridges|sources)\/(?<type>[^:]+):/

/** The columns that a record of another system has, when the trial is about one. */
function withSourceSample(context: ValueMap, sources: readonly string[]): ValueMap {
  const { event_type: given } = context
  const match =
    typeof given === 'string' ? BRIDGE_TYPE.exec(given) : SOURCE_TYPE.exec(sources[0] ?? '')
  const type = match?.groups?.['type'] ?? ''
  const sample = connectorOf(type)?.source?.sample
  if (sample === undefined) return context
  const event = sources.find((name) => SOURCE_TYPE.exec(name)?.groups?.['type'] === type)
  const own = { event: event ?? `$bridges/${type}:*`, event_type: `bridge_${type}` }
  return { ...sample, ...context, ...own }
}

function addUp(shards: readonly (readonly number[])[]): RuleNumbers {
  return Object.fromEntries(
    RULE_COUNTER_NAMES.map((name, index) => [
      name,
      shards.reduce((sum, counters) => sum + (counters[index] ?? 0), 0),
    ]),
  )
}
