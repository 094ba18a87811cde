/** Typed values back to the written form, and the same with secrets taken out. */
import type { Field, FieldSpec, Infer } from './field.ts'
import type { Plain } from './hocon/value.ts'
import type { Rate } from './units.ts'
import { formOf } from './variant.ts'
import { formatBytes, formatDuration, formatPercent, formatRate } from './units.ts'

/** What stands for a secret wherever configuration is shown. */
export const REDACTED = '******'

/** Names in a map, such as that of headers, whose texts are secrets. */
const SECRET_NAME = /^(proxy-)?authorization$|cookie|api[-_]?key$|token$|secret$/i

/** The written form of a decoded value: durations as `15s`, sizes as `1MB`, and so on. */
export function encode<F extends Field>(field: F, value: Infer<F>): Plain {
  return encodeField(field, value, false) ?? null
}

/** The written form with every secret replaced. References to files (`file://…`) stay. */
export function redact<F extends Field>(field: F, value: Infer<F>): Plain {
  return encodeField(field, value, true) ?? null
}

function encodeField(field: FieldSpec, value: unknown, hide: boolean): Plain | undefined {
  if (value === undefined) return undefined
  if (field.kind === 'list' && Array.isArray(value)) {
    return value.map((item) => encodeField(field.item, item, hide) ?? null)
  }
  if (field.kind === 'any') return value as Plain // Decoded as it was written.
  if (field.kind === 'variant') {
    const form = isRecord(value) ? formOf(field, (key) => textOf(value[key])) : undefined
    return form === undefined ? undefined : encodeField(form, value, hide)
  }
  if (isRecord(value) && (field.kind === 'map' || field.kind === 'object')) {
    const encoded: Record<string, Plain> = Object.create(null)
    for (const [key, child] of Object.entries(value)) {
      const spec = field.kind === 'map' ? field.value : field.fields[key]
      const isSecret = hide && field.kind === 'map' && SECRET_NAME.test(key)
      const plain =
        isSecret && typeof child === 'string' ? hidden(child) : encodeChild(spec, child, hide)
      if (plain !== undefined) encoded[key] = plain
    }
    return encoded
  }
  return encodeScalar(field, value, hide)
}

function encodeChild(
  spec: FieldSpec | undefined,
  child: unknown,
  hide: boolean,
): Plain | undefined {
  return spec === undefined ? undefined : encodeField(spec, child, hide)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isRate(value: unknown): value is Rate {
  return isRecord(value) && typeof value['amount'] === 'number'
}

function encodeScalar(field: FieldSpec, value: unknown, hide: boolean): Plain {
  if (field.kind === 'rate' && isRate(value)) return formatRate(value, field.of)
  if (typeof value === 'number') {
    if (field.kind === 'duration') return formatDuration(value)
    if (field.kind === 'bytes') return formatBytes(value)
    if (value === Infinity) return 'infinity'
    return field.kind === 'percent' ? formatPercent(value) : value
  }
  if (field.kind === 'secret' && hide) return hidden(String(value))
  return typeof value === 'boolean' ? value : String(value)
}

function hidden(secret: string): string {
  return secretFile(secret) === undefined ? REDACTED : secret
}

/** The file that a secret `file:///path` is to be read from, or undefined for a plain one. */
export function secretFile(secret: string): string | undefined {
  return secret.startsWith('file://') ? secret.slice('file://'.length) : undefined
}
