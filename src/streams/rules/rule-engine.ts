import type { HookedConnection } from '#broker/hooks.ts'
import type { Message } from '#broker/message.ts'
import type { Clock, Log } from '#broker/ports.ts'
import type { MessageTap } from '#broker/router/routes.ts'
import type { Broker } from '#broker/shard/broker.ts'
import { publishInternal } from '#broker/shard/publish-internal.ts'
import type { InternalMessage } from '#broker/shard/publish-internal.ts'
import type { MutableValueMap, ValueMap } from '#plugin/value.ts'
import { MapRow } from '../sql/row.ts'
import type { Row } from '../sql/row.ts'
import type { RuleTracer, TracedRule } from '../tracing/rule-tracer.ts'
import type { ActionFailure, FindAction } from './action.ts'
import { ActionRun } from './action-run.ts'
import { makeDeadLetter } from './dead-letter.ts'
import { isHookedEvent, watchEvents } from './event-watch.ts'
import { LiveTest, type LiveTestSpec } from './live-test.ts'
import { makeRule, statementOnly } from './make-rule.ts'
import type { ActionPorts, Rule } from './make-rule.ts'
import { MessageIds } from './message-ids.ts'
import { MessageRow } from './message-row.ts'
import type { RowContext } from './message-row.ts'
import { parseRulePublisher } from './publisher-name.ts'
import { count, RuleCounter } from './rule-counters.ts'
import { RuleReaders } from './rule-readers.ts'
import { explainNoResult } from './explain-no-result.ts'
import { RuleTraceBuffer, traceEntry } from './rule-trace.ts'
import type { RuleTraceEntry, RuleTraceSink } from './rule-trace.ts'
import { matchedFields, runTrial } from './rule-trial.ts'
import type { RuleTrial, RuleTrialOutcome } from './rule-trial.ts'
import type { RuleServices } from './rule-services.ts'
import type { RuleSpec } from './rule-spec.ts'

/** What the host gives the rule engine of a shard. */
export interface RuleEnginePorts {
  readonly broker: Broker
  readonly clock: Clock
  readonly log: Log
  readonly services: RuleServices
  readonly findAction: FindAction
}

/** How rules behave, for all of them. */
export interface RuleEngineSettings {
  readonly nodeName: string
  /** Messages under `$SYS/` are not seen by rules. */
  readonly ignoreSysMessages: boolean
  /** Longest time of a jq program whose call names no limit. */
  readonly jqTimeoutMs: number
}

/** What came of a trial, and how. */
export interface RuleTried {
  readonly outcome: RuleTrialOutcome
  readonly trace: readonly RuleTraceEntry[]
}

/** An event that waits for the end of the tick. */
interface WaitingEvent {
  readonly event: string
  readonly columns: MutableValueMap
  readonly publisher: string
}

/** Events that wait for the end of one tick; more are dropped and counted. */
const EVENTS_WAITING_MAX = 100_000
/** Rules a record may pass through, one after the other. */
const HOPS_MAX = 16
/** Messages that rules publish because of one record: more is a loop in the making. */
const REPUBLISHED_MAX = 1_000
/** A rule that fails for every message is logged so often. */
const LOG_INTERVAL_MS = 1_000
const SYS_PREFIX = '$SYS/'
const NO_RULES: readonly Rule[] = []

/**
 * The rules of one shard. Rules that read topics run while the message is being published, after
 * its subscribers got it; rules that read events at the end of the tick. A rule that fails harms
 * nobody else: not the publisher, not the subscribers, not other rules.
 */
export class RuleEngine {
  /** Events dropped because too many happened in one tick. */
  eventsDropped: number
  /** Records spans of what rules do with messages that are traced; undefined: of none. */
  tracer: RuleTracer | undefined
  readonly #ports: RuleEnginePorts
  #settings: RuleEngineSettings
  readonly #rules: Map<string, Rule>
  /** Statements that are only being tested, apart from the rules: nobody else sees them. */
  readonly #liveTests: Map<string, { readonly rule: Rule; readonly test: LiveTest }>
  /** How many rules and tests there have ever been. */
  #made: number
  readonly #byEvent: RuleReaders
  readonly #byBridge: RuleReaders
  /** Rules that are switched on and read topics. */
  #topicReaders: number
  readonly #rows: RowContext
  readonly #actions: ActionPorts
  #events: WaitingEvent[]
  /** Rules that run now; each has published what the next one reads. */
  readonly #running: Rule[]
  #republished: number
  readonly #traced: RuleTraceBuffer

  constructor(ports: RuleEnginePorts, settings: RuleEngineSettings) {
    this.eventsDropped = 0
    this.tracer = undefined
    this.#ports = ports
    this.#settings = settings
    ports.services.jqTimeoutMs = settings.jqTimeoutMs
    this.#rules = new Map()
    this.#liveTests = new Map()
    this.#made = 0
    this.#byEvent = new RuleReaders()
    this.#byBridge = new RuleReaders()
    this.#topicReaders = 0
    this.#events = []
    this.#running = []
    this.#republished = 0
    this.#traced = new RuleTraceBuffer()
    const { broker, clock, log, findAction } = ports
    const { nodeName } = settings
    const ids = new MessageIds(broker.core.ports.run, broker.core.shard)
    const nowMs = (): number => clock.nowMs()
    this.#rows = {
      nodeName,
      nowMs,
      messageId: (message) => ids.idOf(message),
      usernameOf: (clientId) => broker.core.sessions.get(clientId)?.username,
    }
    this.#actions = {
      log,
      findAction,
      // The time of the tick, which is that of the messages published in it.
      nowMs: () => broker.core.nowMs,
      publish: (message) => this.#publish(message),
    }
  }

  /** Has all rules behave otherwise from now on; the name of the node stays. */
  configure(settings: RuleEngineSettings): void {
    this.#settings = settings
    this.#ports.services.jqTimeoutMs = settings.jqTimeoutMs
  }

  /**
   * Creates a rule or replaces the one of its id, whose counters and place go on. Costs the same
   * among many rules as among few.
   * @throws SqlError, RuleError when it is wrong; the former one then stays
   */
  put(spec: RuleSpec): void {
    const rule = makeRule(spec, this.#actions)
    const former = this.#rules.get(spec.id)
    if (former === undefined) rule.madeAs = this.#made++
    else {
      rule.counters.set(former.counters)
      rule.madeAs = former.madeAs
      rule.trace = former.trace
      this.#disconnect(former)
    }
    this.#rules.set(spec.id, rule)
    this.#connect(rule)
  }

  /** Removes a rule; false when there is none. */
  remove(id: string): boolean {
    const rule = this.#rules.get(id)
    if (rule === undefined) return false
    this.#disconnect(rule)
    this.#rules.delete(id)
    return true
  }

  /** The counters of every rule, by id, in the order of `RULE_COUNTER_NAMES`. */
  counters(): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries([...this.#rules].map(([id, rule]) => [id, [...rule.counters]]))
  }

  /** Sets the counters of a rule to zero. */
  resetCounters(id: string): void {
    this.#rules.get(id)?.counters.fill(0)
  }

  /**
   * Has exactly these rules leave a trace of all they do, to be fetched with `takeTraced`. A rule
   * that is not traced pays one comparison.
   */
  trace(ids: readonly string[]): void {
    const traced = new Set(ids)
    for (const rule of this.#rules.values()) {
      rule.trace = traced.has(rule.id)
        ? this.#sinkOf(rule, (entry) => this.#traced.add(entry))
        : undefined
    }
  }

  /** What traced rules did since this was asked last. */
  takeTraced(): readonly RuleTraceEntry[] {
    return this.#traced.take()
  }

  /** Runs a rule on a sample record, see `runTrial`; undefined when there is none of this id. */
  async try(id: string, trial: RuleTrial): Promise<RuleTried | undefined> {
    const rule = this.#rules.get(id)
    if (rule === undefined) return undefined
    const trace: RuleTraceEntry[] = []
    const sink = this.#sinkOf(rule, (entry) => trace.push(entry))
    return { outcome: await runTrial(rule, trial, this.#ports.services, sink), trace }
  }

  /**
   * Runs a statement on the records of its sources from now on, see `LiveTest`, until it is ended.
   * @throws SqlError when it is wrong
   */
  startLiveTest({ id, sql, recordsMax }: LiveTestSpec): void {
    const { clock, services } = this.#ports
    const rule = makeRule(statementOnly(id, sql), this.#actions)
    const test = new LiveTest(rule, recordsMax, services, () => clock.nowMs())
    rule.testOn = (row) => test.run(row)
    rule.madeAs = this.#made++
    this.#liveTests.set(id, { rule, test })
    this.#connect(rule)
  }

  /** What came of records since this was asked last; nothing when the test has ended. */
  takeLiveTested(id: string): readonly RuleTraceEntry[] {
    return this.#liveTests.get(id)?.test.take() ?? []
  }

  /** Ends a test, if it runs. */
  endLiveTest(id: string): void {
    const found = this.#liveTests.get(id)
    if (found === undefined) return
    this.#disconnect(found.rule)
    this.#liveTests.delete(id)
  }

  /** How rows of this shard are made. */
  get rows(): RowContext {
    return this.#rows
  }

  /** Tells rules of an event that no hook of the core tells of. */
  happened(event: string, columns: MutableValueMap, publisher: string): void {
    if (this.#byEvent.get(event) !== undefined) this.#enqueue({ event, columns, publisher })
  }

  /** Hands a record of a source such as `$sources/kafka:name` to the rules that read it. */
  feed(source: string, columns: ValueMap): void {
    const rules = this.#byBridge.get(source)
    if (rules === undefined) return
    const { nodeName } = this.#settings
    const record: MutableValueMap = { ...columns, event: source, node: nodeName }
    record.timestamp ??= this.#ports.clock.nowMs()
    this.#runEach(rules, record, '')
  }

  get #router(): Broker['core']['router'] {
    return this.#ports.broker.core.router
  }

  #sinkOf(rule: Rule, take: (entry: RuleTraceEntry) => void): RuleTraceSink {
    return (step, fields) => take(traceEntry(this.#ports.clock.nowMs(), rule.id, step, fields))
  }

  #connect(rule: Rule): void {
    if (!rule.spec.enable) return
    for (const topic of rule.topics) this.#router.addTap(topic, rule)
    if (rule.topics.length > 0 && this.#topicReaders++ === 0) this.#watchTopics()
    this.#byBridge.add(rule.bridges, rule)
    if (this.#byEvent.add(rule.events, rule)) this.#watchEvents()
  }

  #disconnect(rule: Rule): void {
    if (!rule.spec.enable) return
    for (const topic of rule.topics) this.#router.removeTap(topic, rule)
    if (rule.topics.length > 0 && --this.#topicReaders === 0) this.#watchTopics()
    this.#byBridge.remove(rule.bridges, rule)
    if (this.#byEvent.remove(rule.events, rule)) this.#watchEvents()
  }

  /** Watches what is published while some rule reads topics. */
  #watchTopics(): void {
    this.#ports.broker.core.hooks.published =
      this.#topicReaders > 0
        ? (message, taps, publisher) => this.#published(message, taps, publisher)
        : undefined
  }

  /** Watches exactly the events that rules read. */
  #watchEvents(): void {
    const { hooks } = this.#ports.broker.core
    const wanted = new Set([...this.#byEvent.names].filter(isHookedEvent))
    watchEvents(hooks, wanted, this.#rows, (event, columns, publisher) => {
      this.#enqueue({ event, columns, publisher })
    })
    hooks.tickEnds = this.#byEvent.size > 0 ? () => this.#runEvents() : undefined
  }

  #published(
    message: Message,
    taps: readonly MessageTap[],
    publisher: HookedConnection | undefined,
  ): void {
    if (this.#settings.ignoreSysMessages && message.topic.topic.startsWith(SYS_PREFIX)) return
    if (this.#running.length === 0) this.#republished = 0
    const row = new MessageRow(message, publisher, this.#rows)
    for (const tap of taps) {
      row.ruleId = tap.id
      const traced = this.tracer?.begin(tap.id, message)
      // Taps are made here only.
      this.#run(tap as Rule, row, message.publisher, traced)
    }
  }

  #enqueue(event: WaitingEvent): void {
    if (this.#events.length >= EVENTS_WAITING_MAX) {
      this.eventsDropped++
      return
    }
    this.#events.push(event)
    this.#ports.broker.core.startTick()
  }

  /** Runs what has happened until now; what happens meanwhile has its turn in the next tick. */
  #runEvents(): void {
    const events = this.#events
    if (events.length === 0) return
    this.#events = []
    for (const { event, columns, publisher } of events) {
      columns.event = event
      columns.timestamp = this.#ports.clock.nowMs()
      columns.node = this.#settings.nodeName
      this.#runEach(this.#byEvent.get(event) ?? NO_RULES, columns, publisher)
    }
  }

  #runEach(rules: readonly Rule[], columns: MutableValueMap, publisher: string): void {
    if (this.#running.length === 0) this.#republished = 0
    const row = new MapRow(columns)
    for (const rule of rules) {
      columns.metadata = { rule_id: rule.id }
      this.#run(rule, row, publisher)
    }
  }

  #run(rule: Rule, row: Row, publisher: string, traced?: TracedRule): void {
    if (rule.testOn !== undefined) {
      rule.testOn(row)
      return
    }
    const { counters } = rule
    counters[RuleCounter.MATCHED]! += 1 // The index comes from the table.
    rule.trace?.('matched', matchedFields(row))
    let outputs: readonly ValueMap[]
    try {
      outputs = rule.program(row, this.#ports.services)
    } catch (error) {
      this.#failed(rule, row, error)
      traced?.end(error instanceof Error ? error.message : String(error))
      return
    }
    if (outputs.length === 0) {
      counters[RuleCounter.FAILED]! += 1 // As above.
      counters[RuleCounter.FAILED_NO_RESULT]! += 1
      if (rule.trace !== undefined) this.#traceNoResult(rule, row)
      traced?.end(undefined)
      return
    }
    counters[RuleCounter.PASSED]! += 1 // As above.
    if (rule.trace !== undefined) for (const output of outputs) rule.trace('output', { output })
    if (rule.actions.length > 0) this.#act(rule, row, outputs, publisher, traced)
    traced?.end(undefined)
  }

  #traceNoResult(rule: Rule, row: Row): void {
    try {
      const { sql } = rule.spec
      rule.trace?.('no_result', explainNoResult(sql, rule.statement, row, this.#ports.services))
    } catch (error) {
      rule.trace?.('no_result', { reason: error instanceof Error ? error.message : String(error) })
    }
  }

  #act(
    rule: Rule,
    row: Row,
    outputs: readonly ValueMap[],
    publisher: string,
    traced: TracedRule | undefined,
  ): void {
    const from = parseRulePublisher(publisher)
    const hops = (from?.hops ?? 0) + 1
    const isLoop = from?.rule === rule.id || hops > HOPS_MAX || this.#running.includes(rule)
    const origin = { ruleId: rule.id, row, hops, isLoop }
    const { broker } = this.#ports
    this.#running.push(rule)
    for (const output of outputs) {
      for (const action of rule.actions) {
        count(rule.counters, RuleCounter.ACTIONS_TOTAL)
        const failed = (failure: ActionFailure, isLate: boolean): boolean => {
          const { kind, reason } = failure
          this.#complain(rule, 'rule_action_failed', { action: action.label, reason })
          if (kind === 'discarded') return false
          return this.#bury(rule, action.label, output, reason, isLate)
        }
        const span = traced?.action(action.label, output)
        const run = new ActionRun(rule, output, broker, failed, span)
        run.start(action, origin)
      }
    }
    this.#running.pop()
  }

  #failed(rule: Rule, row: Row, error: unknown): void {
    count(rule.counters, RuleCounter.FAILED)
    count(rule.counters, RuleCounter.FAILED_EXCEPTION)
    const reason = error instanceof Error ? error.message : String(error)
    rule.trace?.('sql_failed', { reason })
    this.#complain(rule, 'rule_failed', { reason })
    if (rule.spec.deadLetterTopic !== '') this.#bury(rule, undefined, row.toMap(), reason, false)
  }

  /**
   * Publishes a dead letter, if the rule has a topic for them.
   * @param isLate does not count among what is published because of one record: that is long done
   * @returns true when it was published
   */
  #bury(
    rule: Rule,
    action: string | undefined,
    record: ValueMap,
    reason: string,
    isLate: boolean,
  ): boolean {
    if (rule.spec.deadLetterTopic === '') return false
    const letter = makeDeadLetter(rule.spec, action, record, reason, this.#ports.clock.nowMs())
    const refused = isLate ? publishInternal(this.#ports.broker, letter) : this.#publish(letter)
    if (refused !== undefined) this.#complain(rule, 'dead_letter_refused', { reason: refused })
    return refused === undefined
  }

  #publish(message: InternalMessage): string | undefined {
    if (++this.#republished > REPUBLISHED_MAX) {
      return `rules have published ${REPUBLISHED_MAX} messages because of one already`
    }
    return publishInternal(this.#ports.broker, message)
  }

  #complain(rule: Rule, event: string, fields: Readonly<Record<string, unknown>>): void {
    const nowMs = this.#ports.clock.monotonicMs()
    if (nowMs < rule.quietUntilMs) return
    rule.quietUntilMs = nowMs + LOG_INTERVAL_MS
    this.#ports.log.warn(event, { rule: rule.id, ...fields })
  }
}
