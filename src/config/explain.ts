/** What there is to know of each key of a configuration: value, origin, effect. */
import { redact } from './encode.ts'
import type { FieldSpec, Hot, RawValue } from './field.ts'
import type { Plain } from './hocon/value.ts'
import type { Origin } from './load.ts'
import { type TidewayConfig, tidewayFields } from './tideway-config.ts'

/** One key. Values are in written form, secrets hidden. */
export interface ExplainedKey {
  readonly path: readonly string[]
  /** Undefined for a key without value. */
  readonly value: Plain | undefined
  readonly default: RawValue | undefined
  readonly origin: Origin
  /** When a change takes effect. */
  readonly hot: Hot
  readonly text: string
}

/**
 * Every key at and below a path that holds a value and no further keys; lists are taken as a
 * whole, and a map without entries is a value. Empty when there is nothing at the path.
 */
export function explainKeys(
  config: TidewayConfig,
  originOf: (path: readonly string[]) => Origin,
  below: readonly string[],
): readonly ExplainedKey[] {
  const keys: ExplainedKey[] = []
  const visit = (field: FieldSpec, value: Plain | undefined, path: string[], above: Hot): void => {
    const hot = field.hot ?? above
    const isGroup = field.kind === 'object' || field.kind === 'map'
    const isEmptyMap = field.kind === 'map' && Object.keys(value ?? {}).length === 0
    if (!isGroup || isEmptyMap || (value !== undefined && !isObject(value))) {
      if (!isBelow(path, below)) return
      const { text } = field
      keys.push({ path, value, default: field.default, origin: originOf(path), hot, text })
      return
    }
    const parts: Readonly<Record<string, Plain>> = value ?? {}
    for (const key of Object.keys(field.kind === 'object' ? field.fields : parts)) {
      const child = field.kind === 'object' ? field.fields[key] : field.value
      if (child === undefined) continue
      if (isOnTheWay([...path, key], below)) visit(child, parts[key], [...path, key], hot)
    }
  }
  visit(tidewayFields, redact(tidewayFields, config), [], 'restart-node')
  return keys
}

function isObject(value: Plain): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBelow(path: readonly string[], below: readonly string[]): boolean {
  return path.length >= below.length && isOnTheWay(path, below)
}

/** Whether one path begins with the other. */
function isOnTheWay(path: readonly string[], below: readonly string[]): boolean {
  const length = Math.min(path.length, below.length)
  return below.slice(0, length).every((key, index) => key === path[index])
}
