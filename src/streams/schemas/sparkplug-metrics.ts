/** Metrics of Sparkplug B with plain values, whatever field carries them on the wire. */
import { getKey, isInteger, isList, isMap, toInteger } from '#plugin/value.ts'
import type { MutableValueMap, Value, ValueMap } from '#plugin/value.ts'
import { toText } from '../values/to-text.ts'
import { SchemaError } from './schema-spec.ts'

/** How a data type is carried: its field, and the bits of its signed integers. */
interface Carrier {
  readonly name: string
  readonly field: string
  readonly signedBits?: number
}

/** Data types by their numbers, Sparkplug 3.0 §6.4.16. */
const CARRIERS: Readonly<Record<number, Carrier>> = {
  1: { name: 'Int8', field: 'int_value', signedBits: 32 },
  2: { name: 'Int16', field: 'int_value', signedBits: 32 },
  3: { name: 'Int32', field: 'int_value', signedBits: 32 },
  4: { name: 'Int64', field: 'long_value', signedBits: 64 },
  5: { name: 'UInt8', field: 'int_value' },
  6: { name: 'UInt16', field: 'int_value' },
  7: { name: 'UInt32', field: 'int_value' },
  8: { name: 'UInt64', field: 'long_value' },
  9: { name: 'Float', field: 'float_value' },
  10: { name: 'Double', field: 'double_value' },
  11: { name: 'Boolean', field: 'boolean_value' },
  12: { name: 'String', field: 'string_value' },
  13: { name: 'DateTime', field: 'long_value' },
  14: { name: 'Text', field: 'string_value' },
  15: { name: 'UUID', field: 'string_value' },
  16: { name: 'DataSet', field: 'dataset_value' },
  17: { name: 'Bytes', field: 'bytes_value' },
  18: { name: 'File', field: 'bytes_value' },
  19: { name: 'Template', field: 'template_value' },
}
const VALUE_FIELDS: ReadonlySet<string> = new Set(Object.values(CARRIERS).map(({ field }) => field))

/** A decoded payload with `value` in each metric, negative numbers as such, and named types. */
export function simplifyPayload(payload: Value): Value {
  return withMetrics(payload, (metric) => {
    const type = metric.datatype
    const carrier = typeof type === 'number' ? CARRIERS[type] : undefined
    const simple: MutableValueMap = {}
    for (const [key, part] of Object.entries(metric)) {
      if (VALUE_FIELDS.has(key)) simple.value = toSigned(part, carrier)
      else simple[key] = key === 'datatype' && carrier !== undefined ? carrier.name : part
    }
    return simple
  })
}

function toSigned(value: Value, carrier: Carrier | undefined): Value {
  if (carrier?.signedBits === undefined || !isInteger(value)) return value
  return toInteger(BigInt.asIntN(carrier.signedBits, BigInt(value)))
}

/**
 * What `simplifyPayload` gives, back to the fields of the wire.
 * @throws SchemaError when a metric has a value and no known data type
 */
export function completePayload(payload: Value): Value {
  return withMetrics(payload, (metric) => {
    const { value, ...rest } = metric
    const number = numberOfType(rest.datatype)
    const complete: MutableValueMap = { ...rest }
    if (number !== undefined) complete.datatype = number
    if (value === undefined || value === null) return complete
    const carrier = number === undefined ? undefined : CARRIERS[number]
    if (carrier === undefined) {
      const { name, alias } = metric
      throw new SchemaError(`metric ${toText(name ?? alias)} needs a datatype such as Int32`)
    }
    complete[carrier.field] = toUnsigned(value, carrier)
    return complete
  })
}

function numberOfType(type: Value): number | undefined {
  if (typeof type === 'number') return type
  const found = Object.entries(CARRIERS).find(([, { name }]) => name === type)
  return found === undefined ? undefined : Number(found[0])
}

function toUnsigned(value: Value, carrier: Carrier): Value {
  if (carrier.signedBits === undefined || !isInteger(value)) return value
  return toInteger(BigInt.asUintN(carrier.signedBits, BigInt(value)))
}

function withMetrics(payload: Value, change: (metric: ValueMap) => ValueMap): Value {
  if (!isMap(payload)) return payload
  const metrics = getKey(payload, 'metrics')
  if (!isList(metrics)) return payload
  return { ...payload, metrics: metrics.map((one) => (isMap(one) ? change(one) : one)) }
}
