/** Messages on their way to one client, and its keep alive. */
import { Type } from 'typebox'
import { closed, oneOf, PAGE_LIMIT_MAX, pathText, Qos } from './common.ts'
import { operation } from './operation.ts'

const tag = 'Clients'
const ClientId = pathText('clientid', 'Client identifier.')

const MessagesQuery = Type.Object({
  payload: Type.Optional(
    oneOf(['none', 'base64', 'plain'], 'How payloads are shown; base64 unless said otherwise.'),
  ),
  max_payload_bytes: Type.Optional(
    Type.String({ maxLength: 20, description: 'Of one page, such as `1MB`.' }),
  ),
  position: Type.Optional(Type.String({ maxLength: 300, description: '`meta.position` before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMIT_MAX, default: 100 })),
})

const message = {
  msgid: Type.String(),
  topic: Type.String(),
  qos: Qos,
  publish_at: Type.Integer({ description: 'Milliseconds since 1970.' }),
  from_clientid: Type.String(),
  from_username: Type.String(),
  payload: Type.Optional(Type.String()),
  inserted_at: Type.String(),
}
const meta = Type.Object({
  start: Type.String({ description: 'Position of the first message; `none` without messages.' }),
  position: Type.String({ description: 'Asks for what follows; `end_of_data` at the end.' }),
})

export const listQueuedMessages = operation({
  id: 'listQueuedMessages',
  method: 'GET',
  path: '/clients/{clientid}/mqueue_messages',
  tag,
  summary: 'Messages that wait in the queue of a client.',
  permission: 'read',
  params: ClientId,
  query: MessagesQuery,
  replies: {
    200: Type.Object({
      data: Type.Array(
        Type.Object({
          ...message,
          mqueue_priority: Type.Union([Type.Integer(), oneOf(['infinity'])]),
        }),
      ),
      meta,
    }),
  },
  errors: [404],
})

export const listInflightMessages = operation({
  id: 'listInflightMessages',
  method: 'GET',
  path: '/clients/{clientid}/inflight_messages',
  tag,
  summary: 'Messages that were sent to a client and not acknowledged yet.',
  permission: 'read',
  params: ClientId,
  query: MessagesQuery,
  replies: { 200: Type.Object({ data: Type.Array(Type.Object(message)), meta }) },
  errors: [404],
})

export const setKeepAlive = operation({
  id: 'setKeepAlive',
  method: 'PUT',
  path: '/clients/{clientid}/keepalive',
  tag,
  summary: 'Change the keep alive of a connected client; 0 switches it off.',
  permission: 'write',
  params: ClientId,
  body: closed({ interval: Type.Integer({ minimum: 0, maximum: 65_535, description: 's' }) }),
  replies: { 200: Type.Object({}) },
  errors: [404],
})
