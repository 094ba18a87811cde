/** Steps that messages pass before they are routed: validations, then transformations. */
import { Type } from 'typebox'
import type { Static, TProperties } from 'typebox'
import { oneOf, pathText } from './common.ts'
import { empty, operation } from './operation.ts'
import { AnyMap } from './rules.ts'

const StepName = pathText('name', 'Its name.')
const Count = Type.Integer()
const Words = Type.Array(Type.String({ maxLength: 255 }), { maxItems: 100 })
const PayloadEncoding = oneOf(['plain', 'base64'], 'How the payload is written.')
const BODY_BYTES_MAX = 4_194_304

const common = {
  name: Type.String({ minLength: 1, maxLength: 255 }),
  enable: Type.Optional(Type.Boolean({ default: true })),
  tags: Type.Optional(Words),
  description: Type.Optional(Type.String({ maxLength: 65_536 })),
  topics: Type.Union([Type.String(), Type.Array(Type.String(), { minItems: 1, maxItems: 1000 })], {
    description: 'Topic filters of the messages that it concerns.',
  }),
  failure_action: oneOf(
    ['drop', 'disconnect', 'ignore'],
    'What is done with a message that fails, or with its publisher.',
  ),
  log_failure: Type.Optional(
    Type.Object({ level: Type.Optional(Type.String()) }, { additionalProperties: false }),
  ),
}

const Serde = Type.Object(
  {
    type: Type.Optional(oneOf(['none', 'json', 'avro', 'protobuf'])),
    schema: Type.Optional(Type.String()),
    message_type: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const Check = Type.Object(
  {
    type: Type.Optional(oneOf(['sql', 'json', 'avro', 'protobuf'])),
    sql: Type.Optional(Type.String({ maxLength: 65_536 })),
    schema: Type.Optional(Type.String()),
    message_type: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

const validation = {
  ...common,
  strategy: oneOf(['all_pass', 'any_pass'], 'Whether all checks must pass, or one of them.'),
  checks: Type.Array(Check, { minItems: 1, maxItems: 100 }),
}

const transformation = {
  ...common,
  payload_decoder: Type.Optional(Serde),
  payload_encoder: Type.Optional(Serde),
  operations: Type.Optional(
    Type.Array(
      Type.Object(
        {
          key: Type.String({
            description:
              '`payload`, `payload.<path>`, `topic`, `qos`, `retain`, `user_property.<name>`.',
          }),
          value: Type.String({ description: 'An expression: what it becomes.' }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 1000 },
    ),
  ),
}

const Metrics = Type.Object({
  matched: Count,
  succeeded: Count,
  failed: Count,
  rate: Type.Number({ description: 'Messages per second.' }),
  rate_max: Type.Number(),
  rate_last5m: Type.Number(),
})
export type StepMetrics = Static<typeof Metrics>
const MetricsReply = Type.Object({
  metrics: Metrics,
  node_metrics: Type.Array(Type.Object({ node: Type.String(), metrics: Metrics })),
})

/** What tells validations and transformations apart. */
interface StepKind {
  readonly tag: string
  /** Path of all, and the part of the path of one. */
  readonly path: string
  readonly one: string
  /** `Validation`: part of the ids. */
  readonly id: string
}

function stepOperations<P extends TProperties>(kind: StepKind, fields: P) {
  return { ...allOperations(kind, fields), ...oneOperations(kind, fields), ...numbers(kind) }
}

/** Operations on all of them. */
function allOperations<P extends TProperties>({ tag, path, id }: StepKind, fields: P) {
  const Body = Type.Object(fields, { additionalProperties: false })
  const Shown = Type.Unsafe<Readonly<Record<string, unknown>>>(
    Type.Object(fields, { additionalProperties: true }),
  )
  return {
    list: operation({
      id: `list${id}s`,
      method: 'GET',
      path,
      tag,
      summary: 'All, in the order in which messages pass them.',
      permission: 'read',
      replies: { 200: Type.Array(Shown) },
    }),
    create: operation({
      id: `create${id}`,
      method: 'POST',
      path,
      tag,
      summary: 'Add one at the end; it works at once and is kept.',
      permission: 'write',
      body: Body,
      bodyBytesMax: BODY_BYTES_MAX,
      replies: { 201: Shown },
      errors: [400, 409],
    }),
    update: operation({
      id: `update${id}`,
      method: 'PUT',
      path,
      tag,
      summary: 'Replace the one of this name; its place and its numbers stay.',
      permission: 'write',
      body: Body,
      bodyBytesMax: BODY_BYTES_MAX,
      replies: { 200: Shown },
      errors: [400, 404, 409],
    }),
    reorder: operation({
      id: `reorder${id}s`,
      method: 'POST',
      path: `${path}/reorder`,
      tag,
      summary: 'Put all into another order.',
      permission: 'write',
      body: Type.Object(
        { order: Type.Array(Type.String(), { maxItems: 1000, description: 'All names.' }) },
        { additionalProperties: false },
      ),
      replies: { 204: empty('Done.') },
      errors: [400, 409],
    }),
  }
}

/** Operations on one of them. */
function oneOperations<P extends TProperties>({ tag, path, one, id }: StepKind, fields: P) {
  const Shown = Type.Unsafe<Readonly<Record<string, unknown>>>(
    Type.Object(fields, { additionalProperties: true }),
  )
  const onePath = `${path}/${one}/{name}`
  return {
    get: operation({
      id: `get${id}`,
      method: 'GET',
      path: onePath,
      tag,
      summary: 'One.',
      permission: 'read',
      params: StepName,
      replies: { 200: Shown },
      errors: [404],
    }),
    remove: operation({
      id: `delete${id}`,
      method: 'DELETE',
      path: onePath,
      tag,
      summary: 'Remove one.',
      permission: 'write',
      params: StepName,
      replies: { 204: empty('Removed.') },
      errors: [404, 409],
    }),
    enable: operation({
      id: `enable${id}`,
      method: 'POST',
      path: `${onePath}/enable/{enable}`,
      tag,
      summary: 'Switch one on or off.',
      permission: 'write',
      params: Type.Object({
        name: Type.String({ minLength: 1, maxLength: 255 }),
        enable: oneOf(['true', 'false']),
      }),
      replies: { 204: empty('Done.') },
      errors: [400, 404, 409],
    }),
  }
}

/** Numbers of one of them. */
function numbers({ tag, path, one, id }: StepKind) {
  const onePath = `${path}/${one}/{name}`
  return {
    metrics: operation({
      id: `get${id}Metrics`,
      method: 'GET',
      path: `${onePath}/metrics`,
      tag,
      summary: 'Numbers of one since the start or the last reset.',
      permission: 'read',
      params: StepName,
      replies: { 200: MetricsReply },
      errors: [404],
    }),
    resetMetrics: operation({
      id: `reset${id}Metrics`,
      method: 'POST',
      path: `${onePath}/metrics/reset`,
      tag,
      summary: 'Set the numbers of one to zero.',
      permission: 'write',
      params: StepName,
      replies: { 204: empty('Done.') },
      errors: [404],
    }),
  }
}

/** The operations of validations or of transformations. */
export type StepOperations = ReturnType<typeof stepOperations>

export const validationOperations = stepOperations(
  {
    tag: 'Schema Validation',
    path: '/schema_validations',
    one: 'validation',
    id: 'Validation',
  },
  validation,
)

export const transformationOperations = stepOperations(
  {
    tag: 'Message Transformation',
    path: '/message_transformations',
    one: 'transformation',
    id: 'Transformation',
  },
  transformation,
)

const Message = Type.Object(
  {
    topic: Type.String({ minLength: 1, maxLength: 65_535 }),
    payload: Type.String({ description: 'Written as `payload_encoding` says.' }),
    payload_encoding: Type.Optional(PayloadEncoding),
    clientid: Type.Optional(Type.String()),
    username: Type.Optional(Type.String()),
    peername: Type.Optional(Type.String()),
    qos: Type.Optional(Type.Unsafe<0 | 1 | 2>({ type: 'integer', enum: [0, 1, 2] })),
    retain: Type.Optional(Type.Boolean()),
    user_property: Type.Optional(AnyMap),
    pub_props: Type.Optional(AnyMap),
    client_attrs: Type.Optional(AnyMap),
  },
  { additionalProperties: false },
)

/** A message for a trial. */
export type DryRunMessage = Static<typeof Message>

export const dryRunValidation = operation({
  id: 'dryRunValidation',
  method: 'POST',
  path: '/schema_validations/dryrun',
  tag: 'Schema Validation',
  summary: 'Whether a message would pass a validation.',
  permission: 'write',
  body: Type.Object(
    { validation: Type.Object(validation, { additionalProperties: false }), message: Message },
    { additionalProperties: false },
  ),
  bodyBytesMax: BODY_BYTES_MAX,
  replies: {
    200: Type.Object({
      passed: Type.Boolean(),
      reason: Type.Optional(Type.String({ description: 'Why it does not pass.' })),
    }),
  },
  errors: [400],
})

export const dryRunTransformation = operation({
  id: 'dryRunTransformation',
  method: 'POST',
  path: '/message_transformations/dryrun',
  tag: 'Message Transformation',
  summary: 'What a transformation would make of a message.',
  permission: 'write',
  body: Type.Object(
    {
      transformation: Type.Object(transformation, { additionalProperties: false }),
      message: Message,
    },
    { additionalProperties: false },
  ),
  bodyBytesMax: BODY_BYTES_MAX,
  replies: {
    200: Type.Object({
      topic: Type.String(),
      payload: Type.String(),
      payload_encoding: Type.Optional(PayloadEncoding),
      qos: Type.Integer(),
      retain: Type.Boolean(),
      user_property: AnyMap,
    }),
  },
  errors: [400],
})
