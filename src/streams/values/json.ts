import { isList, isMap, setKey, toInteger } from '#plugin/value.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'

/** Text that `JSON.stringify` takes over as it is; the library's types do not know it yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }
/** So many digits in a row may be an integer that a number cannot hold. */
const LONG_DIGITS = 16
const ZERO = 0x30
const NINE = 0x39
const INTEGER = /^-?\d+$/

/**
 * Values from JSON text; integers beyond 2^53 are exact.
 * @throws SyntaxError that says where the text is wrong
 */
export function decodeJson(text: string): Value {
  if (!hasLongDigits(text)) return JSON.parse(text) as Value
  return JSON.parse(text, reviveInteger) as Value
}

/** Any long run of digits stands on a place that is looked at here. */
function hasLongDigits(text: string): boolean {
  for (let at = LONG_DIGITS - 1; at < text.length; at += LONG_DIGITS) {
    if (!isDigit(text, at)) continue
    let start = at
    while (isDigit(text, start - 1)) start--
    let end = at + 1
    while (isDigit(text, end)) end++
    if (end - start >= LONG_DIGITS) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= ZERO && code <= NINE
}

function reviveInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
  return INTEGER.test(source) ? toInteger(BigInt(source)) : value
}

/**
 * JSON text of a value. What JSON has no form for: `undefined` becomes null, bytes become text
 * (UTF-8, what is invalid replaced), a moment its ISO 8601 form.
 */
export function encodeJson(value: Value): string {
  const plain = isPlain(value) ? value : toPlain(value)
  return JSON.stringify(plain)
}

/** True when `JSON.stringify` does what `encodeJson` promises. */
function isPlain(value: Value): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true
    case 'object':
      break
    default:
      return false
  }
  if (value === null) return true
  if (isList(value)) {
    for (const item of value) if (!isPlain(item)) return false
    return true
  }
  if (!isMap(value) || typeof value.toJSON === 'function') return false
  for (const key in value) if (!isPlain(value[key])) return false
  return true
}

function toPlain(value: Value): unknown {
  if (value === undefined) return null
  if (typeof value === 'bigint') return rawJson(value.toString())
  if (isList(value)) return value.map(toPlain)
  if (isMap(value)) {
    const copy: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      // The copy holds what JSON makes of values, not values.
      setKey(copy as MutableValueMap, key, toPlain(item) as Value)
    }
    return copy
  }
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' && value !== null ? value.toString('utf8') : value
}
