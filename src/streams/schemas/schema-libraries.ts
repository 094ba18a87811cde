/**
 * The libraries behind schemas, loaded when the first schema of their kind is made: together they
 * have as many files as all the rest of a shard, which would wait for them at every start.
 */
import { createRequire } from 'node:module'
import type avro from 'avsc'
import type protobuf from 'protobufjs'
import type * as JsonSchema from 'typebox/schema'

const load = createRequire(import.meta.url)
let avroLibrary: typeof avro | undefined
let protobufLibrary: typeof protobuf | undefined
let jsonSchemaLibrary: typeof JsonSchema | undefined

/** Avro. */
export function loadAvro(): typeof avro {
  avroLibrary ??= load('avsc') as typeof avro
  return avroLibrary
}

/** Protocol Buffers. */
export function loadProtobuf(): typeof protobuf {
  protobufLibrary ??= load('protobufjs') as typeof protobuf
  return protobufLibrary
}

/** JSON Schema. */
export function loadJsonSchema(): typeof JsonSchema {
  jsonSchemaLibrary ??= load('typebox/schema') as typeof JsonSchema
  return jsonSchemaLibrary
}
