/** Rules: SQL over messages and events, with what is done with the results. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { closed, pageOf, pageQuery, pathText, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Rules'
const RuleId = pathText('id', 'Id of the rule.')
const Names = Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 100 })
const Count = Type.Integer()
/** Data as they come. */
export const AnyMap = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
})

const ActionOfRule = Type.Union([
  Type.String({ minLength: 1, maxLength: 1024, description: 'Id of an action: `type:name`.' }),
  Type.Object(
    {
      function: Type.String({ description: '`republish` or `console`.' }),
      args: Type.Optional(AnyMap),
    },
    { additionalProperties: false },
  ),
])

const settings = {
  name: Type.Optional(Type.String({ maxLength: 1024, description: 'Name for people.' })),
  sql: Type.String({ minLength: 1, maxLength: 65_536 }),
  actions: Type.Optional(
    Type.Array(ActionOfRule, { maxItems: 64, description: 'What is done with each output.' }),
  ),
  enable: Type.Optional(Type.Boolean({ default: true })),
  description: Type.Optional(Type.String({ maxLength: 65_536 })),
  metadata: Type.Optional(AnyMap),
  dead_letter_topic: Type.Optional(
    Type.String({
      maxLength: 65_535,
      description: 'Where records go that the rule or an action failed for; empty: nowhere.',
    }),
  ),
  wait_for_actions: Type.Optional(
    Type.Boolean({ description: 'Acknowledge QoS 1 when every action has the message safe.' }),
  ),
}

/** A rule as a request brings it. What only a reply says may be sent back, and is not obeyed. */
export const RuleInput = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        maxLength: 255,
        pattern: '^[A-Za-z0-9_][A-Za-z0-9_:.@-]*$',
        description: 'Made by the server when it is absent.',
      }),
    ),
    ...settings,
  },
  { additionalProperties: true },
)
export type RuleInput = Static<typeof RuleInput>

/** A rule as a reply shows it. */
export const RuleInfo = Type.Object({
  id: Type.String(),
  name: Type.String(),
  sql: Type.String(),
  from: Type.Array(Type.String(), { description: 'What it reads: filters, events, sources.' }),
  actions: Type.Array(ActionOfRule),
  enable: Type.Boolean(),
  description: Type.String(),
  metadata: AnyMap,
  dead_letter_topic: Type.String(),
  wait_for_actions: Type.Boolean(),
  created_at: Timestamp,
  last_modified_at: Timestamp,
})
export type RuleInfo = Static<typeof RuleInfo>

const Metrics = Type.Object({
  matched: Count,
  'matched.rate': Type.Number({ description: 'Records per second.' }),
  'matched.rate.max': Type.Number(),
  'matched.rate.last5m': Type.Number(),
  passed: Count,
  failed: Count,
  'failed.exception': Count,
  'failed.no_result': Count,
  'failed.unknown': Type.Integer({
    description: '`failed.no_result` by the name that the description of the API of EMQX has.',
  }),
  'actions.total': Count,
  'actions.success': Count,
  'actions.failed': Count,
  'actions.failed.out_of_service': Count,
  'actions.failed.unknown': Count,
  'actions.discarded': Count,
})
export type RuleMetrics = Static<typeof Metrics>

export const listRules = operation({
  id: 'listRules',
  method: 'GET',
  path: '/rules',
  tag,
  summary: 'Rules, by their ids.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    enable: Type.Optional(Type.Boolean()),
    from: Type.Optional(Type.String({ description: 'A source as it stands after FROM.' })),
    like_id: Type.Optional(Type.String({ description: 'Part of the id.' })),
    like_from: Type.Optional(Type.String({ description: 'Part of a source.' })),
    like_description: Type.Optional(Type.String({ description: 'Part of the description.' })),
    match_from: Type.Optional(
      Type.String({ description: 'Filter that a topic after FROM matches.' }),
    ),
    action: Type.Optional(Names),
    source: Type.Optional(Names),
  }),
  replies: { 200: pageOf(RuleInfo) },
})

export const createRule = operation({
  id: 'createRule',
  method: 'POST',
  path: '/rules',
  tag,
  summary: 'Make a rule; it runs at once and is kept.',
  permission: 'write',
  body: RuleInput,
  replies: { 201: RuleInfo },
  errors: [400, 409],
})

export const getRule = operation({
  id: 'getRule',
  method: 'GET',
  path: '/rules/{id}',
  tag,
  summary: 'One rule.',
  permission: 'read',
  params: RuleId,
  replies: { 200: RuleInfo },
  errors: [404],
})

export const updateRule = operation({
  id: 'updateRule',
  method: 'PUT',
  path: '/rules/{id}',
  tag,
  summary: 'Replace a rule; its numbers go on.',
  permission: 'write',
  params: RuleId,
  body: RuleInput,
  replies: { 200: RuleInfo },
  errors: [400, 404, 409],
})

export const deleteRule = operation({
  id: 'deleteRule',
  method: 'DELETE',
  path: '/rules/{id}',
  tag,
  summary: 'Remove a rule.',
  permission: 'write',
  params: RuleId,
  replies: { 204: empty('Removed.') },
  errors: [404, 409],
})

export const getRuleMetrics = operation({
  id: 'getRuleMetrics',
  method: 'GET',
  path: '/rules/{id}/metrics',
  tag,
  summary: 'Numbers of a rule since the start or the last reset.',
  permission: 'read',
  params: RuleId,
  replies: {
    200: Type.Object({
      id: Type.String(),
      metrics: Metrics,
      node_metrics: Type.Array(Type.Object({ node: Type.String(), metrics: Metrics })),
    }),
  },
  errors: [404],
})

export const resetRuleMetrics = operation({
  id: 'resetRuleMetrics',
  method: 'PUT',
  path: '/rules/{id}/metrics/reset',
  tag,
  summary: 'Set the numbers of a rule to zero.',
  permission: 'write',
  params: RuleId,
  replies: { 204: empty('Done.') },
  errors: [404],
})

const EngineSettings = closed({
  ignore_sys_message: Type.Optional(
    Type.Boolean({ description: 'Rules do not see messages under `$SYS/`.' }),
  ),
  jq_function_default_timeout: Type.Optional(
    Type.Union([Type.String(), Type.Integer()], {
      description: 'Longest time of a jq program whose call names no limit.',
    }),
  ),
})

export const getRuleEngine = operation({
  id: 'getRuleEngine',
  method: 'GET',
  path: '/rule_engine',
  tag,
  summary: 'How all rules behave.',
  permission: 'read',
  replies: { 200: EngineSettings },
})

export const putRuleEngine = operation({
  id: 'putRuleEngine',
  method: 'PUT',
  path: '/rule_engine',
  tag,
  summary: 'Change how all rules behave, at once.',
  permission: 'write',
  body: EngineSettings,
  replies: { 200: EngineSettings },
  errors: [400, 409],
})
