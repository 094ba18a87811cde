/** Functions on strings. */
import { JqError } from './jq-error.ts'
import { toJson, toText } from './jq-format.ts'
import { splitText } from './jq-operators.ts'
import type { Pure } from './jq-pure.ts'
import { checkChars, failOn, isArray, isObject, typeOf } from './jq-value.ts'
import type { JqValue } from './jq-types.ts'

/** See jq-functions.ts. */
export const TEXT_FUNCTIONS: readonly Pure[] = [
  ['tojson', 0, toJson],
  ['fromjson', 0, fromJson],
  ['tostring', 0, toText],
  ['tonumber', 0, toNumber],
  ['utf8bytelength', 0, (input) => Buffer.byteLength(text(input, 'has no UTF-8 byte length'))],
  ['ascii_downcase', 0, (input) => changeCase(input, /[A-Z]/g, (char) => char.toLowerCase())],
  ['ascii_upcase', 0, (input) => changeCase(input, /[a-z]/g, (char) => char.toUpperCase())],
  ['startswith', 1, (input, part) => both(input, part, 'startswith', (a, b) => a.startsWith(b))],
  ['endswith', 1, (input, part) => both(input, part, 'endswith', (a, b) => a.endsWith(b))],
  ['ltrimstr', 1, (input, part) => without(input, part, true)],
  ['rtrimstr', 1, (input, part) => without(input, part, false)],
  ['trim', 0, (input) => text(input, 'cannot be trimmed').trim()],
  ['ltrim', 0, (input) => text(input, 'cannot be trimmed').trimStart()],
  ['rtrim', 0, (input) => text(input, 'cannot be trimmed').trimEnd()],
  ['explode', 0, (input) => Array.from(text(input, 'cannot be exploded'), codePoint)],
  ['implode', 0, implode],
  ['split', 1, (input, separator) => both(input, separator, 'split', splitText)],
  ['join', 1, join],
  ['ascii', 0, (input) => (typeof input === 'number' ? String.fromCharCode(input) : null)],
]

function text(input: JqValue, what: string): string {
  return typeof input === 'string' ? input : failOn(input, what)
}

function fromJson(input: JqValue): JqValue {
  const source = text(input, 'cannot be parsed as JSON')
  if (source === 'nan') return null
  try {
    return JSON.parse(source) as JqValue
  } catch (error) {
    throw new JqError(`${(error as Error).message} (while parsing '${source}')`)
  }
}

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

function toNumber(input: JqValue): JqValue {
  if (typeof input === 'number') return input
  if (typeof input === 'string' && NUMBER.test(input)) return Number(input)
  return failOn(input, 'cannot be parsed as a number')
}

function changeCase(input: JqValue, letters: RegExp, change: (char: string) => string): string {
  if (typeof input !== 'string') throw new JqError('explode input must be a string')
  return input.replaceAll(letters, change)
}

function both(
  input: JqValue,
  part: JqValue,
  name: string,
  run: (text: string, part: string) => JqValue,
): JqValue {
  if (typeof input === 'string' && typeof part === 'string') return run(input, part)
  if (name === 'split') throw new JqError('split input and separator must be strings')
  throw new JqError(`${name}() requires string inputs`)
}

function without(input: JqValue, part: JqValue, isStart: boolean): JqValue {
  if (typeof input !== 'string' || typeof part !== 'string' || part === '') return input
  if (isStart) return input.startsWith(part) ? input.slice(part.length) : input
  return input.endsWith(part) ? input.slice(0, -part.length) : input
}

function codePoint(char: string): number {
  return char.codePointAt(0) ?? 0
}

const CODE_POINT_MAX = 0x10ffff

function implode(input: JqValue): JqValue {
  if (!isArray(input)) throw new JqError('implode input must be an array')
  const points = input.map((point) => {
    const isPoint = Number.isInteger(point) && Number(point) >= 0 && Number(point) <= CODE_POINT_MAX
    if (!isPoint) throw new JqError('Unicode codepoint must be numeric')
    return String.fromCodePoint(Number(point))
  })
  return points.join('')
}

function join(input: JqValue, separator: JqValue): JqValue {
  const items = isArray(input) ? input : isObject(input) ? Object.values(input) : undefined
  if (items === undefined) throw new JqError(`Cannot iterate over ${typeOf(input)}`)
  if (items.length === 0) return ''
  if (typeof separator !== 'string') return failOn(separator, 'cannot separate strings')
  const parts = items.map((item) => {
    if (item === null) return ''
    return isArray(item) || isObject(item) ? failOn(item, 'cannot be joined') : toText(item)
  })
  const joined = parts.join(separator)
  checkChars(joined.length)
  return joined
}
