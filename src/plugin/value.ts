/**
 * The values that flow through rules and streams.
 *
 * They are those of JSON, and: `undefined` for what is not there (a missing field, `null()` of
 * the rule dialect), which is not the `null` of JSON; bigint for whole numbers beyond 2^53; Buffer
 * for bytes that are not text; Date for moments that a database is to get as such. A number
 * without a fraction is an integer. Values are never changed in place: whoever puts something
 * into a map or list copies that map or list.
 */
export type Value =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | Date
  | Composite

/** What has parts. */
export type Composite = readonly Value[] | ValueMap

/** A JSON object. Keys come from outside: read them with `getKey`, write them with `setKey`. */
export interface ValueMap {
  readonly [key: string]: Value
}

/** A map under construction. */
export type MutableValueMap = Record<string, Value>

/** True for JSON objects: neither list, bytes nor moment. */
export function isMap(value: Value): value is ValueMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  )
}

/** True for lists. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** True for whole numbers, of any size. */
export function isInteger(value: Value): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value)
}

/** The value of a key of the map itself; what every object inherits is not there. */
export function getKey(map: ValueMap, key: string): Value {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** Sets a key, whatever its name: `__proto__` is a key like any other. */
export function setKey(map: MutableValueMap, key: string, value: Value): void {
  if (key !== '__proto__') map[key] = value
  else {
    const property = { value, enumerable: true, configurable: true, writable: true }
    Object.defineProperty(map, key, property)
  }
}

/** A whole number as the model has it: a number as long as that is exact. */
export function toInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
