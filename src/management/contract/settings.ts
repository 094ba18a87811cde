/** Settings that are changed at run time as a whole: a list, or a group of keys. */
import { Type } from 'typebox'
import { Bit, closed, mqttText, oneOf, Qos } from './common.ts'
import { operation } from './operation.ts'

const Rewrite = closed({
  action: oneOf(['subscribe', 'publish', 'all']),
  source_topic: mqttText('Filter that the topic must match.'),
  dest_topic: mqttText('New topic; may hold `$1` … `$N`, `${clientid}`, `${username}`.'),
  re: Type.String({ minLength: 1, maxLength: 4096, description: 'Regular expression.' }),
})
const RewriteList = Type.Array(Rewrite)

export const getTopicRewrite = operation({
  id: 'getTopicRewrite',
  method: 'GET',
  path: '/mqtt/topic_rewrite',
  tag: 'MQTT',
  summary: 'Rules for rewriting topics.',
  permission: 'read',
  replies: { 200: RewriteList },
})

export const putTopicRewrite = operation({
  id: 'putTopicRewrite',
  method: 'PUT',
  path: '/mqtt/topic_rewrite',
  tag: 'MQTT',
  summary: 'Replace the rules for rewriting topics; at most 30.',
  permission: 'write',
  body: RewriteList,
  replies: { 200: RewriteList },
  errors: [409, 413],
})

const AutoSubscribeList = Type.Array(
  closed({
    topic: mqttText('Filter; may hold `${clientid}`, `${username}`, `${host}`, `${port}`.'),
    qos: Type.Optional(Qos),
    rh: Type.Optional(Qos),
    rap: Type.Optional(Bit),
    nl: Type.Optional(Bit),
  }),
)

export const getAutoSubscribe = operation({
  id: 'getAutoSubscribe',
  method: 'GET',
  path: '/mqtt/auto_subscribe',
  tag: 'Auto Subscribe',
  summary: 'Subscriptions that every client gets when it connects.',
  permission: 'read',
  replies: { 200: AutoSubscribeList },
})

export const putAutoSubscribe = operation({
  id: 'putAutoSubscribe',
  method: 'PUT',
  path: '/mqtt/auto_subscribe',
  tag: 'Auto Subscribe',
  summary: 'Replace these subscriptions, for clients that connect from now on; at most 30.',
  permission: 'write',
  body: AutoSubscribeList,
  replies: { 200: AutoSubscribeList },
  errors: [409],
})

const Delayed = closed({
  enable: Type.Optional(Type.Boolean()),
  max_delayed_messages: Type.Optional(
    Type.Integer({ minimum: 0, description: '0 sets no limit.' }),
  ),
})

export const getDelayedSettings = operation({
  id: 'getDelayedSettings',
  method: 'GET',
  path: '/mqtt/delayed',
  tag: 'MQTT',
  summary: 'Settings of delayed messages.',
  permission: 'read',
  replies: { 200: Delayed },
})

export const putDelayedSettings = operation({
  id: 'putDelayedSettings',
  method: 'PUT',
  path: '/mqtt/delayed',
  tag: 'MQTT',
  summary: 'Change settings of delayed messages.',
  permission: 'write',
  body: Delayed,
  replies: { 200: Delayed },
  errors: [409],
})

const Written = Type.Union([Type.String(), Type.Integer()])
const Retainer = closed({
  enable: Type.Optional(Type.Boolean()),
  msg_expiry_interval: Type.Optional(Type.String()),
  msg_clear_interval: Type.Optional(Type.String()),
  max_payload_size: Type.Optional(Written),
  stop_publish_clear_msg: Type.Optional(Type.Boolean()),
  delivery_rate: Type.Optional(Type.String()),
  backend: Type.Optional(
    closed({
      max_retained_messages: Type.Optional(Type.Integer({ minimum: 0 })),
      max_total_bytes: Type.Optional(Written),
    }),
  ),
})

export const getRetainerSettings = operation({
  id: 'getRetainerSettings',
  method: 'GET',
  path: '/mqtt/retainer',
  tag: 'Retainer',
  summary: 'Settings of retained messages.',
  permission: 'read',
  replies: { 200: Retainer },
})

export const putRetainerSettings = operation({
  id: 'putRetainerSettings',
  method: 'PUT',
  path: '/mqtt/retainer',
  tag: 'Retainer',
  summary: 'Change settings of retained messages.',
  permission: 'write',
  body: Retainer,
  replies: { 200: Retainer },
  errors: [409],
})
