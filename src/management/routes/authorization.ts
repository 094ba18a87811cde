import { noMatchOf } from '#access/authorization/client-authorization.ts'
import type { SourceCounts } from '#access/authorization/source-chain.ts'
import {
  clearAuthorizationCache,
  createSource,
  deleteSource,
  getAuthorizationSettings,
  getSource,
  getSourceStatus,
  listSources,
  moveSource,
  orderSources,
  putAuthorizationSettings,
  updateSource,
} from '../contract/authorization.ts'
import type { ConfigTurn } from '../config/config-changes.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, conflict } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { AclStore } from './acl-store.ts'
import { backendState, OFF, rateFields, resourceMetrics } from './backend-state.ts'
import { indexOf, moved, type NamedList, ordered, type PlainItem, textOf } from './config-list.ts'

const PATH = ['authorization', 'sources'] as const
const LIST: NamedList = { what: 'source', nameOf: ({ type }) => textOf(type) }

/** Sources of authorization, while the node runs, for connected clients too. */
export function authorizationRoutes(context: ManagementContext): readonly Route[] {
  const { node, configChanges } = context
  const acl = new AclStore(node.dataDir)
  const change: Change = (turn, changed, bodyIndexOf) => {
    const items = changed(sourcesOf(context))
    const index = bodyIndexOf === undefined ? [] : [String(bodyIndexOf(items))]
    return turn.set(PATH, items, [...PATH, ...index])
  }
  return [
    route(listSources, () => ok({ sources: sourcesOf(context).map((item) => acl.shown(item)) })),
    route(createSource, async ({ body }) => {
      await configChanges.inTurn((turn) => {
        return acl.taking(body, node, (item) => {
          return change(
            turn,
            (items) => withOne(items, item),
            (items) => items.length - 1,
          )
        })
      })
      return noContent()
    }),
    route(getSource, ({ params }) => ok(acl.shown(requireSource(context, params.type)))),
    route(updateSource, async ({ params: { type }, body }) => {
      await configChanges.inTurn((turn) => {
        const present = requireSource(context, type)
        if (body.type !== type) throw badRequest(`body.type must be ${type}.`)
        return acl.taking(body, node, (item) => {
          const isKept = type === 'file' && item['path'] === undefined
          const kept = isKept ? { path: present['path'] } : {}
          return change(
            turn,
            (items) => items.with(indexOf(LIST, items, type), { ...kept, ...item } as PlainItem),
            (items) => indexOf(LIST, items, type),
          )
        })
      })
      return noContent()
    }),
    route(deleteSource, async ({ params: { type } }) => {
      await configChanges.inTurn((turn) => {
        return change(turn, (items) => items.toSpliced(indexOf(LIST, items, type), 1))
      })
      return noContent()
    }),
    route(moveSource, async ({ params: { type }, body: { position } }) => {
      await configChanges.inTurn((turn) => {
        return change(turn, (items) => moved(LIST, items, type, position))
      })
      return noContent()
    }),
    route(orderSources, async ({ body }) => {
      const types = body.map(({ type }) => type)
      await configChanges.inTurn((turn) => {
        return change(turn, (items) => ordered(LIST, items, types))
      })
      return noContent()
    }),
    route(getSourceStatus, async ({ params: { type } }) => {
      return ok(await sourceState(context, requireSource(context, type)))
    }),
    ...settingsRoutes(context),
  ]
}

/** Changes the sources when it is the turn of that, and says which of them the body is about. */
type Change = (
  turn: ConfigTurn,
  changed: (items: readonly PlainItem[]) => readonly PlainItem[],
  bodyIndexOf?: (items: readonly PlainItem[]) => number,
) => Promise<void>

/** @throws ApiError 409 when there is one of its type */
function withOne(items: readonly PlainItem[], item: PlainItem): readonly PlainItem[] {
  if (items.some(({ type }) => type === item['type'])) {
    throw conflict(`There is a source ${textOf(item['type'])} already.`, 'ALREADY_EXISTS')
  }
  return [...items, item]
}

function settingsRoutes(context: ManagementContext): readonly Route[] {
  const { node, configChanges } = context
  return [
    route(getAuthorizationSettings, () => ok(settingsOf(context))),
    route(putAuthorizationSettings, async ({ body }) => {
      await configChanges.inTurn((turn) => turn.set(['authorization'], body))
      return ok(settingsOf(context))
    }),
    route(clearAuthorizationCache, async () => {
      await node.access.forgetDecisions()
      return noContent()
    }),
  ]
}

function settingsOf({ node }: ManagementContext) {
  const { authorization } = node.config.current
  const cache = node.config.shown(['authorization', 'cache']) as {
    // As it is described.
    readonly enable: boolean
    readonly max_size: number
    readonly ttl: string
    readonly excludes: string[]
  }
  return {
    no_match: noMatchOf(authorization),
    deny_action: authorization.deny_action,
    cache,
  }
}

/** The sources, secrets hidden. */
export function sourcesOf({ node }: ManagementContext): readonly PlainItem[] {
  return (node.config.shown(PATH) ?? []) as readonly PlainItem[] // A list of groups.
}

function requireSource(context: ManagementContext, type: string): PlainItem {
  const items = sourcesOf(context)
  return items[indexOf(LIST, items, type)] ?? {}
}

/** How a source of rules is doing, with its numbers. */
export async function sourceState({ node }: ManagementContext, item: PlainItem) {
  const type = item['type'] as string // Every source has one.
  const { accessStates } = node
  const reports = await accessStates.reports()
  const states = reports.flatMap(({ sources }) => sources.filter((source) => source.type === type))
  const sumOf = (name: keyof SourceCounts): number =>
    states.reduce((sum, { counts }) => sum + counts[name], 0)
  const metrics = {
    total: sumOf('total'),
    allow: sumOf('allow'),
    deny: sumOf('deny'),
    ignore: sumOf('ignore'),
    nomatch: sumOf('ignore'),
    failed: sumOf('failed'),
    ...rateFields(accessStates.rateOf('source', type)),
  }
  const state = backendState(node.name, item['enable'] === false ? OFF : states)
  const backendRate = accessStates.rateOf('source backend', type)
  return {
    ...state,
    metrics,
    node_metrics: [{ node: node.name, metrics }],
    ...resourceMetrics(node.name, states, backendRate),
  }
}
