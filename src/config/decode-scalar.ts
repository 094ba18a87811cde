/** Single values: text to numbers, durations, sizes and words, with the reason when it fails. */
import type { FieldSpec } from './field.ts'
import type { HoconNode, ScalarNode } from './hocon/value.ts'
import {
  formatBytes,
  formatDuration,
  formatPercent,
  parseBytes,
  parseDuration,
  parsePercent,
  parseRate,
} from './units.ts'
import type { Rate } from './units.ts'

type Result = { readonly value: unknown } | { readonly problem: string }

/** Longest text shown in a message. */
const SHOWN_LENGTH_MAX = 60
const RATE_INTERVAL_MS_MAX = 86_400_000

/** What was found, for a message. Any text is a secret, so none is ever shown as wrong. */
export function found(node: HoconNode): string {
  if (node.kind === 'array') return 'a list'
  if (node.kind === 'object') return 'a group of keys'
  const shown = JSON.stringify(node.text)
  return shown.length > SHOWN_LENGTH_MAX ? `${shown.slice(0, SHOWN_LENGTH_MAX)}…` : shown
}

/** What a field takes, for a message and for the reference page. */
export function describe(field: FieldSpec): string {
  const words = 'words' in field ? (field.words ?? []).map((word) => `\`${word}\``) : []
  return [describeKind(field), ...words].join(' or ')
}

function describeKind(field: FieldSpec): string {
  switch (field.kind) {
    case 'bool':
      return '`true` or `false`'
    case 'int':
      return `a whole number${field.unit === undefined ? '' : ` (${field.unit})`}`
    case 'number':
      return `a number${field.unit === undefined ? '' : ` (${field.unit})`}`
    case 'percent':
      return 'a percentage such as `80%`'
    case 'duration':
      return 'a duration such as `15s` or `1m30s`'
    case 'bytes':
      return 'a size such as `256KB`'
    case 'rate':
      return `a rate such as ${field.of === 'bytes' ? '`1MB/10s`' : '`1000/s`'}`
    case 'oneOf':
      return `one of ${field.values.map((value) => `\`${value}\``).join(', ')}`
    case 'string':
      return field.patternText ?? 'text'
    case 'secret':
      return 'text (a secret)'
    case 'any':
      return 'anything'
    case 'list':
      return 'a list'
    case 'map':
      return `entries by ${field.keyLabel}`
    case 'object':
    case 'variant':
      return 'a group of keys'
  }
}

/** Decodes one value that is neither list, map nor object. */
export function decodeScalar(field: FieldSpec, node: HoconNode): Result {
  const shown = found(node)
  const problem = `must be ${describe(field)}, found ${shown}`
  if (node.kind !== 'scalar') return { problem }
  if ('words' in field && field.words?.includes(node.text) === true) {
    return { value: node.text === 'infinity' ? wordInfinity(field) : node.text }
  }
  const value = read(field, node)
  if (value === undefined) return { problem }
  const outside =
    rangeProblem(field, value) ?? rateProblem(field, value) ?? textProblem(field, value)
  return outside === undefined ? { value } : { problem: `${outside}, found ${shown}` }
}

function wordInfinity(field: FieldSpec): unknown {
  return field.kind === 'rate' ? { amount: Infinity, intervalMs: 1000 } : Infinity
}

function read(field: FieldSpec, node: ScalarNode): unknown {
  const { text } = node
  switch (field.kind) {
    case 'bool':
      return text === 'true' || text === 'false' ? text === 'true' : undefined
    case 'int': {
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : node.value
      return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
    }
    case 'number':
      return /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined
    case 'percent':
      return parsePercent(text)
    case 'duration':
      return parseDuration(text)
    case 'bytes':
      return parseBytes(text)
    case 'rate': {
      const rate = parseRate(text, field.of)
      return rate?.amount === Infinity && field.words?.includes('infinity') === false
        ? undefined
        : rate
    }
    case 'oneOf':
      return field.values.find((value) => String(value) === text)
    case 'string':
    case 'secret':
      return text
    default:
      return undefined
  }
}

function rangeProblem(field: FieldSpec, value: unknown): string | undefined {
  if (!('min' in field || 'max' in field) || typeof value !== 'number') return undefined
  const { min = -Infinity, max = Infinity } = field
  if (value < min) return `must be at least ${formatLimit(field, min)}`
  if (value > max) return `must be at most ${formatLimit(field, max)}`
  return undefined
}

/** A rate of nothing would stop for ever what it limits. */
function rateProblem(field: FieldSpec, value: unknown): string | undefined {
  if (field.kind !== 'rate') return undefined
  const { amount, intervalMs } = value as Rate // What `read` gives for this kind.
  if (amount === 0) return 'must be above 0'
  return intervalMs > RATE_INTERVAL_MS_MAX ? 'must be per a day at most' : undefined
}

/** A limit of a range in the unit of its field. */
export function formatLimit(field: FieldSpec, limit: number): string {
  if (field.kind === 'duration') return formatDuration(limit)
  if (field.kind === 'bytes') return formatBytes(limit)
  return field.kind === 'percent' ? formatPercent(limit) : String(limit)
}

function textProblem(field: FieldSpec, value: unknown): string | undefined {
  if (field.kind !== 'string' || typeof value !== 'string') return undefined
  if (field.lengthMax !== undefined && value.length > field.lengthMax) {
    return `must have at most ${field.lengthMax} characters`
  }
  if (field.pattern !== undefined && !field.pattern.test(value)) {
    return `must be ${field.patternText ?? `text of the form ${field.pattern.source}`}`
  }
  return field.check?.(value)
}
