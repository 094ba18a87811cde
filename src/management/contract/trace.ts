/** Traces: what happened to a client, topic, address or rule. */
import { Type } from 'typebox'
import { closed, oneOf, pathText, TimeInput, Timestamp } from './common.ts'
import { empty, file, operation } from './operation.ts'

/** Traces that there may be. */
export const TRACES_MAX = 30
const TAG = 'Trace'
const Name = pathText('name', 'Name of the trace.')
const Kind = oneOf(['clientid', 'topic', 'ip_address', 'ruleid'])
const PayloadEncode = oneOf(['text', 'hex', 'hidden'], 'How payloads are shown.')
const Formatter = oneOf(['text', 'json'], 'Form of a line.')

const Trace = Type.Object({
  name: Type.String(),
  type: Kind,
  clientid: Type.Optional(Type.String()),
  topic: Type.Optional(Type.String()),
  ip_address: Type.Optional(Type.String()),
  ruleid: Type.Optional(Type.String()),
  status: oneOf(['waiting', 'running', 'stopped']),
  payload_encode: PayloadEncode,
  formatter: Formatter,
  start_at: Timestamp,
  end_at: Timestamp,
  log_size: Type.Record(Type.String(), Type.Integer(), { description: 'Bytes, by node.' }),
})

export const listTraces = operation({
  id: 'listTraces',
  method: 'GET',
  path: '/trace',
  tag: TAG,
  summary: 'All traces, that which began last first.',
  permission: 'read',
  replies: { 200: Type.Array(Trace) },
})

const Value = Type.Optional(Type.String({ minLength: 1, maxLength: 65_535 }))
const Time = Type.Optional(Type.Union([TimeInput, Type.Integer({ minimum: 0 })]))

export const createTrace = operation({
  id: 'createTrace',
  method: 'POST',
  path: '/trace',
  tag: TAG,
  summary:
    `Note what happens to the client, topic (or filter), address or rule that the field of the ` +
    `name of \`type\` names. At most ${TRACES_MAX}; each ends after its time or with 64 MiB.`,
  permission: 'write',
  body: closed({
    name: Type.String({
      // The name of its file is somewhat longer, and may have 255.
      maxLength: 240,
      pattern: '^[A-Za-z]+[A-Za-z0-9_-]*$',
      description: 'Begins with a letter; letters, digits, `_`, `-`.',
    }),
    type: Kind,
    clientid: Value,
    topic: Value,
    ip_address: Value,
    ruleid: Value,
    payload_encode: Type.Optional(PayloadEncode),
    formatter: Type.Optional(Formatter),
    start_at: Time,
    end_at: Time,
  }),
  replies: { 200: Trace },
  errors: [409],
})

export const deleteTraces = operation({
  id: 'deleteTraces',
  method: 'DELETE',
  path: '/trace',
  tag: TAG,
  summary: 'Remove all traces and their logs.',
  permission: 'write',
  replies: { 204: empty('Removed.') },
})

export const deleteTrace = operation({
  id: 'deleteTrace',
  method: 'DELETE',
  path: '/trace/{name}',
  tag: TAG,
  summary: 'Remove a trace and its log.',
  permission: 'write',
  params: Name,
  replies: { 204: empty('Removed.') },
  errors: [404],
})

export const stopTrace = operation({
  id: 'stopTrace',
  method: 'PUT',
  path: '/trace/{name}/stop',
  tag: TAG,
  summary: 'End a trace; its log stays.',
  permission: 'write',
  params: Name,
  replies: { 200: Trace },
  errors: [404],
})

export const downloadTrace = operation({
  id: 'downloadTrace',
  method: 'GET',
  path: '/trace/{name}/download',
  tag: TAG,
  summary: 'The whole log as a zip archive.',
  permission: 'read',
  params: Name,
  query: Type.Object({ node: Type.Optional(Type.String()) }),
  replies: { 200: file('An archive.', 'application/zip') },
  errors: [404],
})

export const getTraceLog = operation({
  id: 'getTraceLog',
  method: 'GET',
  path: '/trace/{name}/log',
  tag: TAG,
  summary: 'A part of a log, cut at a line; ask on with `meta.position` to follow it.',
  permission: 'read',
  params: Name,
  query: Type.Object({
    bytes: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 4 * 1024 * 1024, description: 'At most; 1000.' }),
    ),
    position: Type.Optional(Type.Integer({ minimum: 0, description: 'Where to begin; 0.' })),
    node: Type.Optional(Type.String()),
  }),
  replies: {
    200: Type.Object({
      items: Type.String(),
      meta: Type.Object({
        position: Type.Integer({ description: 'Where to go on.' }),
        bytes: Type.Integer({ description: 'As asked for.' }),
        hint: Type.Optional(oneOf(['eof'], 'Nothing more is there yet.')),
      }),
    }),
  },
  errors: [404],
})

export const getTraceLogDetail = operation({
  id: 'getTraceLogDetail',
  method: 'GET',
  path: '/trace/{name}/log_detail',
  tag: TAG,
  summary: 'Size and time of a log.',
  permission: 'read',
  params: Name,
  replies: {
    200: Type.Array(
      Type.Object({
        node: Type.String(),
        size: Type.Integer({ description: 'Bytes.' }),
        mtime: Type.Integer({ description: 'Milliseconds since 1970.' }),
      }),
    ),
  },
  errors: [404],
})
