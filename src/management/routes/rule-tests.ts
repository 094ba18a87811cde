import type { ValueMap } from '#plugin/value.ts'
import {
  COMMON_SAMPLE,
  EVENT_SOURCES,
  type EventSource,
  MESSAGE_PUBLISH,
} from '#streams/rules/event-sources.ts'
import type { RuleTraceEntry } from '#streams/rules/rule-trace.ts'
import { signatureOf } from '#streams/sql/analyse.ts'
import type { SqlProblem } from '#streams/sql/problem.ts'
import { encodeJson } from '#streams/values/json.ts'
import {
  checkRuleSql,
  listRuleEvents,
  listRuleFunctions,
  testRule,
  testRuleSql,
  testRuleSqlLive,
  traceRule,
} from '../contract/rule-tests.ts'
import type { ManagementContext } from '../context.ts'
import { EVENTS_IN_CHINESE } from './events-in-chinese.ts'
import { ApiError, badRequest, notFound } from '../http/api-error.ts'
import { ok, type Route, route } from '../http/route.ts'
import { requireRule } from './rules.ts'

type Json = Readonly<Record<string, unknown>>

/** What helps to write rules. */
export function ruleTestRoutes(context: ManagementContext): readonly Route[] {
  const { rules } = context.node
  return [
    route(testRuleSqlLive, ({ body }) => {
      tested(() => rules.checkStatement(body.sql))
      return ok(context.liveTests.run(body))
    }),
    route(testRuleSql, ({ body }) => ok(testStatement(context, body.sql, body.context ?? {}))),
    route(testRule, async ({ params: { id }, body }) => {
      const tried = await rules.try(id, {
        context: (body.context ?? {}) as ValueMap, // Came as JSON.
        renderOnly: body.stop_action_after_template_rendering ?? true,
      })
      if (tried === undefined) throw notFound(`There is no rule ${id}.`)
      const { outcome, trace } = tried
      switch (outcome.kind) {
        case 'no match':
          throw noMatch(trace.find(({ step }) => step === 'no_result')?.fields)
        case 'failure':
          throw badRequest(`The rule fails for this record: ${outcome.reason}`)
        case 'outputs': {
          const result = outcome.outputs.map((output) => toJson(output) as Json)
          return ok({ result, trace: trace.map(toLine) })
        }
      }
    }),
    route(traceRule, async ({ params: { id }, query: { position = 0 } }) => {
      requireRule(context, id)
      const entries = await rules.trace(id, position)
      const last = entries.at(-1)?.seq ?? position
      return ok({ items: entries.map(toLine), position: last })
    }),
    route(checkRuleSql, ({ body }) => {
      const { problems, hints } = rules.check(body.sql)
      return ok({ problems: problems.map(toProblem), hints: hints.map(toProblem) })
    }),
    route(listRuleEvents, () => ok(events())),
    route(listRuleFunctions, () => {
      return ok(
        rules.functions.map((definition) => ({
          name: definition.name,
          category: definition.category,
          signature: signatureOf(definition),
          text: definition.text,
          example: definition.examples[0]?.sql ?? '',
        })),
      )
    }),
  ]
}

/** The output of a SELECT, or the outputs of a FOREACH. */
function testStatement({ node }: ManagementContext, sql: string, given: Json): Json | Json[] {
  const result = tested(() => node.rules.test(sql, given as ValueMap)) // Came as JSON.
  switch (result.kind) {
    case 'no match':
      throw noMatch(undefined)
    case 'failure':
      throw badRequest(`The statement fails for this record: ${result.reason}`)
    case 'output':
      return toJson(result.output) as Json | Json[]
  }
}

function tested<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    throw badRequest(`body.sql: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function noMatch(fields: Readonly<Record<string, string>> | undefined): ApiError {
  const why = fields === undefined ? '' : ` ${Object.values(fields).join('; ')}`
  return new ApiError(412, 'NOT_MATCH', `The record does not match the condition.${why}`)
}

/** What JSON has no form for is shown as text. */
function toJson(value: ValueMap | readonly ValueMap[]): unknown {
  return JSON.parse(encodeJson(value))
}

function toLine({ atMs, rule, step, fields }: RuleTraceEntry) {
  return { at: atMs, rule_id: rule, step, fields }
}

function toProblem({ line, column, start, end, message, expected, hint }: SqlProblem) {
  const shown = { line, column, start, end, message, expected: [...expected] }
  return hint === undefined ? shown : { ...shown, hint }
}

function events() {
  return [MESSAGE_PUBLISH, ...EVENT_SOURCES].map((source) => {
    const { event, topics, text, sample } = source
    const name = topics[0] ?? 't/#'
    const en = event.replaceAll(/[._]/g, ' ')
    const [titleZh, textZh] = EVENTS_IN_CHINESE[event] ?? [en, text]
    const columns = [...new Set([...Object.keys(COMMON_SAMPLE), ...Object.keys(sample)])]
    return {
      event: name,
      title: { en, zh: titleZh },
      description: { en: text, zh: textZh },
      columns,
      test_columns: testColumns(source),
      sql_example: `SELECT\n  *\nFROM\n  "${name}"`,
    }
  })
}

/** Sample values of the columns that a trial can set. */
function testColumns({ sample }: EventSource): Json {
  return Object.fromEntries(
    Object.entries(sample).map(([name, value]) => {
      return [name, typeof value === 'string' ? value : JSON.parse(encodeJson(value))]
    }),
  )
}
