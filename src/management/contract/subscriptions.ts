/** Subscriptions of all clients, and what is routed. */
import { Type } from 'typebox'
import { Subscription } from './clients.ts'
import { mqttText, pageOf, pageQuery, pathText, Qos } from './common.ts'
import { empty, operation } from './operation.ts'

export const listSubscriptions = operation({
  id: 'listSubscriptions',
  method: 'GET',
  path: '/subscriptions',
  tag: 'Subscriptions',
  summary: 'Subscriptions that match all conditions.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    node: Type.Optional(Type.String()),
    clientid: Type.Optional(mqttText('Client identifier.')),
    qos: Type.Optional(Qos),
    topic: Type.Optional(mqttText('Filter as its client wrote it.')),
    match_topic: Type.Optional(mqttText('Filters that match this topic.')),
    share_group: Type.Optional(mqttText('Group of shared subscriptions.')),
    durable: Type.Optional(Type.Boolean()),
  }),
  replies: { 200: pageOf(Subscription) },
})

export const listExclusive = operation({
  id: 'listExclusive',
  method: 'GET',
  path: '/exclusive_subscriptions',
  tag: 'Subscriptions',
  summary: 'Topics held exclusively, and by whom.',
  permission: 'read',
  query: Type.Object(pageQuery),
  replies: {
    200: pageOf(
      Type.Object({
        topic: Type.String({ description: 'With its mountpoint, without `$exclusive/`.' }),
        clientid: Type.String(),
        node: Type.String(),
      }),
    ),
  },
})

export const deleteExclusive = operation({
  id: 'deleteExclusive',
  method: 'DELETE',
  path: '/exclusive_subscriptions/{topic}',
  tag: 'Subscriptions',
  summary: 'End the subscription that holds a topic, so that another client can have it.',
  permission: 'write',
  params: pathText('topic', 'As it is listed.'),
  replies: { 204: empty('The topic is free.') },
  errors: [404],
})

const Topic = Type.Object({
  topic: Type.String({ description: 'Filter.' }),
  node: Type.String(),
  session: Type.Optional(Type.String()),
})

export const listTopics = operation({
  id: 'listTopics',
  method: 'GET',
  path: '/topics',
  tag: 'Topics',
  summary: 'Filters that anybody has subscribed to.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    node: Type.Optional(Type.String()),
    topic: Type.Optional(mqttText('Only this filter.')),
  }),
  replies: { 200: pageOf(Topic) },
})

/** Levels of one reply. */
export const LEVELS_MAX = 1000

export const listTopicLevels = operation({
  id: 'listTopicLevels',
  method: 'GET',
  path: '/topic_levels',
  tag: 'Topics',
  summary: 'The levels right below a topic: of messages met lately, filters, retained messages.',
  permission: 'read',
  query: Type.Object({
    parent: Type.Optional(
      Type.String({ maxLength: 65_535, description: 'Topic; without it the first levels.' }),
    ),
    after: Type.Optional(
      Type.String({ maxLength: 65_535, description: 'Only levels behind this one.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LEVELS_MAX, default: 200 })),
  }),
  replies: {
    200: Type.Object({
      data: Type.Array(
        Type.Object({
          name: Type.String(),
          topic: Type.String({ description: 'With the levels above.' }),
          topics: Type.Integer({ description: 'Topics met here or below; at least so many.' }),
          filters: Type.Integer({ description: 'Filters here or below.' }),
          met: Type.Boolean({ description: 'Messages came on just this topic.' }),
          retained: Type.Boolean({ description: 'It has a retained message.' }),
          deeper: Type.Boolean({ description: 'There are levels below.' }),
        }),
      ),
      meta: Type.Object({ hasnext: Type.Boolean() }),
    }),
  },
})

export const getTopic = operation({
  id: 'getTopic',
  method: 'GET',
  path: '/topics/{topic}',
  tag: 'Topics',
  summary: 'Where a filter is routed to.',
  permission: 'read',
  params: pathText('topic', 'Filter.'),
  replies: { 200: Type.Array(Topic) },
  errors: [404],
})
