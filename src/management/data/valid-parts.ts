import type { Plain } from '#config/hocon/value.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { fieldAt } from '#config/walk.ts'
import { ConfigRefusal } from '../config-port.ts'
import { badRequest } from '../http/api-error.ts'
import { isGroup, type Written } from './written.ts'

/** What of a configuration can be taken over. */
export interface ValidParts {
  readonly config: Written
  /** Why the rest cannot. */
  readonly warnings: readonly string[]
}

type Path = readonly string[]

/** What is left out may make something else invalid: an action needs its connector. */
const ROUNDS_MAX = 100

/**
 * Leaves out what is not valid here, and no more than that: keys that are not known, entries of
 * maps and lists (a connector, a rule, a listener), or whole roots.
 * @param plan throws a `ConfigRefusal` for what is not valid
 * @throws ApiError 400 when nothing that could be left out is at fault
 */
export function validParts(plan: (config: Written) => void, written: Written): ValidParts {
  const warnings: string[] = []
  let config = written
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const refusal = refusalOf(plan, config)
    if (refusal === undefined) return guarded(written, config, warnings)
    warnings.push(...refusal.problems)
    config = smaller(config, refusal)
  }
  throw badRequest(`cluster.hocon cannot be taken over: ${warnings.join('; ')}.`)
}

/** A source of authorization that was left out may have denied what the rest allows. */
function guarded(written: Written, config: Written, warnings: readonly string[]): ValidParts {
  const { authorization } = config
  if (!isGroup(authorization) || authorization['no_match'] === 'deny') return { config, warnings }
  if (sourceCount(written) === sourceCount(config)) return { config, warnings }
  return {
    config: { ...config, authorization: { ...authorization, no_match: 'deny' } },
    warnings: [
      ...warnings,
      'authorization.no_match is deny, as sources are left out that may have denied something',
    ],
  }
}

function sourceCount({ authorization }: Written): number {
  const sources = isGroup(authorization) ? authorization['sources'] : undefined
  return Array.isArray(sources) ? sources.length : 0
}

function refusalOf(plan: (config: Written) => void, config: Written): ConfigRefusal | undefined {
  try {
    plan(config)
    return undefined
  } catch (error) {
    if (error instanceof ConfigRefusal) return error
    throw error
  }
}

function smaller(config: Written, { kind, paths, message }: ConfigRefusal): Written {
  const ways: readonly ((path: Path) => Path)[] = [
    kind === 'pinned' ? (path) => path : unitOf,
    (path) => path.slice(0, 1),
  ]
  for (const way of ways) {
    const cuts = paths.map(way).filter((path) => path.length > 0)
    const left = without(config, cuts) as Written // A group without some of its keys.
    if (JSON.stringify(left) !== JSON.stringify(config)) return left
  }
  throw badRequest(`cluster.hocon cannot be taken over: ${message}.`)
}

/** What goes with a wrong value: the entry it belongs to. A key that is not known goes alone. */
function unitOf(path: Path): Path {
  if (fieldAt(tidewayFields, path) === undefined) return path
  for (let length = path.length; length > 1; length--) {
    const kind = fieldAt(tidewayFields, path.slice(0, length - 1))?.field.kind
    if (kind === 'map' || kind === 'list') return path.slice(0, length)
  }
  return path.slice(0, 1)
}

function without(value: Plain, cuts: readonly Path[]): Plain {
  const below = Map.groupBy(cuts, ([key]) => key)
  const keep = (key: string, part: Plain): readonly Plain[] => {
    const inside = below.get(key)?.map((path) => path.slice(1)) ?? []
    if (inside.length === 0) return [part]
    return inside.some((path) => path.length === 0) ? [] : [without(part, inside)]
  }
  if (Array.isArray(value)) return value.flatMap((part, at) => keep(String(at), part))
  if (!isGroup(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => keep(key, part).map((left) => [key, left])),
  )
}
