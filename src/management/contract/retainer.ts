/** Retained messages. */
import { Type } from 'typebox'
import { mqttText, pageOf, pageQuery, pathText, Qos, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Retainer'
const Topic = pathText('topic', 'Topic, percent-encoded.')

const summaryFields = {
  msgid: Type.String(),
  topic: Type.String(),
  qos: Qos,
  publish_at: Timestamp,
  from_clientid: Type.String(),
  from_username: Type.String(),
}
const Filter = Type.Optional(mqttText('Filter; without it all.'))

export const listRetained = operation({
  id: 'listRetained',
  method: 'GET',
  path: '/mqtt/retainer/messages',
  tag,
  summary: 'Retained messages in the order of their topics, without payloads.',
  permission: 'read',
  query: Type.Object({ ...pageQuery, topic: Filter }),
  replies: { 200: pageOf(Type.Object(summaryFields)) },
})

export const deleteAllRetained = operation({
  id: 'deleteAllRetained',
  method: 'DELETE',
  path: '/mqtt/retainer/messages',
  tag,
  summary: 'Delete retained messages whose topic matches; without a filter all of them.',
  permission: 'write',
  query: Type.Object({ topic: Filter }),
  replies: { 204: empty('Deleted.') },
})

export const getRetained = operation({
  id: 'getRetained',
  method: 'GET',
  path: '/mqtt/retainer/message/{topic}',
  tag,
  summary: 'The retained message of a topic.',
  permission: 'read',
  params: Topic,
  replies: {
    200: Type.Object({ ...summaryFields, payload: Type.String({ description: 'In base64.' }) }),
  },
  errors: [404],
})

export const deleteRetained = operation({
  id: 'deleteRetained',
  method: 'DELETE',
  path: '/mqtt/retainer/message/{topic}',
  tag,
  summary: 'Delete the retained message of a topic.',
  permission: 'write',
  params: Topic,
  replies: { 204: empty('Deleted.') },
  errors: [404],
})
