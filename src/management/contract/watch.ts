/** Topics whose messages are counted, and subscribers that are slow. */
import { Type } from 'typebox'
import { closed, mqttText, oneOf, pageOf, pageQuery, pathText, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

/** Topics that are counted at a time. */
export const WATCHED_TOPICS_MAX = 512
const Topic = pathText('topic', 'Topic, percent-encoded.')

const TopicMetrics = Type.Object({
  topic: Type.String(),
  create_time: Timestamp,
  reset_time: Type.Optional(Timestamp),
  metrics: Type.Record(Type.String(), Type.Number(), {
    description: '`message.in.count`, `message.qos1.out.rate` and so on; rates per second.',
  }),
})

export const listTopicMetrics = operation({
  id: 'listTopicMetrics',
  method: 'GET',
  path: '/mqtt/topic_metrics',
  tag: 'MQTT',
  summary: 'Topics whose messages are counted.',
  permission: 'read',
  replies: { 200: Type.Array(TopicMetrics) },
})

export const createTopicMetrics = operation({
  id: 'createTopicMetrics',
  method: 'POST',
  path: '/mqtt/topic_metrics',
  tag: 'MQTT',
  summary: 'Count the messages of a topic from now on.',
  permission: 'write',
  body: closed({ topic: mqttText('Topic without wildcards.') }),
  replies: { 204: empty('Counted from now on.') },
  errors: [409, 413],
})

export const resetTopicMetrics = operation({
  id: 'resetTopicMetrics',
  method: 'PUT',
  path: '/mqtt/topic_metrics',
  tag: 'MQTT',
  summary: 'Count from 0 again: one topic, or all.',
  permission: 'write',
  body: closed({ topic: Type.Optional(mqttText('Topic.')), action: oneOf(['reset']) }),
  replies: { 204: empty('Done.') },
  errors: [404],
})

export const getTopicMetrics = operation({
  id: 'getTopicMetrics',
  method: 'GET',
  path: '/mqtt/topic_metrics/{topic}',
  tag: 'MQTT',
  summary: 'One topic whose messages are counted.',
  permission: 'read',
  params: Topic,
  replies: { 200: TopicMetrics },
  errors: [404],
})

export const deleteTopicMetrics = operation({
  id: 'deleteTopicMetrics',
  method: 'DELETE',
  path: '/mqtt/topic_metrics/{topic}',
  tag: 'MQTT',
  summary: 'Count the messages of a topic no more.',
  permission: 'write',
  params: Topic,
  replies: { 204: empty('Done.') },
  errors: [404],
})

const tag = 'Slow Subscriptions'
const SlowSettings = closed({
  enable: Type.Optional(Type.Boolean()),
  threshold: Type.Optional(Type.String({ description: 'Such as `500ms`.' })),
  expire_interval: Type.Optional(Type.String()),
  top_k_num: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  stats_type: Type.Optional(oneOf(['whole', 'internal', 'response'])),
})

export const listSlowSubscriptions = operation({
  id: 'listSlowSubscriptions',
  method: 'GET',
  path: '/slow_subscriptions',
  tag,
  summary: 'Clients to which messages of QoS 1 and 2 took longest.',
  permission: 'read',
  query: Type.Object(pageQuery),
  replies: {
    200: pageOf(
      Type.Object({
        clientid: Type.String(),
        node: Type.String(),
        topic: Type.String(),
        timespan: Type.Integer({ description: 'Milliseconds.' }),
        last_update_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
      }),
    ),
  },
})

export const clearSlowSubscriptions = operation({
  id: 'clearSlowSubscriptions',
  method: 'DELETE',
  path: '/slow_subscriptions',
  tag,
  summary: 'Forget them.',
  permission: 'write',
  replies: { 204: empty('Forgotten.') },
})

export const getSlowSettings = operation({
  id: 'getSlowSettings',
  method: 'GET',
  path: '/slow_subscriptions/settings',
  tag,
  summary: 'When a subscriber counts as slow.',
  permission: 'read',
  replies: { 200: SlowSettings },
})

export const putSlowSettings = operation({
  id: 'putSlowSettings',
  method: 'PUT',
  path: '/slow_subscriptions/settings',
  tag,
  summary: 'Change when a subscriber counts as slow.',
  permission: 'write',
  body: SlowSettings,
  replies: { 200: SlowSettings },
  errors: [409],
})
