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
 * Makes what was planned the configuration and has the running node obey it, as far as that is
 * possible without a restart. What cannot run gives the former configuration back.
 * @throws ApiError 400 when a listener or a part cannot run; nothing has changed then
 */
export async function applyConfig(parts: ConfigParts, plan: ConfigPlan): Promise<void> {
  const { node } = parts
  if (plan.changes.length === 0) return
  const before = node.config.snapshot()
  const listeners = changedListeners(plan.changes)
  const running = new Set(node.listeners.running().map(({ id }) => id))
  node.config.commit(plan)
  try {
    await restart(parts, plan.config, listeners)
    await obey(node, plan.config)
  } catch (error) {
    const restored = node.config.restore(before)
    await node.configure(restored)
    await restart(
      parts,
      restored,
      listeners.filter((id) => running.has(id)),
    )
    throw error
  }
  if (plan.changes.some(({ path }) => path[0] === 'slow_subs')) {
    await watchSlow(parts.shards, plan.config)
  }
}

async function obey(node: NodePort, config: TidewayConfig): Promise<void> {
  try {
    await node.configure(config)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw badRequest(`The change cannot work: ${reason}.`)
  }
}

/** Keys of a listener that hold for its next clients without a restart. */
const HELD_ELSEWHERE: ReadonlySet<string | undefined> = new Set(['authentication', 'enable_authn'])

function changedListeners(changes: readonly Change[]): readonly string[] {
  const ids = changes.flatMap(({ path: [root, type, name, key] }) => {
    if (root !== 'listeners' || name === undefined || HELD_ELSEWHERE.has(key)) return []
    return [`${type}:${name}`]
  })
  return [...new Set(ids)]
}

/** Has listeners run as the configuration says. */
async function restart(
  { node }: ConfigParts,
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
