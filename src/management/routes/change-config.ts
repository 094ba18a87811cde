import type { Plain } from '#config/hocon/value.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { ConfigRefusal } from '../config-port.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, conflict } from '../http/api-error.ts'

/**
 * Changes a part of the configuration that a request has brought.
 * @throws ApiError 400 with every problem and its place in the body, 409 for what the environment
 * decides
 */
export function changeConfig(
  { node }: ManagementContext,
  path: readonly string[],
  value: unknown,
): TidewayConfig {
  try {
    return node.config.change(path, value as Plain) // Came as JSON.
  } catch (error) {
    if (!(error instanceof ConfigRefusal)) throw error
    if (error.kind === 'pinned') throw conflict(`${error.message}.`)
    const prefix = path.join('.')
    const problems = error.problems.map((problem) => {
      return problem.startsWith(prefix) ? `body${problem.slice(prefix.length)}` : problem
    })
    throw badRequest(`${problems.join('; ')}.`)
  }
}
