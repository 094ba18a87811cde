/** The schema registry: schemas of payloads by their names. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { closed, oneOf, pathText } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Schema Registry'
const SchemaName = pathText('name', 'Name of the schema.')

const fields = {
  type: oneOf(['avro', 'protobuf', 'json'], 'Language of the schema.'),
  source: Type.String({
    minLength: 1,
    maxLength: 1_048_576,
    description: 'JSON of an Avro schema or a JSON Schema, or the text of a `.proto` file.',
  }),
  description: Type.Optional(Type.String({ maxLength: 65_536 })),
}
const name = Type.String({ minLength: 1, maxLength: 255, pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]*$' })

const SchemaInfo = Type.Object({
  name: Type.String(),
  type: fields.type,
  source: Type.String(),
  description: Type.String(),
})
export type SchemaInfo = Static<typeof SchemaInfo>
const SchemaBody = closed({ name: Type.Optional(name), ...fields })

export const listSchemas = operation({
  id: 'listSchemas',
  method: 'GET',
  path: '/schema_registry',
  tag,
  summary: 'All schemas.',
  permission: 'read',
  replies: { 200: Type.Array(SchemaInfo) },
})

export const createSchema = operation({
  id: 'createSchema',
  method: 'POST',
  path: '/schema_registry',
  tag,
  summary: 'Make a schema; it can be used at once and is kept.',
  permission: 'write',
  body: closed({ name, ...fields }),
  bodyBytesMax: 4_194_304,
  replies: { 201: SchemaInfo },
  errors: [400, 409],
})

export const getSchema = operation({
  id: 'getSchema',
  method: 'GET',
  path: '/schema_registry/{name}',
  tag,
  summary: 'One schema.',
  permission: 'read',
  params: SchemaName,
  replies: { 200: SchemaInfo },
  errors: [404],
})

export const updateSchema = operation({
  id: 'updateSchema',
  method: 'PUT',
  path: '/schema_registry/{name}',
  tag,
  summary: 'Replace a schema.',
  permission: 'write',
  params: SchemaName,
  body: SchemaBody,
  bodyBytesMax: 4_194_304,
  replies: { 200: SchemaInfo },
  errors: [400, 404, 409],
})

export const deleteSchema = operation({
  id: 'deleteSchema',
  method: 'DELETE',
  path: '/schema_registry/{name}',
  tag,
  summary: 'Remove a schema. What names it fails from then on.',
  permission: 'write',
  params: SchemaName,
  replies: { 204: empty('Removed.') },
  errors: [404, 409],
})
