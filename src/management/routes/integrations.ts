import { INTEGRATIONS } from '#config/fields/integrations/integrations.ts'
import { jsonSchema } from '#config/json-schema.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { translate } from '#config/translate.ts'
import { fieldAt } from '#config/walk.ts'
import {
  actionOperations,
  connectorOperations,
  getIntegrationSchema,
  type IntegrationInfo,
  type IntegrationMetrics,
  type IntegrationSummary,
  sourceOperations,
} from '../contract/integrations.ts'
import type { ConfigTurn } from '../config/config-changes.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, notFound } from '../http/api-error.ts'
import { languageOf } from '../http/language.ts'
import { noContent, ok, reply, type Route, route } from '../http/route.ts'
import type { IntegrationRoot, IntegrationState } from '../integration-port.ts'
import { formatTime } from '../time-text.ts'
import { checkNode } from './nodes.ts'
import { probeIntegration } from './probe-integration.ts'

interface Entry {
  readonly type: string
  readonly name: string
  /** As it would be written, secrets hidden. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** What uses connectors. */
type UserRoot = Exclude<IntegrationRoot, 'connectors'>

const OPERATIONS = {
  connectors: connectorOperations,
  actions: actionOperations,
  sources: sourceOperations,
} as const
const KINDS = { connectors: 'connector', actions: 'action', sources: 'source' } as const
/** What replies show beside the configuration; it may be sent back and is not obeyed. */
const SHOWN_ONLY: ReadonlySet<string> = new Set([
  'type',
  'name',
  'id',
  'status',
  'status_reason',
  'node_status',
  'rules',
  'actions',
  'sources',
  'created_at',
  'last_modified_at',
  'metrics',
  'node_metrics',
])

/** Connectors, actions and sources. A change is kept: it holds after a restart as well. */
export function integrationRoutes(context: ManagementContext): readonly Route[] {
  return [
    ...keepRoutes(context, 'connectors'),
    ...keepRoutes(context, 'actions'),
    ...keepRoutes(context, 'sources'),
    ...countRoutes(context, 'actions'),
    ...countRoutes(context, 'sources'),
    route(getIntegrationSchema, ({ params: { name: root }, header }) => {
      const language = languageOf(header)
      const types = INTEGRATIONS.filter((one) => isOf(root, one)).map(({ type, title, text }) => {
        return { type, title: translate(title, language), text: translate(text, language) }
      })
      const field = fieldAt(tidewayFields, [root])?.field
      if (field === undefined) throw notFound(`There is no schema ${root}.`)
      return ok({ types, schema: jsonSchema(field, language) })
    }),
  ]
}

function isOf(root: IntegrationRoot, one: (typeof INTEGRATIONS)[number]): boolean {
  if (root === 'connectors') return true
  return (root === 'actions' ? one.action : one.source) !== undefined
}

function keepRoutes(context: ManagementContext, root: IntegrationRoot): readonly Route[] {
  const { node, configChanges } = context
  const operations = OPERATIONS[root]
  const show = async (id: string) => toInfo(context, root, requireEntry(context, root, id))
  return [
    route(operations.list, async () => {
      const states = await node.integrations.read()
      return ok(entriesOf(context, root).map((entry) => infoOf(context, root, entry, states)))
    }),
    route(operations.create, async ({ body }) => {
      const { type, name } = body
      const id = `${type}:${name}`
      await configChanges.inTurn((turn) => {
        if (entriesOf(context, root).some((one) => idOf(one) === id)) {
          throw badRequest(`There is ${id} in ${root} already.`, 'ALREADY_EXISTS')
        }
        return put(context, turn, root, body)
      })
      return reply(201, await show(id))
    }),
    route(operations.get, async ({ params }) => ok(await show(params.id))),
    route(operations.update, async ({ params, body }) => {
      await configChanges.inTurn((turn) => {
        const { type, name } = requireEntry(context, root, params.id)
        return put(context, turn, root, { ...body, type, name })
      })
      return ok(await show(params.id))
    }),
    route(operations.remove, async ({ params: { id }, query }) => {
      await configChanges.inTurn((turn) => {
        const entry = requireEntry(context, root, id)
        return turn.set([], removalOf(context, root, entry, query.also_delete_dep_actions === true))
      })
      return noContent()
    }),
    ...switchRoutes(context, root),
  ]
}

function switchRoutes(context: ManagementContext, root: IntegrationRoot): readonly Route[] {
  const operations = OPERATIONS[root]
  return [
    route(operations.enable, async ({ params: { id, enable } }) => {
      if (enable !== 'true' && enable !== 'false') {
        throw badRequest(`params.enable: ${enable} is neither true nor false.`)
      }
      await context.configChanges.inTurn((turn) => {
        const { type, name } = requireEntry(context, root, id)
        return turn.set([root, type, name], { enable: enable === 'true' })
      })
      return noContent()
    }),
    route(operations.operate, async ({ params }) => {
      await start(context, root, params)
      return noContent()
    }),
    route(operations.operateOnNode, async ({ params }) => {
      checkNode(context, params.node)
      await start(context, root, params)
      return noContent()
    }),
    route(operations.probe, async ({ body }) => {
      await probeIntegration(context, root, body, configured(body))
      return noContent()
    }),
  ]
}

function countRoutes(context: ManagementContext, root: UserRoot): readonly Route[] {
  const { node } = context
  const operations = OPERATIONS[root]
  return [
    route(operations.metrics, async ({ params: { id } }) => {
      const entry = requireEntry(context, root, id)
      const state = stateOf(await node.integrations.read(), root, entry)
      const metrics = state?.metrics as IntegrationMetrics // Counters have these names.
      return ok({ metrics, node_metrics: [{ node: node.name, metrics }] })
    }),
    route(operations.resetMetrics, async ({ params: { id } }) => {
      const { type, name } = requireEntry(context, root, id)
      await node.integrations.reset({ kind: KINDS[root], type, name })
      return noContent()
    }),
    route(operations.summary, async () => {
      const states = await node.integrations.read()
      const all = entriesOf(context, root).map((entry) => {
        return summaryOf(infoOf(context, root, entry, states))
      })
      return ok(all)
    }),
    route(operations.types, () => {
      return ok(INTEGRATIONS.filter((one) => isOf(root, one)).map(({ type }) => type))
    }),
  ]
}

function entriesOf({ node }: ManagementContext, root: IntegrationRoot): readonly Entry[] {
  // The configuration is of this form.
  const types = (node.config.shown([root]) ?? {}) as Readonly<
    Record<string, Readonly<Record<string, Entry['fields']>>>
  >
  return Object.entries(types).flatMap(([type, named]) => {
    return Object.entries(named).map(([name, fields]) => ({ type, name, fields }))
  })
}

function idOf({ type, name }: Pick<Entry, 'type' | 'name'>): string {
  return `${type}:${name}`
}

function requireEntry(context: ManagementContext, root: IntegrationRoot, id: string): Entry {
  const entry = entriesOf(context, root).find((one) => idOf(one) === id)
  if (entry === undefined) throw notFound(`There is no ${KINDS[root]} ${id}.`)
  return entry
}

function configured(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !SHOWN_ONLY.has(key)))
}

async function put(
  { node }: ManagementContext,
  turn: ConfigTurn,
  root: IntegrationRoot,
  body: Readonly<Record<string, unknown>> & { readonly type: string; readonly name: string },
): Promise<void> {
  const { type, name } = body
  const types: Readonly<Record<string, unknown>> = node.config.current[root]
  if (!Object.hasOwn(types, type)) {
    const known = Object.keys(types).join(', ')
    throw badRequest(`body.type: there is no type ${type} of ${root}; there are ${known}.`)
  }
  const before = node.config.current[root][type]?.[name]
  const nowMs = node.nowMs()
  const value = {
    ...configured(body),
    created_at: before?.created_at ?? nowMs,
    last_modified_at: nowMs,
  }
  await turn.replace([root, type, name], value)
}

/**
 * The change of the configuration that removes one; a connector with its actions and sources.
 * @throws ApiError 400 when others still need it
 */
function removalOf(
  context: ManagementContext,
  root: IntegrationRoot,
  entry: Entry,
  alsoUsers: boolean,
): Readonly<Record<string, unknown>> {
  const { type, name } = entry
  const { actions, sources } = partsOf(context, root, entry)
  if (root === 'connectors' && !alsoUsers && actions.length + sources.length > 0) {
    const users = [
      ...actions.map((one) => `actions ${one}`),
      ...sources.map((one) => `sources ${one}`),
    ]
    throw badRequest(`The connector is in use by ${users.join(', ')}: remove these first.`)
  }
  const needing = rulesUsing(context, type, alsoUsers ? [] : actions, sources)
  if (needing.length > 0) {
    throw badRequest(`It is in use by the rules ${needing.join(', ')}: change these first.`)
  }
  const connectors = root === 'connectors' ? [name] : []
  const gone = Object.entries({ connectors, actions, sources }).flatMap(([key, names]) => {
    // Not every type is of every kind.
    if (names.length === 0) return []
    return [[key, { [type]: Object.fromEntries(names.map((one) => [one, null])) }] as const]
  })
  const rules = rulesWithout(context, type, actions)
  return { rule_engine: { rules }, ...Object.fromEntries(gone) }
}

/** The rules that use actions, without these. */
function rulesWithout(
  context: ManagementContext,
  type: string,
  names: readonly string[],
): Readonly<Record<string, { readonly actions: readonly unknown[] }>> {
  const gone = names.map((name) => idOf({ type, name }))
  const changes = rulesUsing(context, type, names, []).map((rule) => {
    const actions = context.node.config.shown(['rule_engine', 'rules', rule, 'actions'])
    const others = (Array.isArray(actions) ? actions : []).filter((action: unknown) => {
      return !gone.includes(String((action as { action?: unknown }).action))
    })
    return [rule, { actions: others }] as const
  })
  return Object.fromEntries(changes)
}

/** Names of the actions and sources of a connector; of what is no connector its own. */
function partsOf(context: ManagementContext, root: IntegrationRoot, entry: Entry) {
  const of = (kind: UserRoot): readonly string[] => {
    if (root === 'connectors') return namesUsing(context, kind, idOf(entry))
    return root === kind ? [entry.name] : []
  }
  return { actions: of('actions'), sources: of('sources') }
}

function namesUsing(
  context: ManagementContext,
  root: UserRoot,
  connector: string,
): readonly string[] {
  return entriesOf(context, root)
    .filter(({ type, fields }) => `${type}:${String(fields['connector'])}` === connector)
    .map(({ name }) => name)
}

/** Rules that send to one of the actions, or read one of the sources. */
function rulesUsing(
  { node }: ManagementContext,
  type: string,
  actions: readonly string[],
  sources: readonly string[],
): string[] {
  const isSource = (read: string): boolean =>
    /^\$(?:bridges|sources)\//.test(read) &&
    sources.some((name) => read.endsWith(`/${idOf({ type, name })}`))
  return node.rules
    .list()
    .filter((rule) => {
      const sends = actions.some((name) => rule.actions.includes(idOf({ type, name })))
      return sends || (sources.length > 0 && node.rules.sourcesOf(rule).some(isSource))
    })
    .map(({ id }) => id)
}

/** @throws ApiError 400 that says why it cannot be connected */
async function start(
  context: ManagementContext,
  root: IntegrationRoot,
  { id, operation }: { readonly id: string; readonly operation: string },
): Promise<void> {
  const { integrations } = context.node
  const entry = requireEntry(context, root, id)
  if (operation !== 'start') throw badRequest(`params.operation: ${operation} is not start.`)
  await integrations.start({ kind: KINDS[root], type: entry.type, name: entry.name })
  const state = stateOf(await integrations.read(), root, entry)
  if (state?.status.status === 'disconnected') throw badRequest(state.status.reason)
}

function stateOf(
  states: readonly IntegrationState[],
  root: IntegrationRoot,
  { type, name }: Entry,
): IntegrationState | undefined {
  return states.find((one) => {
    return one.kind === KINDS[root] && one.type === type && one.name === name
  })
}

async function toInfo(context: ManagementContext, root: IntegrationRoot, entry: Entry) {
  return infoOf(context, root, entry, await context.node.integrations.read())
}

function infoOf(
  context: ManagementContext,
  root: IntegrationRoot,
  entry: Entry,
  states: readonly IntegrationState[],
): IntegrationInfo {
  const { type, name, fields } = entry
  const { status, reason } = stateOf(states, root, entry)?.status ?? NOT_THERE
  const { actions, sources } = partsOf(context, root, entry)
  const rules = rulesUsing(context, entry.type, actions, sources)
  const users = root === 'connectors' ? { actions, sources, rules } : { rules }
  return {
    type,
    name,
    ...fields,
    ...users,
    created_at: formatTime(Number(fields['created_at'])),
    last_modified_at: formatTime(Number(fields['last_modified_at'])),
    status,
    status_reason: reason,
    node_status: [{ node: context.node.name, status, status_reason: reason }],
  } as unknown as IntegrationInfo // `fields` has what every entry has.
}

const NOT_THERE = { status: 'disconnected', reason: 'it does not run yet' } as const

function summaryOf(info: IntegrationInfo): IntegrationSummary {
  const { type, name, enable, description, tags, rules, ...rest } = info
  const { created_at, last_modified_at, status, status_reason, node_status } = rest
  const times = { created_at, last_modified_at }
  return {
    type,
    name,
    enable,
    description,
    tags,
    rules,
    ...times,
    status,
    status_reason,
    node_status,
  }
}
