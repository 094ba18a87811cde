/** What all signals of OTLP have in common: who sends, and attributes. */
import type { ProtoWriter } from './proto-writer.ts'

/** A value of an attribute. Others are told as text. */
export type AttributeValue = string | number | boolean

export type Attributes = Readonly<Record<string, AttributeValue>>

/** Who sends. */
export interface OtlpSource {
  /** Of the resource, such as `service.name`. */
  readonly resource: Attributes
  readonly scopeName: string
  readonly scopeVersion: string
}

/** Writes attributes as fields `KeyValue` of this number. */
export function writeAttributes(out: ProtoWriter, field: number, attributes: Attributes): void {
  for (const key of Object.keys(attributes)) {
    const value = attributes[key]
    if (value === undefined) continue
    out.message(field, (pair) => {
      pair.string(1, key)
      pair.message(2, (any) => writeValue(any, value))
    })
  }
}

/** Writes the content of an `AnyValue`. */
export function writeValue(out: ProtoWriter, value: AttributeValue): void {
  if (typeof value === 'string') out.string(1, value)
  else if (typeof value === 'boolean') out.bool(2, value)
  else if (Number.isSafeInteger(value)) out.int(3, value)
  else out.double(4, value)
}

/**
 * Writes an export request: the resource, the scope, and inside it what `items` writes as fields
 * of number 2. The same numbers serve for metrics, logs and traces.
 */
export function writeRequest(
  out: ProtoWriter,
  { resource, scopeName, scopeVersion }: OtlpSource,
  items: (scope: ProtoWriter) => void,
): void {
  out.message(1, (group) => {
    group.message(1, (one) => writeAttributes(one, 1, resource))
    group.message(2, (scope) => {
      scope.message(1, (name) => {
        name.string(1, scopeName)
        name.string(2, scopeVersion)
      })
      items(scope)
    })
  })
}
