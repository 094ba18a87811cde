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
  const running = new Set(node.listeners.running().map(({ id }) => id))
  const listeners = changedListeners(plan.changes, running)
  const touched = new Map<string, Following>()
  try {
    if (plan.changes.length > 0) await obey(parts, plan.config)
    for (const step of stepsOf(listeners, (id) => isEnabled(plan.config, id))) {
      touched.set(step.id, step.how)
      await follow(node, plan.config, step)
    }
    node.config.commit(plan)
  } catch (error) {
    await takeBack(parts, touched, running)
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
  touched: ReadonlyMap<string, Following>,
  running: ReadonlySet<string>,
): Promise<void> {
  const { current } = node.config
  const steps = [
    () => node.configure(current),
    () => watchSlow(shards, current),
    ...stepsOf(touched, (id) => running.has(id)).map((step) => () => follow(node, current, step)),
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

/** Types of listeners whose options are made of keys outside of them as well. */
const REACH: Readonly<Record<string, readonly string[]>> = {
  mqtt: ['ws', 'wss'],
  zones: ['ws', 'wss'],
  psk_authentication: ['ssl', 'wss'],
}

function changedListeners(
  changes: readonly Change[],
  running: ReadonlySet<string>,
): ReadonlyMap<string, Following> {
  const listeners = new Map<string, Following>()
  for (const { path, hot } of changes) {
    const [root = '', type, name, key] = path
    const reached = [...running].filter((id) =>
      REACH[root]?.some((one) => id.startsWith(`${one}:`)),
    )
    for (const id of reached) if (!listeners.has(id)) listeners.set(id, 'update')
    if (root !== 'listeners' || name === undefined || HELD_ELSEWHERE.has(key)) continue
    const id = `${type}:${name}`
    const needsSocket = key === undefined || key === 'enable' || hot === 'restart-listener'
    if (needsSocket) listeners.set(id, 'restart')
    else if (!listeners.has(id)) listeners.set(id, 'update')
  }
  return listeners
}

/** A part of the way on which a listener comes to obey. */
interface Step {
  readonly id: string
  readonly how: Following
  readonly act: 'stop' | 'start' | 'update'
}

/**
 * What runs on gets its options first: broken certificates are found before anything is closed.
 * All are stopped before the first is started: one may get the port of another one.
 */
function stepsOf(
  listeners: ReadonlyMap<string, Following>,
  isToRun: (id: string) => boolean,
): readonly Step[] {
  const idsOf = (wanted: Following): readonly string[] =>
    [...listeners].filter(([, how]) => how === wanted).map(([id]) => id)
  const [restarted, updated] = [idsOf('restart'), idsOf('update')]
  return [
    ...restarted.filter(isToRun).map((id) => ({ id, how: 'update', act: 'update' }) as const),
    ...restarted.map((id) => ({ id, how: 'restart', act: 'stop' }) as const),
    ...restarted.filter(isToRun).map((id) => ({ id, how: 'restart', act: 'start' }) as const),
    ...updated.map((id) => ({ id, how: 'update', act: 'update' }) as const),
  ]
}

/** Has a listener do a step towards a configuration. */
async function follow(
  { listeners }: NodePort,
  config: TidewayConfig,
  { id, act }: Step,
): Promise<void> {
  try {
    if (act === 'stop') await listeners.stop(id)
    else if (act === 'start') await listeners.start(config, id)
    else if (listeners.running().some((one) => one.id === id)) await listeners.update(config, id)
  } catch (error) {
    const what = act === 'update' ? 'changed' : 'started'
    throw badRequest(`The listener ${id} cannot be ${what}: ${reasonOf(error)}`)
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
