import type { Plain } from '#config/hocon/value.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { type ConfigEdit, type ConfigPlan, ConfigRefusal } from '../config-port.ts'
import { badRequest, conflict } from '../http/api-error.ts'
import type { NodePort } from '../node-port.ts'

/**
 * Changes a part of the configuration that a request has brought.
 * @throws ApiError 400 with every problem and its place in the body, 409 for what the environment
 * decides
 */
export function changeConfig(
  { node }: { readonly node: Pick<NodePort, 'config'> },
  path: readonly string[],
  value: unknown,
): TidewayConfig {
  // Came as JSON.
  return orRefuse(path, () => node.config.change(path, value as Plain))
}

/**
 * What an edit that a request has brought would do.
 * @param path of what the body is about
 * @throws ApiError as `changeConfig`
 */
export function planConfig(
  { node }: { readonly node: Pick<NodePort, 'config'> },
  path: readonly string[],
  edit: ConfigEdit,
): ConfigPlan {
  return orRefuse(path, () => node.config.plan(edit))
}

function orRefuse<Result>(path: readonly string[], attempt: () => Result): Result {
  try {
    return attempt()
  } catch (error) {
    if (!(error instanceof ConfigRefusal)) throw error
    if (error.kind === 'pinned') throw conflict(`${error.message}.`)
    const prefix = path.join('.')
    const problems = error.problems.map((problem) => {
      if (prefix === '') return `body: ${problem}`
      return problem.startsWith(prefix) ? `body${problem.slice(prefix.length)}` : problem
    })
    throw badRequest(`${problems.join('; ')}.`)
  }
}

/**
 * As `changeConfig`, but what the value lacks is taken away, however deep; for requests that bring
 * a thing as a whole.
 * @throws ApiError as `changeConfig`
 */
export function replaceConfig(
  context: { readonly node: Pick<NodePort, 'config'> },
  path: readonly string[],
  value: unknown,
): TidewayConfig {
  return changeConfig(context, path, withNulls(context.node.config.shown(path), value))
}

function withNulls(before: unknown, value: unknown): unknown {
  if (!isGroup(before) || !isGroup(value)) return value
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(value, key))
  const kept = Object.entries(value).map(([key, part]) => [key, withNulls(before[key], part)])
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(kept) }
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
