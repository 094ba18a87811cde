import type { Log } from '#broker/ports.ts'
import type { MessageTap } from '#broker/router/routes.ts'
import { validateTopicFilterText } from '#codec/mqtt/topic.ts'
import { nearestName } from '#config/suggest.ts'
import type { RuleProgram } from '../sql/compile-rule.ts'
import { prepareRule } from '../sql/prepare-rule.ts'
import type { PreparedRule } from '../sql/prepare-rule.ts'
import { ProblemList, SqlError } from '../sql/problem.ts'
import type { Row } from '../sql/row.ts'
import { ruleDialect } from '../sql/rule-dialect.ts'
import type { Source, Statement } from '../sql/tree.ts'
import type { FindAction, RuleAction } from './action.ts'
import { makeConsole } from './actions/console.ts'
import { makeRepublish } from './actions/republish.ts'
import type { RepublishPorts } from './actions/republish.ts'
import { EVENT_SOURCES, eventsNamed, kindOfSource } from './event-sources.ts'
import { makeRuleCounters } from './rule-counters.ts'
import type { RuleCounters } from './rule-counters.ts'
import { RuleError } from './rule-error.ts'
import type { RuleTraceSink } from './rule-trace.ts'
import type { ActionSpec, RuleSpec } from './rule-spec.ts'

/** A rule that can run. Its id is what the router shows. Plain fields: hot. */
export interface Rule extends MessageTap {
  readonly spec: RuleSpec
  readonly program: RuleProgram
  readonly statement: Statement
  /** All names after FROM. */
  readonly sources: readonly string[]
  /** Topic filters it reads. */
  readonly topics: readonly string[]
  /** Names of the events it reads, as in the column `event`. */
  readonly events: readonly string[]
  /** Names of the bridges it reads, as after FROM. */
  readonly bridges: readonly string[]
  readonly actions: readonly RuleAction[]
  readonly counters: RuleCounters
  /** Its number in the order in which rules were made; one that replaces another takes over its. */
  madeAs: number
  /** Monotonic ms before which its failures are not logged again. */
  quietUntilMs: number
  /** Takes what the rule does, while somebody watches. */
  trace: RuleTraceSink | undefined
  /** Of a statement that is only being tested: takes its records, and nothing else is done. */
  testOn: ((row: Row) => void) | undefined
}

/** What actions of rules need. */
export interface ActionPorts extends RepublishPorts {
  readonly log: Log
  readonly findAction: FindAction
}

/** Levels a filter of a rule may have. */
const FILTER_LEVELS_MAX = 65_535

/**
 * Makes a rule from what its owner wrote.
 * @throws SqlError with all that is wrong with the SQL; RuleError when an action is wrong
 */
export function makeRule(spec: RuleSpec, ports: ActionPorts): Rule {
  const prepared = prepareRule(spec.sql, ruleDialect)
  const { sources } = checkSources(spec.sql, prepared)
  const named = (kind: string): readonly string[] => {
    return sources.filter((name) => kindOfSource(name) === kind)
  }
  const events = named('event').flatMap((name) => eventsNamed(name).map(({ event }) => event))
  return {
    id: spec.id,
    spec,
    program: prepared.program,
    statement: prepared.statement,
    sources,
    topics: named('topic'),
    events: [...new Set(events)],
    bridges: named('bridge'),
    actions: spec.actions.map((action) => makeAction(action, ports)),
    counters: makeRuleCounters(),
    madeAs: 0,
    quietUntilMs: 0,
    trace: undefined,
    testOn: undefined,
  }
}

/**
 * Tells whether a rule can be made.
 * @throws SqlError, RuleError as `makeRule`
 */
export function checkRuleSpec(spec: RuleSpec): void {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  makeRule(spec, { log, findAction: () => undefined, nowMs: () => 0, publish: () => undefined })
}

/** A statement as a rule that does nothing with its outputs. */
export function statementOnly(id: string, sql: string): RuleSpec {
  return {
    id,
    name: '',
    sql,
    actions: [],
    enable: true,
    description: '',
    deadLetterTopic: '',
    waitsForActions: false,
    metadata: {},
    createdAtMs: 0,
    modifiedAtMs: 0,
  }
}

/** @throws SqlError when there is no source, or one that cannot be */
function checkSources(sql: string, prepared: PreparedRule): PreparedRule {
  const problems = new ProblemList(sql)
  for (const source of prepared.statement.sources) checkSource(source, problems)
  if (problems.problems.length > 0) throw new SqlError(problems.sorted())
  return prepared
}

function checkSource(source: Source, problems: ProblemList): void {
  const { name } = source
  switch (kindOfSource(name)) {
    case 'event': {
      if (eventsNamed(name).length > 0) return
      const near = nearestName(
        name,
        EVENT_SOURCES.flatMap(({ topics }) => topics),
      )
      const hint = near === undefined ? undefined : `did you mean ${near}?`
      problems.add(source, { message: `there is no event ${name}`, hint })
      return
    }
    case 'topic': {
      const failure = validateTopicFilterText(name, FILTER_LEVELS_MAX)
      if (failure === undefined) return
      problems.add(source, { message: `"${name}" is no topic filter: ${failure.detail}` })
      return
    }
    case 'bridge':
      return
  }
}

function makeAction(action: ActionSpec, ports: ActionPorts): RuleAction {
  if (typeof action === 'string') return actionById(action, ports.findAction)
  const { function: name, args = {} } = action
  if (name === 'console') return makeConsole(ports.log)
  if (name === 'republish') return makeRepublish(args, ports)
  throw new RuleError(`there is no action function ${name}; there are republish and console`)
}

/** An action of the integrations is looked up each time: it may come and go. */
function actionById(id: string, find: FindAction): RuleAction {
  return {
    label: id,
    run(output, origin, done) {
      const action = find(id)
      if (action === undefined) {
        done({ kind: 'out_of_service', reason: `there is no action ${id}` })
      } else action.run(output, origin, done)
    },
    preview(output, origin) {
      return find(id)?.preview?.(output, origin) ?? output
    },
  }
}
