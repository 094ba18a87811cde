import type { Change } from '#config/diff.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { ConfigPlan } from '../config-port.ts'
import { badRequest } from '../http/api-error.ts'
import type { NodePort } from '../node-port.ts'
import { watchSlow } from '../observe/watch-slow.ts'
import type { Shards } from '../shards.ts'

/** What changes of the configuration need. */
export interface ConfigParts {
  readonly node: NodePort
  readonly shards: Shards
}

/**
 * Has the running node obey what was planned, as far as that is possible without a restart, and
 * then keeps it. What cannot run, or cannot be kept, is taken back.
 * @throws ApiError 400 when a listener or a part cannot run; nothing has changed then
 */
export async function applyConfig(parts: ConfigParts, plan: ConfigPlan): Promise<void> {
  const { node } = parts
  if (plan.changes.length === 0 && plan.text === node.config.snapshot()) return
  const listeners = changedListeners(plan.changes)
  const running = new Set(node.listeners.running().map(({ id }) => id))
  try {
    if (plan.changes.length > 0) await obey(parts, plan.config)
    for (const [id, how] of listeners) await follow(node, plan.config, id, how)
    node.config.commit(plan)
  } catch (error) {
    await takeBack(parts, listeners, running)
    throw error
  }
}

async function obey({ node, shards }: ConfigParts, config: TidewayConfig): Promise<void> {
  try {
    await node.configure(config)
    await watchSlow(shards, config)
  } catch (error) {
    throw badRequest(`The change cannot work: ${reasonOf(error).replace(/\.$/, '')}.`)
  }
}

/** Gives the configuration back that holds. What fails of that keeps nothing else from it. */
async function takeBack(
  { node, shards }: ConfigParts,
  listeners: ReadonlyMap<string, Following>,
  running: ReadonlySet<string>,
): Promise<void> {
  const { current } = node.config
  const steps = [
    () => node.configure(current),
    () => watchSlow(shards, current),
    ...[...listeners].map(([id, how]) => async () => {
      if (how === 'update') return follow(node, current, id, how)
      await node.listeners.stop(id)
      return running.has(id) ? node.listeners.start(current, id) : undefined
    }),
  ]
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      node.log.error('config_not_taken_back', { reason: reasonOf(error) })
    }
  }
}

/** How a listener comes to obey a change: with another socket, or with the one that it has. */
type Following = 'restart' | 'update'

/** Keys of a listener that are obeyed elsewhere. */
const HELD_ELSEWHERE: ReadonlySet<string | undefined> = new Set(['authentication', 'enable_authn'])

function changedListeners(changes: readonly Change[]): ReadonlyMap<string, Following> {
  const listeners = new Map<string, Following>()
  for (const { path, hot } of changes) {
    const [root, type, name, key] = path
    if (root !== 'listeners' || name === undefined || HELD_ELSEWHERE.has(key)) continue
    const id = `${type}:${name}`
    const needsSocket = key === undefined || key === 'enable' || hot === 'restart-listener'
    if (needsSocket) listeners.set(id, 'restart')
    else if (!listeners.has(id)) listeners.set(id, 'update')
  }
  return listeners
}

/** Has a listener run as the configuration says. */
async function follow(
  { listeners }: NodePort,
  config: TidewayConfig,
  id: string,
  how: Following,
): Promise<void> {
  const isRunning = listeners.running().some((one) => one.id === id)
  try {
    if (how === 'update') {
      if (isRunning) await listeners.update(config, id)
      return
    }
    await listeners.stop(id)
    if (isEnabled(config, id)) await listeners.start(config, id)
  } catch (error) {
    throw badRequest(`The listener ${id} cannot be started: ${reasonOf(error)}`)
  }
}

function isEnabled(config: TidewayConfig, id: string): boolean {
  const at = id.indexOf(':')
  const types: Readonly<Record<string, Readonly<Record<string, { readonly enable: boolean }>>>> =
    config.listeners
  return types[id.slice(0, at)]?.[id.slice(at + 1)]?.enable === true
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
