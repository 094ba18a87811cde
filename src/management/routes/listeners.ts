import {
  createListener,
  deleteListener,
  getListener,
  getListenersStatus,
  LISTENER_TYPES,
  listListeners,
  restartListener,
  startListener,
  stopListener,
  updateListener,
} from '../contract/listeners.ts'
import type { ManagementContext } from '../context.ts'
import { viewCertificate } from '../certificate-view.ts'
import { badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import type { NodePort } from '../node-port.ts'

type ListenerType = (typeof LISTENER_TYPES)[number]

/** A listener as the configuration has it. */
interface Configured {
  readonly id: string
  readonly type: ListenerType
  readonly name: string
  readonly fields: Readonly<Record<string, unknown>> & {
    readonly enable: boolean
    readonly bind: string
    readonly zone: string
    readonly acceptors: number
    readonly max_connections: number | 'infinity'
    readonly ssl_options?: { readonly certfile?: string }
  }
}

/** What a reader of a listener gets beside its configuration, and may send back. */
const NOT_CONFIGURED: ReadonlySet<string> = new Set([
  'id',
  'type',
  'name',
  'running',
  'current_connections',
])

/** Listeners, while the node runs. A change is kept: it holds after a restart as well. */
export function listenerRoutes(context: ManagementContext): readonly Route[] {
  const { configChanges } = context
  return [
    route(listListeners, ({ query }) => {
      const wanted = allConfigured(context).filter(({ type }) => {
        return query.type === undefined || query.type === type
      })
      return ok(wanted.map((listener) => toSummary(context, listener)))
    }),
    route(getListenersStatus, () => ok(statusByType(context))),
    route(getListener, ({ params }) => ok(toBody(context, requireListener(context, params.id)))),
    route(createListener, async ({ body }) => {
      const { type, name } = body
      const id = `${type}:${name}`
      await configChanges.inTurn((turn) => {
        if (findListener(context, id) !== undefined) {
          throw conflict(`There is a listener ${id} already.`, 'ALREADY_EXISTS')
        }
        return turn.set(['listeners', type, name], withoutState(body))
      })
      return ok(toBody(context, requireListener(context, id)))
    }),
    route(updateListener, async ({ params, body }) => {
      await configChanges.inTurn((turn) => {
        return turn.set(pathOf(requireListener(context, params.id)), withoutState(body))
      })
      return ok(toBody(context, requireListener(context, params.id)))
    }),
    route(deleteListener, async ({ params }) => {
      await configChanges.inTurn((turn) => {
        return turn.set(pathOf(requireListener(context, params.id)), null)
      })
      return noContent()
    }),
    ...switchRoutes(context),
  ]
}

function switchRoutes(context: ManagementContext): readonly Route[] {
  const { node, configChanges } = context
  return [
    route(startListener, async ({ params }) => {
      await configChanges.inTurn(async (turn) => {
        const listener = requireListener(context, params.id)
        await turn.set(pathOf(listener), { enable: true })
        if (!isRunning(context, listener.id)) await open(node, listener.id)
      })
      return ok(undefined)
    }),
    route(stopListener, async ({ params }) => {
      await configChanges.inTurn((turn) => {
        return turn.set(pathOf(requireListener(context, params.id)), { enable: false })
      })
      return ok(undefined)
    }),
    route(restartListener, async ({ params }) => {
      await configChanges.inTurn(async (turn) => {
        const listener = requireListener(context, params.id)
        await turn.set(pathOf(listener), { enable: true })
        // Broken certificates are found before its clients are sent away.
        if (isRunning(context, listener.id)) await open(node, listener.id, 'update')
        await node.listeners.stop(listener.id)
        await open(node, listener.id)
      })
      return ok(undefined)
    }),
  ]
}

function pathOf({ type, name }: Configured): readonly string[] {
  return ['listeners', type, name]
}

async function open(
  { listeners, config }: NodePort,
  id: string,
  how: 'start' | 'update' = 'start',
): Promise<void> {
  try {
    await listeners[how](config.current, id)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badRequest(`The listener cannot be started: ${reason}`)
  }
}

function withoutState(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !NOT_CONFIGURED.has(key)))
}

function allConfigured({ node }: ManagementContext): readonly Configured[] {
  return LISTENER_TYPES.flatMap((type) => {
    // The configuration is of this form.
    const named = (node.config.shown(['listeners', type]) ?? {}) as Readonly<
      Record<string, Configured['fields']>
    >
    return Object.entries(named).map(([name, fields]) => {
      return { id: `${type}:${name}`, type, name, fields }
    })
  })
}

function findListener(context: ManagementContext, id: string): Configured | undefined {
  return allConfigured(context).find((listener) => listener.id === id)
}

function requireListener(context: ManagementContext, id: string): Configured {
  const listener = findListener(context, id)
  if (listener === undefined) throw notFound(`There is no listener ${id}.`)
  return listener
}

function isRunning({ node }: ManagementContext, id: string): boolean {
  return node.listeners.running().some((running) => running.id === id)
}

function statusOf({ node }: ManagementContext, { id, fields }: Configured) {
  const running = node.listeners.running().find((one) => one.id === id)
  return {
    running: running !== undefined,
    max_connections: fields.max_connections,
    current_connections: running?.connections ?? 0,
  }
}

function toSummary(context: ManagementContext, listener: Configured) {
  const { id, type, name, fields } = listener
  const { enable, bind, zone, acceptors } = fields
  const status = statusOf(context, listener)
  const nodes = [{ node: context.node.name, status }]
  const isTls = type === 'ssl' || type === 'wss'
  const certfile = fields.ssl_options?.certfile
  return {
    id,
    type,
    name,
    enable,
    bind,
    zone,
    acceptors,
    number: 1,
    status,
    node_status: nodes,
    ...(isTls && { certificate: viewCertificate(certfile, context.node.dataDir) }),
  }
}

function toBody(context: ManagementContext, listener: Configured) {
  const { id, type, name, fields } = listener
  const { running, current_connections: connections } = statusOf(context, listener)
  return { id, type, name, ...fields, running, current_connections: connections }
}

function statusByType(context: ManagementContext) {
  const all = allConfigured(context)
  return LISTENER_TYPES.flatMap((type) => {
    const ofType = all.filter((listener) => listener.type === type)
    if (ofType.length === 0) return []
    const states = ofType.map((listener) => statusOf(context, listener))
    const limits = states.map(({ max_connections: limit }) =>
      limit === 'infinity' ? Infinity : limit,
    )
    const limit = limits.reduce((sum, one) => sum + one, 0)
    const status = {
      running: states.every(({ running }) => running),
      max_connections: limit === Infinity ? ('infinity' as const) : limit,
      current_connections: states.reduce((sum, one) => sum + one.current_connections, 0),
    }
    return {
      type,
      enable: ofType.some(({ fields }) => fields.enable),
      ids: ofType.map(({ id }) => id),
      status,
      node_status: [{ node: context.node.name, status }],
    }
  })
}
