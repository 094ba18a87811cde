import { getKey, isMap, setKey } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { decodeJson } from '../values/json.ts'

const LEVELS_MAX = 64

/** A value below a map by keys with dots between them; undefined when it is not there. */
export function getPath(map: ValueMap, path: string): Value {
  let value: Value = map
  for (const key of keysOf(path)) {
    if (!isMap(value)) return undefined
    value = getKey(value, key)
  }
  return value
}

/** A copy of a map with one value set below it; what is no map on the way becomes one. */
export function putPath(map: ValueMap, path: string, value: Value): ValueMap {
  return put(map, keysOf(path), value)
}

function put(map: Value, [first = '', ...rest]: readonly string[], value: Value): ValueMap {
  const copy: MutableValueMap = isMap(map) ? { ...map } : {}
  const old = isMap(map) ? getKey(map, first) : undefined
  setKey(copy, first, rest.length === 0 ? value : put(old, rest, value))
  return copy
}

function keysOf(path: string): readonly string[] {
  const keys = path.split('.')
  if (keys.length > LEVELS_MAX) throw new RangeError(`a path has at most ${LEVELS_MAX} keys`)
  return keys
}

/**
 * The map, or the one that a JSON text holds.
 * @throws TypeError when it is neither
 */
export function mapOf(value: Value): ValueMap {
  const decoded =
    typeof value === 'string' || Buffer.isBuffer(value) ? decodeJson(value.toString()) : value
  if (isMap(decoded)) return decoded
  throw new TypeError('neither a map nor the JSON text of one')
}
