import { linkName } from '#access/authentication/shard-authentication.ts'
import type { Plain } from '#config/hocon/value.ts'
import { globalChain, listenerChain } from '../contract/authentication.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, conflict } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { backendState, OFF, rateFields, resourceMetrics } from './backend-state.ts'
import { indexOf, moved, ordered, type PlainItem } from './config-list.ts'
import { authenticationUserRoutes } from './authentication-users.ts'
import {
  AUTHENTICATORS,
  chainOf,
  type ConfiguredChain,
  findUserOwner,
  idOf,
  itemsOf,
  requireItem,
} from './configured-chain.ts'

/** Authenticators, while the node runs: clients that connect from now on meet the new chain. */
export function authenticationRoutes(context: ManagementContext): readonly Route[] {
  return [globalChain, listenerChain].flatMap((operations) => [
    ...chainRoutes(context, operations as typeof globalChain), // They differ in their paths.
    ...authenticationUserRoutes(context, operations as typeof globalChain),
  ])
}

type Operations = typeof globalChain

function chainRoutes(context: ManagementContext, operations: Operations): readonly Route[] {
  return [
    route(operations.list, ({ params }) => {
      return ok(itemsOf(context, chainOf(context, params)).map(toBody))
    }),
    route(operations.create, async ({ params, body }) => {
      const chain = chainOf(context, params)
      const item = toItem(body)
      await change(context, chain, {
        itemsOf: (items) => {
          if (items.some((one) => idOf(one) === idOf(item))) {
            throw conflict(`There is an authenticator ${idOf(item)} already.`, 'ALREADY_EXISTS')
          }
          return [...items, item]
        },
        bodyIndexOf: (items) => items.length - 1,
      })
      return ok(toBody(requireItem(context, chain, idOf(item))))
    }),
    route(operations.get, ({ params }) => {
      return ok(toBody(requireItem(context, chainOf(context, params), params.id)))
    }),
    route(operations.update, async ({ params, body }) => {
      const item = toItem(body)
      requireItem(context, chainOf(context, params), params.id)
      if (idOf(item) !== params.id) {
        throw badRequest(`body: mechanism and backend must be those of ${params.id}.`)
      }
      await change(context, chainOf(context, params), {
        itemsOf: (items) => items.with(indexOf(AUTHENTICATORS, items, params.id), item),
        bodyIndexOf: (items) => indexOf(AUTHENTICATORS, items, params.id),
      })
      return noContent()
    }),
    route(operations.remove, async ({ params }) => {
      const chain = chainOf(context, params)
      const owner = findUserOwner(context, chain, params.id)
      await change(context, chain, {
        itemsOf: (items) => items.toSpliced(indexOf(AUTHENTICATORS, items, params.id), 1),
      })
      if (owner !== undefined) await context.node.authenticationUsers.removeAll(owner)
      return noContent()
    }),
    ...orderRoutes(context, operations),
    route(operations.status, async ({ params }) => {
      const chain = chainOf(context, params)
      return ok(await authenticatorState(context, chain, requireItem(context, chain, params.id)))
    }),
  ]
}

function orderRoutes(context: ManagementContext, operations: Operations): readonly Route[] {
  return [
    route(operations.move, async ({ params }) => {
      await change(context, chainOf(context, params), {
        itemsOf: (items) => moved(AUTHENTICATORS, items, params.id, params.position),
      })
      return noContent()
    }),
    route(operations.order, async ({ params, body }) => {
      const ids = body.map(({ id }) => id)
      await change(context, chainOf(context, params), {
        itemsOf: (items) => ordered(AUTHENTICATORS, items, ids),
      })
      return noContent()
    }),
  ]
}

interface ChainChange {
  readonly itemsOf: (items: readonly PlainItem[]) => readonly PlainItem[]
  /** Which of the changed items the body of the request is. */
  readonly bodyIndexOf?: (items: readonly PlainItem[]) => number
}

function change(
  context: ManagementContext,
  chain: ConfiguredChain,
  { itemsOf: changed, bodyIndexOf }: ChainChange,
): Promise<void> {
  return context.configChanges.inTurn((turn) => {
    const items = changed(itemsOf(context, chain))
    const index = bodyIndexOf === undefined ? [] : [String(bodyIndexOf(items))]
    return turn.set(chain.path, items, [...chain.path, ...index])
  })
}

function toBody(item: PlainItem) {
  return { id: idOf(item), ...item }
}

function toItem(body: Readonly<Record<string, unknown>>): PlainItem {
  const { id: _id, ...item } = body
  return item as { readonly [key: string]: Plain } // Came as JSON.
}

/** How an authenticator is doing, with its numbers. */
export async function authenticatorState(
  context: ManagementContext,
  chain: ConfiguredChain,
  item: PlainItem,
) {
  const { node } = context
  const name = linkName(chain.name, idOf(item))
  const { accessStates } = node
  const reports = await accessStates.reports()
  const states = reports.flatMap(({ authenticators }) => {
    return authenticators.filter((report) => report.name === name)
  })
  const state = backendState(node.name, item['enable'] === false ? OFF : states)
  const none = { total: 0, success: 0, failed: 0, nomatch: 0, latency: [] }
  const { total, success, failed, nomatch, latency } = accessStates.numbers(name) ?? none
  const rates = rateFields(accessStates.rateOf('authenticator', name))
  const metrics = { total, success, failed, nomatch, ...rates, latency: [...latency] }
  const backendRate = accessStates.rateOf('authenticator backend', name)
  return {
    ...state,
    metrics,
    node_metrics: [{ node: node.name, metrics }],
    ...resourceMetrics(node.name, states, backendRate),
  }
}
