import type { Schema } from '#plugin/define-function.ts'
import { makeAvroSchema } from './avro-schema.ts'
import { makeJsonSchema } from './json-schema.ts'
import { makeProtobufSchema } from './protobuf-schema.ts'
import type { SchemaSpec } from './schema-spec.ts'

/**
 * Makes a schema ready.
 * @throws SchemaError when it is wrong
 */
export function makeSchema({ type, source }: SchemaSpec): Schema {
  switch (type) {
    case 'avro':
      return makeAvroSchema(source)
    case 'protobuf':
      return makeProtobufSchema(source)
    case 'json':
      return makeJsonSchema(source)
  }
}
