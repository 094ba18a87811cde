import { type ConfigEdit, type ConfigPlan, ConfigRefusal } from '../config-port.ts'
import { badRequest, conflict } from '../http/api-error.ts'
import type { NodePort } from '../node-port.ts'

/**
 * What an edit that a request has brought would do.
 * @param path of what the body is about
 * @throws ApiError 400 with every problem and its place in the body, 409 for what the environment
 * decides
 */
export function planConfig(
  { node }: { readonly node: Pick<NodePort, 'config'> },
  path: readonly string[],
  edit: ConfigEdit,
): ConfigPlan {
  try {
    return node.config.plan(edit)
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
 * What is to be set so that a value takes the place of another one: objects are merged, so that
 * what the value lacks is null, however deep.
 */
export function replacing(before: unknown, value: unknown): unknown {
  if (!isGroup(before) || !isGroup(value)) return value
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(value, key))
  const kept = Object.entries(value).map(([key, part]) => [key, replacing(before[key], part)])
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...Object.fromEntries(kept) }
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
