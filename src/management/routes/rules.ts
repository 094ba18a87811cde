import type { Static } from 'typebox'
import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { ActionSpec, RuleSpec } from '#streams/rules/rule-spec.ts'
import {
  createRule,
  deleteRule,
  getRule,
  getRuleEngine,
  getRuleMetrics,
  listRules,
  putRuleEngine,
  resetRuleMetrics,
  type RuleInfo,
  type RuleInput,
  type RuleMetrics,
  updateRule,
} from '../contract/rules.ts'
import type { ConfigTurn } from '../config/config-changes.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, notFound } from '../http/api-error.ts'
import { noContent, ok, reply, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { readPage, sortedListing } from './read-page.ts'

type Query = Static<typeof listRules.query>
type InputAction = NonNullable<RuleInput['actions']>[number]

const PATH = ['rule_engine', 'rules'] as const
const SETTINGS = ['ignore_sys_message', 'jq_function_default_timeout'] as const

/** Rules. A change is kept: it holds after a restart as well. */
export function ruleRoutes(context: ManagementContext): readonly Route[] {
  const { node, configChanges } = context
  return [
    route(listRules, ({ query }) => {
      const found = context.node.rules.list().filter((spec) => isWanted(context, spec, query))
      const listing = sortedListing(found, ['string'], ({ id }) => [id])
      return readPage(query, listing, (spec) => toInfo(context, spec))
    }),
    route(createRule, ({ body }) => {
      return configChanges.inTurn(async (turn) => {
        const id = body.id ?? freshId(context)
        if (node.rules.find(id) !== undefined) {
          throw badRequest(`There is a rule ${id} already.`, 'ALREADY_EXISTS')
        }
        return reply(201, await put(context, turn, id, body))
      })
    }),
    route(getRule, ({ params }) => ok(toInfo(context, requireRule(context, params.id)))),
    route(updateRule, ({ params, body }) => {
      return configChanges.inTurn(async (turn) => {
        requireRule(context, params.id)
        return ok(await put(context, turn, params.id, body))
      })
    }),
    route(deleteRule, ({ params }) => {
      return configChanges.inTurn(async (turn) => {
        requireRule(context, params.id)
        await turn.set([...PATH, params.id], null)
        return noContent()
      })
    }),
    ...numberRoutes(context),
    route(getRuleEngine, () => ok(engineSettings(context))),
    route(putRuleEngine, async ({ body }) => {
      await configChanges.inTurn((turn) => turn.set(['rule_engine'], body))
      return ok(engineSettings(context))
    }),
  ]
}

function numberRoutes(context: ManagementContext): readonly Route[] {
  const { rules, name } = context.node
  return [
    route(getRuleMetrics, async ({ params: { id } }) => {
      requireRule(context, id)
      const counters = (await rules.counters())[id] ?? {}
      const { rate, max, last5m } = rules.rateOf(id)
      const metrics = {
        ...counters,
        'failed.unknown': counters['failed.no_result'],
        'matched.rate': rate,
        'matched.rate.max': max,
        'matched.rate.last5m': last5m,
      } as unknown as RuleMetrics // Counters have the names of `RULE_COUNTER_NAMES`.
      return ok({ id, metrics, node_metrics: [{ node: name, metrics }] })
    }),
    route(resetRuleMetrics, async ({ params: { id } }) => {
      requireRule(context, id)
      await rules.resetCounters(id)
      return noContent()
    }),
  ]
}

/** The rule of an id. @throws ApiError 404 */
export function requireRule({ node }: ManagementContext, id: string): RuleSpec {
  const spec = node.rules.find(id)
  if (spec === undefined) throw notFound(`There is no rule ${id}.`)
  return spec
}

/** Makes or replaces a rule: checked, kept, and run. */
async function put(
  context: ManagementContext,
  turn: ConfigTurn,
  id: string,
  body: RuleInput,
): Promise<RuleInfo> {
  const { node } = context
  const before = node.rules.find(id)
  const nowMs = node.nowMs()
  const written = {
    name: body.name ?? '',
    sql: body.sql,
    actions: (body.actions ?? []).map(withoutEmptyArguments),
    enable: body.enable ?? true,
    description: body.description ?? '',
    metadata: body.metadata ?? {},
    dead_letter_topic: body.dead_letter_topic ?? '',
    wait_for_actions: body.wait_for_actions ?? false,
    created_at: before === undefined ? nowMs : createdAtMs(context, before),
    last_modified_at: nowMs,
  }
  checkStatement(context, id, body)
  await turn.replace([...PATH, id], written)
  return toInfo(context, requireRule(context, id))
}

/** The console takes no arguments; clients send an empty list of them. */
function withoutEmptyArguments(action: InputAction): InputAction {
  if (typeof action === 'string' || action.function !== 'console') return action
  const isEmpty = Object.keys(action.args ?? {}).length === 0
  return isEmpty ? { function: action.function } : action
}

/** Says what is wrong with the SQL or an action in the words of the language. */
function checkStatement({ node }: ManagementContext, id: string, body: RuleInput): void {
  try {
    node.rules.checkSpec({
      id,
      name: '',
      sql: body.sql,
      // Arguments came as JSON.
      actions: (body.actions ?? []) as readonly ActionSpec[],
      enable: true,
      description: '',
      deadLetterTopic: body.dead_letter_topic ?? '',
      waitsForActions: body.wait_for_actions ?? false,
      metadata: {},
      createdAtMs: 0,
      modifiedAtMs: 0,
    })
  } catch (error) {
    const { message, name } = error instanceof Error ? error : { message: '', name: '' }
    throw badRequest(name === 'SqlError' ? `body.sql: ${message}` : `body.actions: ${message}`)
  }
}

function isWanted(context: ManagementContext, spec: RuleSpec, query: Query): boolean {
  const { enable, from, like_id, like_from, like_description, match_from, action, source } = query
  if (enable !== undefined && spec.enable !== enable) return false
  if (like_id !== undefined && !spec.id.includes(like_id)) return false
  if (like_description !== undefined && !spec.description.includes(like_description)) return false
  if (action !== undefined && !spec.actions.some((one) => isOneOf(action, one))) return false
  if ([from, like_from, match_from, source].every((one) => one === undefined)) return true
  const sources = context.node.rules.sourcesOf(spec)
  if (from !== undefined && !sources.includes(from)) return false
  if (like_from !== undefined && !sources.some((one) => one.includes(like_from))) return false
  if (match_from !== undefined && !sources.some((one) => matchesFilter(match_from, one))) {
    return false
  }
  const isRead = (id: string): boolean =>
    sources.includes(`$sources/${id}`) || sources.includes(`$bridges/${id}`)
  return source === undefined || source.some(isRead)
}

function isOneOf(ids: readonly string[], action: ActionSpec): boolean {
  return ids.includes(typeof action === 'string' ? action : action.function)
}

function createdAtMs({ node }: ManagementContext, spec: RuleSpec): number {
  return spec.createdAtMs === 0 ? node.startedAtMs : spec.createdAtMs
}

function toInfo(context: ManagementContext, spec: RuleSpec): RuleInfo {
  const madeAtMs = createdAtMs(context, spec)
  return {
    id: spec.id,
    name: spec.name,
    sql: spec.sql,
    from: [...context.node.rules.sourcesOf(spec)],
    actions: [...spec.actions] as RuleInfo['actions'], // Arguments are JSON.
    enable: spec.enable,
    description: spec.description,
    metadata: spec.metadata,
    dead_letter_topic: spec.deadLetterTopic,
    wait_for_actions: spec.waitsForActions,
    created_at: formatTime(madeAtMs),
    last_modified_at: formatTime(spec.modifiedAtMs === 0 ? madeAtMs : spec.modifiedAtMs),
  }
}

function engineSettings({ node }: ManagementContext): Readonly<Record<string, never>> {
  const entries = SETTINGS.map((key) => [key, node.config.shown(['rule_engine', key])])
  return Object.fromEntries(entries) as Record<string, never> // As the configuration has them.
}

function freshId({ node }: ManagementContext): string {
  for (;;) {
    const id = `rule_${Math.random().toString(36).slice(2, 10)}`
    if (node.rules.find(id) === undefined) return id
  }
}
