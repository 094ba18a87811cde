/** Messages that are published later. */
import { Type } from 'typebox'
import { pageOf, pageQuery, pathText, Qos, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'MQTT'
/** Messages that a list passes over: it counts them one by one. */
export const DELAYED_SKIP_MAX = 10_000
const MessageId = Type.Object({
  node: Type.String({ minLength: 1, maxLength: 255, description: 'Name of the node.' }),
  msgid: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the message.' }),
})

const fields = {
  msgid: Type.String(),
  node: Type.String(),
  topic: Type.String(),
  qos: Qos,
  publish_at: Timestamp,
  expected_at: Timestamp,
  delayed_interval: Type.Integer({ description: 'Seconds between both.' }),
  delayed_remaining: Type.Integer({ description: 'Seconds from now.' }),
  from_clientid: Type.String(),
  from_username: Type.String(),
}

export const listDelayed = operation({
  id: 'listDelayed',
  method: 'GET',
  path: '/mqtt/delayed/messages',
  tag,
  summary: 'Messages that wait, the earliest first, without payloads.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: DELAYED_SKIP_MAX })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  }),
  replies: { 200: pageOf(Type.Object(fields)) },
})

export const getDelayed = operation({
  id: 'getDelayed',
  method: 'GET',
  path: '/mqtt/delayed/messages/{node}/{msgid}',
  tag,
  summary: 'One message that waits.',
  permission: 'read',
  params: MessageId,
  replies: {
    200: Type.Object({ ...fields, payload: Type.String({ description: 'In base64.' }) }),
  },
  errors: [404],
})

export const cancelDelayed = operation({
  id: 'cancelDelayed',
  method: 'DELETE',
  path: '/mqtt/delayed/messages/{node}/{msgid}',
  tag,
  summary: 'Cancel a message that waits.',
  permission: 'write',
  params: MessageId,
  replies: { 204: empty('Cancelled.') },
  errors: [404],
})

export const cancelDelayedByTopic = operation({
  id: 'cancelDelayedByTopic',
  method: 'DELETE',
  path: '/mqtt/delayed/messages/{topic}',
  tag,
  summary: 'Cancel all messages that wait for topics which match a filter.',
  permission: 'write',
  params: pathText('topic', 'Topic or filter, percent-encoded.'),
  replies: { 204: empty('Cancelled.') },
  errors: [404],
})
