/** Listeners: where clients connect. */
import { Type } from 'typebox'
import { oneOf, pathText, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Listeners'
export const LISTENER_TYPES = ['tcp', 'ssl', 'ws', 'wss'] as const
const ListenerType = oneOf(LISTENER_TYPES)
const ListenerId = pathText('id', '`type:name`, such as `tcp:default`.')

const Limit = Type.Union([Type.Integer(), oneOf(['infinity'])])
const Status = Type.Object({
  running: Type.Boolean(),
  max_connections: Limit,
  current_connections: Type.Integer(),
})
const NodeStatus = Type.Object({ node: Type.String(), status: Status })

/** What a listener of TLS shows its clients. */
const Certificate = Type.Object({
  file: Type.String(),
  subject: Type.Optional(Type.String()),
  issuer: Type.Optional(Type.String()),
  names: Type.Optional(Type.String({ description: 'Hosts it is for.' })),
  valid_from: Type.Optional(Timestamp),
  valid_to: Type.Optional(Timestamp),
  problem: Type.Optional(Type.String({ description: 'Why the file tells nothing.' })),
})

const Summary = Type.Object({
  id: Type.String(),
  type: ListenerType,
  name: Type.String(),
  enable: Type.Boolean(),
  bind: Type.String(),
  zone: Type.String({ description: 'Zone whose settings hold for its clients.' }),
  acceptors: Type.Integer(),
  number: Type.Integer({ description: 'Nodes that have it.' }),
  status: Status,
  node_status: Type.Array(NodeStatus),
  certificate: Type.Optional(Certificate),
})

/** All fields that the configuration has for its type; see the reference of the configuration. */
const Listener = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object(
    {
      id: Type.String(),
      type: ListenerType,
      name: Type.String(),
      enable: Type.Boolean(),
      bind: Type.String(),
      running: Type.Boolean(),
      current_connections: Type.Integer(),
    },
    { additionalProperties: true },
  ),
)

/** Fields of the configuration, and those that a reader of the listener got beside them. */
const ListenerChange = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object({ bind: Type.Optional(Type.String()) }, { additionalProperties: true }),
)
const NewListener = Type.Unsafe<
  Readonly<Record<string, unknown>> & {
    readonly type: (typeof LISTENER_TYPES)[number]
    readonly name: string
  }
>(
  Type.Object(
    {
      type: ListenerType,
      name: Type.String({ pattern: '^[0-9A-Za-z][-_0-9A-Za-z]{0,254}$' }),
      bind: Type.String(),
    },
    { additionalProperties: true },
  ),
)

export const listListeners = operation({
  id: 'listListeners',
  method: 'GET',
  path: '/listeners',
  tag,
  summary: 'Listeners for MQTT, running or not.',
  permission: 'read',
  query: Type.Object({ type: Type.Optional(ListenerType) }),
  replies: { 200: Type.Array(Summary) },
})

export const createListener = operation({
  id: 'createListener',
  method: 'POST',
  path: '/listeners',
  tag,
  summary: 'Make a listener and start it, unless `enable` is false.',
  permission: 'write',
  body: NewListener,
  replies: { 200: Listener },
  errors: [409],
})

export const getListener = operation({
  id: 'getListener',
  method: 'GET',
  path: '/listeners/{id}',
  tag,
  summary: 'One listener with its configuration.',
  permission: 'read',
  params: ListenerId,
  replies: { 200: Listener },
  errors: [404],
})

export const updateListener = operation({
  id: 'updateListener',
  method: 'PUT',
  path: '/listeners/{id}',
  tag,
  summary: 'Change a listener. Only what concerns its socket ends its connections.',
  permission: 'write',
  params: ListenerId,
  body: ListenerChange,
  replies: { 200: Listener },
  errors: [404, 409],
})

export const deleteListener = operation({
  id: 'deleteListener',
  method: 'DELETE',
  path: '/listeners/{id}',
  tag,
  summary: 'Stop a listener and remove it.',
  permission: 'write',
  params: ListenerId,
  replies: { 204: empty('Removed.') },
  errors: [404, 409],
})

function change<const Id extends string, const Verb extends string>(
  id: Id,
  verb: Verb,
  summary: string,
) {
  return operation({
    id,
    method: 'POST',
    path: `/listeners/{id}/${verb}`,
    tag,
    summary,
    permission: 'write',
    params: ListenerId,
    replies: { 200: empty('Done.') },
    errors: [404, 409],
  })
}

export const startListener = change('startListener', 'start', 'Start a listener.')
export const stopListener = change(
  'stopListener',
  'stop',
  'Stop a listener, which ends its connections; it stays stopped after a restart.',
)
export const restartListener = change('restartListener', 'restart', 'Stop and start a listener.')

export const getListenersStatus = operation({
  id: 'getListenersStatus',
  method: 'GET',
  path: '/listeners_status',
  tag,
  summary: 'Listeners by type.',
  permission: 'read',
  replies: {
    200: Type.Array(
      Type.Object({
        type: ListenerType,
        enable: Type.Boolean(),
        ids: Type.Array(Type.String()),
        status: Status,
        node_status: Type.Array(NodeStatus),
      }),
    ),
  },
})
