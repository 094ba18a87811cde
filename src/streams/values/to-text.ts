import type { Value } from '#plugin/value.ts'
import { encodeJson } from './json.ts'

const DECIMALS = 10

/**
 * The text of a value, as `str()` and templates give it: fractions with at most 10 decimals, maps
 * and lists as JSON, bytes as UTF-8, what is missing as `undefined`.
 */
export function toText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return numberText(value)
    case 'bigint':
    case 'boolean':
    case 'undefined':
      return String(value)
    default:
      break
  }
  if (Buffer.isBuffer(value)) return value.toString('utf8')
  if (value instanceof Date) return value.toISOString()
  return encodeJson(value)
}

function numberText(value: number): string {
  if (Number.isInteger(value))
    return Math.abs(value) < 1e21 ? String(value) : BigInt(value).toString()
  return withoutTrailingZeros(value.toFixed(DECIMALS))
}

/** `1.500` → `1.5`, `2.000` → `2`. */
export function withoutTrailingZeros(text: string): string {
  if (!text.includes('.')) return text
  let end = text.length
  while (text.charAt(end - 1) === '0') end--
  return text.slice(0, text.charAt(end - 1) === '.' ? end - 1 : end)
}
