import type avro from 'avsc'
import type { Schema } from '#plugin/define-function.ts'
import { isList, isMap, setKey, toInteger } from '#plugin/value.ts'
import type { MutableValueMap, Value } from '#plugin/value.ts'
import { loadAvro } from './schema-libraries.ts'
import { reasonOf, SchemaError } from './schema-spec.ts'

const LONG_BYTES = 8

/** Integers of 64 bits, exact whatever their size. */
function makeLongType() {
  return loadAvro().types.LongType.__with({
    fromBuffer: (bytes: Buffer) => toInteger(bytes.readBigInt64LE()),
    toBuffer(value: number | bigint) {
      const bytes = Buffer.alloc(LONG_BYTES)
      bytes.writeBigInt64LE(BigInt(value))
      return bytes
    },
    fromJSON: (value: number) => value,
    toJSON: (value: number | bigint) => Number(value),
    isValid(value: unknown) {
      const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value)
      return isWhole && BigInt.asIntN(64, BigInt(value as bigint)) === BigInt(value as bigint)
    },
    compare: (a: number | bigint, b: number | bigint) => (a < b ? -1 : Number(a > b)),
  })
}

/**
 * An Avro schema; values are its binary encoding without a header. Members of a union are given
 * and taken as they are, but when the schema has several that look alike: then as a map from the
 * name of the member.
 * @throws SchemaError when it is none
 */
export function makeAvroSchema(source: string): Schema {
  let type: avro.Type
  try {
    type = loadAvro().Type.forSchema(JSON.parse(source) as avro.Schema, {
      registry: { long: makeLongType() },
    })
  } catch (error) {
    throw new SchemaError(`the Avro schema is wrong: ${reasonOf(error)}`)
  }
  return {
    decode(bytes) {
      try {
        return toPlain(type.fromBuffer(bytes) as Value)
      } catch (error) {
        throw new SchemaError(`the bytes do not fit the Avro schema: ${reasonOf(error)}`)
      }
    },
    encode(value) {
      const places: string[] = []
      const isFitting = type.isValid(value, {
        errorHook: (path: readonly string[]) => void places.push(path.join('.')),
      })
      if (isFitting) return type.toBuffer(value)
      const where = [...new Set(places)].map((place) => (place === '' ? 'the value' : place))
      throw new SchemaError(`does not fit the Avro schema: ${where.join(', ')}`)
    },
  }
}

/** Records come as objects of a class. */
function toPlain(value: Value): Value {
  if (isList(value)) return value.map(toPlain)
  if (!isMap(value)) return value
  const plain: MutableValueMap = {}
  for (const [key, part] of Object.entries(value)) setKey(plain, key, toPlain(part))
  return plain
}
