import { getKey, isList, isMap } from '#plugin/value.ts'
import type { Value, ValueMap } from '#plugin/value.ts'

/** Kinds of values in their order: a number is less than a symbol, a symbol less than a map. */
const Rank = { NUMBER: 0, SYMBOL: 1, MAP: 2, LIST: 3, TEXT: 4 } as const

/**
 * Order of any two values: negative, zero or positive. Numbers of all kinds compare by size, then
 * come symbols (`false`, `null`, `true`, `undefined`, by their names), maps (by number of keys,
 * keys, values), lists (element by element), text and bytes.
 */
export function compareValues(left: Value, right: Value): number {
  const rank = rankOf(left)
  const otherRank = rankOf(right)
  if (rank !== otherRank) return rank - otherRank
  switch (rank) {
    case Rank.NUMBER:
      // Numbers and bigints compare with each other.
      return order(left as number, right as number)
    case Rank.SYMBOL:
      return order(String(left as boolean | null), String(right as boolean | null))
    case Rank.MAP:
      return compareMaps(left as ValueMap, right as ValueMap)
    case Rank.LIST:
      return compareLists(left as readonly Value[], right as readonly Value[])
    default:
      return compareTexts(left, right)
  }
}

/** Deep equality in which 1 and a bigint 1 are the same, and text and bytes of the same content. */
export function equalValues(left: Value, right: Value): boolean {
  if (left === right) return true
  if (typeof left === 'string' && typeof right === 'string') return false
  return compareValues(left, right) === 0
}

function rankOf(value: Value): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Rank.NUMBER
  if (value instanceof Date) return Rank.NUMBER
  if (isList(value)) return Rank.LIST
  if (isMap(value)) return Rank.MAP
  if (typeof value === 'string' || Buffer.isBuffer(value)) return Rank.TEXT
  return Rank.SYMBOL
}

function order<T extends number | string>(left: T, right: T): number {
  if (left < right) return -1
  return left > right ? 1 : 0
}

function compareTexts(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return order(left, right)
  return Buffer.compare(bytesOf(left), bytesOf(right))
}

function bytesOf(value: Value): Buffer {
  // Text or bytes: the rank says so.
  return typeof value === 'string' ? Buffer.from(value) : (value as Buffer)
}

function compareLists(left: readonly Value[], right: readonly Value[]): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const difference = compareValues(left[index], right[index])
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function compareMaps(left: ValueMap, right: ValueMap): number {
  const keys = Object.keys(left).toSorted()
  const otherKeys = Object.keys(right).toSorted()
  if (keys.length !== otherKeys.length) return keys.length - otherKeys.length
  const difference = compareLists(keys, otherKeys)
  if (difference !== 0) return difference
  for (const key of keys) {
    const inside = compareValues(getKey(left, key), getKey(right, key))
    if (inside !== 0) return inside
  }
  return 0
}
