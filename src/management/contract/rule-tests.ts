/** What helps to write rules: trials, checks, traces, and what can be read. */
import { Type } from 'typebox'
import { closed, pathText } from './common.ts'
import { type EventOf, events, operation } from './operation.ts'
import { AnyMap } from './rules.ts'

const tag = 'Rules'
const RuleId = pathText('id', 'Id of the rule.')
const Sql = Type.String({ minLength: 1, maxLength: 65_536 })
const Context = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
  description:
    'Columns of the record; those that are not given have sample values. `event_type` names the ' +
    'kind of record, such as `message_publish`.',
})

const TraceLine = Type.Object({
  at: Type.Integer({ description: 'Milliseconds since 1970.' }),
  rule_id: Type.String(),
  step: Type.String({
    description: '`matched`, `no_result`, `output`, `action_failed` and so on.',
  }),
  fields: Type.Record(Type.String(), Type.String()),
})

export const testRuleSql = operation({
  id: 'testRuleSql',
  method: 'POST',
  path: '/rule_test',
  tag,
  summary: 'Run a statement on a sample record, without actions.',
  permission: 'write',
  body: closed({ sql: Sql, context: Type.Optional(Context) }),
  replies: { 200: Type.Union([AnyMap, Type.Array(AnyMap)]) },
  errors: [400, 412],
})

/** Tests of statements on live messages that may run at the same time. */
export const LIVE_TESTS_MAX = 5

export const testRuleSqlLive = operation({
  id: 'testRuleSqlLive',
  method: 'POST',
  path: '/rule_test/live',
  tag,
  summary:
    'Run a statement on the messages and events that pass from now on, without actions, and push ' +
    'what comes of each as server-sent events. Ends after a time, after so many records, when ' +
    'the caller goes away, or with the login. Nothing is kept or counted; what functions put ' +
    `into stores is seen by the test alone. ${LIVE_TESTS_MAX} tests can run at a time.`,
  permission: 'write',
  body: closed({
    sql: Sql,
    seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 300, default: 60 })),
    records: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 200,
        default: 100,
        description: 'Messages and events that it is run on at most.',
      }),
    ),
  }),
  replies: {
    200: events(
      'The first event says that the test runs; one without records is a sign of life.',
      Type.Object({
        items: Type.Array(
          Type.Object({
            at: Type.Integer({ description: 'Milliseconds since 1970.' }),
            step: Type.String({ description: '`output`, `no_result` or `sql_failed`.' }),
            fields: Type.Record(Type.String(), Type.String(), {
              description: 'The record, and its outputs or why there are none; long texts are cut.',
            }),
          }),
          { description: 'The oldest first.' },
        ),
        ended: Type.Optional(
          Type.Union([Type.Literal('time'), Type.Literal('records')], {
            description: 'Which limit was reached: this is the last event.',
          }),
        ),
      }),
    ),
  },
  errors: [400, 503],
})

/** An event of a live test. */
export type LiveTestEvent = EventOf<(typeof testRuleSqlLive)['replies'][200]>

export const testRule = operation({
  id: 'testRule',
  method: 'POST',
  path: '/rules/{id}/test',
  tag,
  summary: 'Run a rule on a sample record; its numbers do not change.',
  permission: 'write',
  params: RuleId,
  body: closed({
    context: Type.Optional(Context),
    stop_action_after_template_rendering: Type.Optional(
      Type.Boolean({
        default: true,
        description: 'Show what actions would send, and send nothing.',
      }),
    ),
  }),
  replies: {
    200: Type.Object({
      result: Type.Array(AnyMap, { description: 'The outputs.' }),
      trace: Type.Array(TraceLine),
    }),
  },
  errors: [400, 404, 412],
})

export const traceRule = operation({
  id: 'traceRule',
  method: 'GET',
  path: '/rules/{id}/trace',
  tag,
  summary:
    'What a rule did with each record, and why it did not match or failed. It is traced from the ' +
    'first request until 30 seconds after the last one.',
  permission: 'read',
  params: RuleId,
  query: Type.Object({
    position: Type.Optional(
      Type.Integer({ minimum: 0, default: 0, description: '`position` of the reply before.' }),
    ),
  }),
  replies: {
    200: Type.Object({
      items: Type.Array(TraceLine),
      position: Type.Integer({ description: 'Asks for what follows.' }),
    }),
  },
  errors: [404],
})

const Problem = Type.Object({
  line: Type.Integer(),
  column: Type.Integer(),
  start: Type.Integer({ description: 'Offset in the text, in UTF-16 units.' }),
  end: Type.Integer(),
  message: Type.String(),
  expected: Type.Array(Type.String()),
  hint: Type.Optional(Type.String()),
})

export const checkRuleSql = operation({
  id: 'checkRuleSql',
  method: 'POST',
  path: '/rule_check',
  tag,
  summary: 'Everything that is wrong with a statement, each with its place.',
  permission: 'read',
  body: closed({ sql: Sql }),
  replies: {
    200: Type.Object({
      problems: Type.Array(Problem),
      hints: Type.Array(Problem, { description: 'Names that no source has: no errors.' }),
    }),
  },
})

export const listRuleEvents = operation({
  id: 'listRuleEvents',
  method: 'GET',
  path: '/rule_events',
  tag,
  summary: 'What rules can read, with the columns of each.',
  permission: 'read',
  replies: {
    200: Type.Array(
      Type.Object({
        event: Type.String({ description: 'Name after FROM; `t/#` stands for topics.' }),
        title: Type.Object({ en: Type.String(), zh: Type.String() }),
        description: Type.Object({ en: Type.String(), zh: Type.String() }),
        columns: Type.Array(Type.String()),
        test_columns: AnyMap,
        sql_example: Type.String(),
      }),
    ),
  },
})

export const listRuleFunctions = operation({
  id: 'listRuleFunctions',
  method: 'GET',
  path: '/rule_functions',
  tag,
  summary: 'The functions of the language, for editors.',
  permission: 'read',
  replies: {
    200: Type.Array(
      Type.Object({
        name: Type.String(),
        category: Type.String(),
        signature: Type.String(),
        text: Type.String(),
        example: Type.String(),
      }),
    ),
  },
})
