import type { Change } from '#config/diff.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { ConfigPlan } from '../config-port.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest } from '../http/api-error.ts'
import { watchSlow } from '../observe/watch-slow.ts'

type Parts = Pick<ManagementContext, 'node' | 'shards'>

/**
 * Makes what was planned the configuration and has the running node obey it, as far as that is
 * possible without a restart. A listener that cannot run gives the former configuration back.
 * @throws ApiError 400 when a listener cannot be started; nothing has changed then
 */
export async function applyConfig(parts: Parts, plan: ConfigPlan): Promise<void> {
  const { node } = parts
  if (plan.changes.length === 0) return
  const before = node.config.snapshot()
  const listeners = changedListeners(plan.changes)
  const running = new Set(node.listeners.running().map(({ id }) => id))
  node.config.commit(plan)
  try {
    await restart(parts, plan.config, listeners)
  } catch (error) {
    const restored = node.config.restore(before)
    await restart(
      parts,
      restored,
      listeners.filter((id) => running.has(id)),
    )
    throw error
  }
  await node.configure(plan.config)
  if (plan.changes.some(({ path }) => path[0] === 'slow_subs')) {
    await watchSlow(parts.shards, plan.config)
  }
}

function changedListeners(changes: readonly Change[]): readonly string[] {
  const ids = changes.flatMap(({ path: [root, type, name] }) => {
    return root === 'listeners' && name !== undefined ? [`${type}:${name}`] : []
  })
  return [...new Set(ids)]
}

/** Has listeners run as the configuration says. */
async function restart(
  { node }: Parts,
  config: TidewayConfig,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    await node.listeners.stop(id)
    if (!isEnabled(config, id)) continue
    try {
      await node.listeners.start(config, id)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw badRequest(`The listener ${id} cannot be started: ${reason}`)
    }
  }
}

function isEnabled(config: TidewayConfig, id: string): boolean {
  const at = id.indexOf(':')
  const types: Readonly<Record<string, Readonly<Record<string, { readonly enable: boolean }>>>> =
    config.listeners
  return types[id.slice(0, at)]?.[id.slice(at + 1)]?.enable === true
}
