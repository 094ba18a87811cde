/** Values of rules to messages of Protobuf and back. */
import type protobuf from 'protobufjs'
import { isList, isMap, setKey, toInteger } from '#plugin/value.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'
import { loadProtobuf } from './schema-libraries.ts'
import { reasonOf, SchemaError } from './schema-spec.ts'

const INTEGERS: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}
/** Messages inside messages. */
const DEPTH_MAX = 64

/** A 64-bit integer of the library. */
interface Long {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

/**
 * The fields of a message: enums by their names, what is not set is absent unless the syntax gives
 * it a default.
 * @throws SchemaError when the bytes are no such message
 */
export function decodeMessage(type: protobuf.Type, bytes: Buffer): Value {
  let message: protobuf.Message
  try {
    message = type.decode(bytes)
  } catch (error) {
    throw new SchemaError(`the bytes are no message ${type.name}: ${reasonOf(error)}`)
  }
  return fromMessage(type, message)
}

function fromMessage(type: protobuf.Type, message: object): Value {
  const values = message as Readonly<Record<string, unknown>>
  const map: MutableValueMap = {}
  for (const field of type.fieldsArray) {
    const isSet = Object.hasOwn(values, field.name)
    if (!isSet && !hasDefault(field)) continue
    const value = isSet ? values[field.name] : field.typeDefault
    setKey(map, field.name, fromField(field, value))
  }
  return map
}

/** Whether a field that is not set has a value all the same. */
function hasDefault({ hasPresence, repeated, map, resolvedType }: protobuf.Field): boolean {
  return !hasPresence && !repeated && !map && !(resolvedType instanceof loadProtobuf().Type)
}

function fromField(field: protobuf.Field, value: unknown): Value {
  if (field.repeated && Array.isArray(value)) return value.map((one) => fromSingle(field, one))
  if (!field.map) return fromSingle(field, value)
  const map: MutableValueMap = {}
  for (const [key, part] of Object.entries(value as object)) {
    setKey(map, key, fromSingle(field, part))
  }
  return map
}

function fromSingle(field: protobuf.Field, value: unknown): Value {
  const { resolvedType } = field
  if (resolvedType instanceof loadProtobuf().Enum) {
    return resolvedType.valuesById[Number(value)] ?? Number(value)
  }
  if (resolvedType instanceof loadProtobuf().Type) return fromMessage(resolvedType, value as object)
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return Buffer.alloc(0) // The default of bytes.
  if (typeof value === 'object' && value !== null) return fromLong(value as Long)
  return value as Value // Number, text or boolean.
}

function fromLong({ low, high, unsigned }: Long): Value {
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  return toInteger(unsigned ? bits : BigInt.asIntN(64, bits))
}

/**
 * The bytes of a message. Fields that are null or missing are not set.
 * @throws SchemaError that says which field does not fit, or is not known
 */
export function encodeMessage(type: protobuf.Type, value: Value): Buffer {
  const plain = toMessage(type, value, type.name, 0)
  const bytes = type.encode(type.fromObject(plain)).finish()
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

type PlainMessage = Record<string, unknown>

function toMessage(type: protobuf.Type, value: Value, path: string, depth: number): PlainMessage {
  if (!isMap(value)) throw new SchemaError(`${path} must be a map`)
  if (depth > DEPTH_MAX) throw new SchemaError(`${path} is nested too deep`)
  const plain: PlainMessage = {}
  for (const [key, part] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined
    if (field === undefined) throw new SchemaError(`${path} has no field ${key}`)
    if (part === undefined || part === null) continue
    plain[key] = toField(field, part, `${path}.${key}`, depth)
  }
  for (const field of type.fieldsArray) {
    if (field.required && !Object.hasOwn(plain, field.name)) {
      throw new SchemaError(`${path}.${field.name} is missing`)
    }
  }
  return plain
}

function toField(field: protobuf.Field, value: Value, path: string, depth: number): unknown {
  if (field.repeated) {
    if (!isList(value)) throw new SchemaError(`${path} must be a list`)
    return value.map((one, index) => toSingle(field, one, `${path}[${index + 1}]`, depth))
  }
  if (!field.map) return toSingle(field, value, path, depth)
  if (!isMap(value)) throw new SchemaError(`${path} must be a map`)
  const entries = Object.entries(value).map(([key, part]) => {
    return [key, toSingle(field, part, `${path}.${key}`, depth)] as const
  })
  return Object.fromEntries(entries)
}

function toSingle(field: protobuf.Field, value: Value, path: string, depth: number): unknown {
  const { resolvedType, type } = field
  if (resolvedType instanceof loadProtobuf().Enum) return toEnum(resolvedType, value, path)
  if (resolvedType instanceof loadProtobuf().Type)
    return toMessage(resolvedType, value, path, depth + 1)
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value
      throw new SchemaError(`${path} must be text`)
    case 'bytes':
      if (typeof value === 'string') return Buffer.from(value)
      if (Buffer.isBuffer(value)) return value
      throw new SchemaError(`${path} must be bytes or text`)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw new SchemaError(`${path} must be true or false`)
    case 'float':
    case 'double':
      if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
      throw new SchemaError(`${path} must be a number`)
    default:
      return toIntegerOf(type, value, path)
  }
}

function toEnum({ values }: protobuf.Enum, value: Value, path: string): number {
  const number = typeof value === 'string' ? values[value] : value
  if (typeof number === 'number' && Object.values(values).includes(number)) return number
  throw new SchemaError(`${path} must be one of ${Object.keys(values).join(', ')}`)
}

function toIntegerOf(type: string, value: Value, path: string): unknown {
  const [min, max] = INTEGERS[type] ?? [0n, 0n]
  const isWhole = typeof value === 'bigint' || Number.isInteger(value)
  const integer = isWhole ? BigInt(value as number) : undefined
  if (integer === undefined || integer < min || integer > max) {
    throw new SchemaError(`${path} must be an integer from ${min} to ${max}`)
  }
  return type.endsWith('64') ? toLong(String(integer), min === 0n) : value
}

/** The library's types know the package of its 64-bit integers only by their shape. */
function toLong(text: string, isUnsigned: boolean): Long {
  const longs = loadProtobuf().util.Long as unknown as {
    fromString(text: string, isUnsigned: boolean): Long
  }
  return longs.fromString(text, isUnsigned)
}
