import { REDACTED } from './encode.ts'
import type { Plain } from './hocon/value.ts'

type PlainObject = { readonly [key: string]: Plain }

/** Keys that tell items of a list apart, wherever they stand. */
const NAMING_KEYS = ['mechanism', 'backend', 'type', 'name'] as const

/**
 * Puts back what is hidden: a value shown as `******` stands for the one that there is. Items of
 * lists that have names are found by them, others by their place.
 * @param problem makes the error for a place where there is nothing to put back
 */
export function keepSecrets(
  value: Plain,
  present: Plain | undefined,
  path: readonly string[],
  problem: (path: readonly string[]) => Error,
): Plain {
  if (value === REDACTED) {
    if (present !== undefined) return present
    throw problem(path)
  }
  if (Array.isArray(value)) {
    const items: readonly Plain[] = Array.isArray(present) ? present : []
    return value.map((item: Plain, index) => {
      return keepSecrets(item, counterpart(item, items, index), [...path, String(index)], problem)
    })
  }
  if (!isObject(value)) return value
  const before = isObject(present) ? present : {}
  const entries = Object.entries(value).map(([key, part]) => {
    return [key, keepSecrets(part, before[key], [...path, key], problem)] as const
  })
  return Object.fromEntries(entries)
}

function counterpart(item: Plain, items: readonly Plain[], index: number): Plain | undefined {
  if (!isObject(item) || !NAMING_KEYS.some((key) => item[key] !== undefined)) return items[index]
  return items.find((other) => {
    return isObject(other) && NAMING_KEYS.every((key) => item[key] === other[key])
  })
}

function isObject(value: Plain | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
