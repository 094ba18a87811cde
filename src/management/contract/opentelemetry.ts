/** Export of numbers, log lines and traces, and lists of what is always traced. */
import { Type } from 'typebox'
import { mqttText, oneOf } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'OpenTelemetry'

/** What stands under `opentelemetry` in the configuration; see the reference of that. */
const Settings = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object(
    {
      exporter: Type.Optional(Type.Object({}, { additionalProperties: true })),
      metrics: Type.Optional(Type.Object({}, { additionalProperties: true })),
      logs: Type.Optional(Type.Object({}, { additionalProperties: true })),
      traces: Type.Optional(Type.Object({}, { additionalProperties: true })),
    },
    { additionalProperties: false },
  ),
)

export const getOpenTelemetry = operation({
  id: 'getOpenTelemetry',
  method: 'GET',
  path: '/opentelemetry',
  tag,
  summary: 'What is exported to a collector, and where that is; headers are shown as `******`.',
  permission: 'read',
  replies: { 200: Settings },
})

export const putOpenTelemetry = operation({
  id: 'putOpenTelemetry',
  method: 'PUT',
  path: '/opentelemetry',
  tag,
  summary: 'Change what is exported. What comes as `******` stays as it is.',
  permission: 'write',
  body: Settings,
  replies: { 200: Settings },
  errors: [409],
})

const ListParams = Type.Object({
  type: oneOf(['clientid', 'topic'], 'Client identifiers, or filters of topics.'),
})
const List = Type.Array(mqttText('A client identifier, or a topic filter.'))

export const getTraceWhitelist = operation({
  id: 'getTraceWhitelist',
  method: 'GET',
  path: '/opentelemetry/whitelist/{type}',
  tag,
  summary: 'What is always traced in mode `e2e`.',
  permission: 'read',
  params: ListParams,
  replies: { 200: List },
})

export const setTraceWhitelist = operation({
  id: 'setTraceWhitelist',
  method: 'POST',
  path: '/opentelemetry/whitelist/{type}',
  tag,
  summary: 'Replace the list of what is always traced.',
  permission: 'write',
  params: ListParams,
  body: List,
  replies: { 204: empty('It is obeyed by all shards.') },
  errors: [409],
})

export const clearTraceWhitelist = operation({
  id: 'clearTraceWhitelist',
  method: 'DELETE',
  path: '/opentelemetry/whitelist/{type}',
  tag,
  summary: 'Empty the list of what is always traced.',
  permission: 'write',
  params: ListParams,
  replies: { 204: empty('It is empty.') },
  errors: [409],
})
