/** Publishing over HTTP. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { Bit, closed, ErrorBody, mqttText, oneOf, Qos } from './common.ts'
import { operation } from './operation.ts'

const tag = 'Publish'
/** Messages of one request. */
export const BULK_MESSAGES_MAX = 10_000
export const PUBLISH_BODY_BYTES_MAX = 16 * 1024 * 1024

const Text = Type.String({ maxLength: 65_535 })

export const PublishMessage = closed({
  topic: mqttText('Topic to publish to; may begin with `$delayed/<seconds>/`.'),
  payload: Type.String({ description: 'Written as `payload_encoding` says.' }),
  payload_encoding: Type.Optional(oneOf(['plain', 'base64'])),
  qos: Type.Optional(Qos),
  retain: Type.Optional(Type.Boolean({ default: false })),
  clientid: Type.Optional(Type.String({ maxLength: 65_535, description: 'Shown as publisher.' })),
  properties: Type.Optional(
    closed({
      payload_format_indicator: Type.Optional(Bit),
      message_expiry_interval: Type.Optional(
        Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: 'Seconds.' }),
      ),
      response_topic: Type.Optional(Text),
      correlation_data: Type.Optional(Text),
      user_properties: Type.Optional(Type.Record(Type.String({ maxLength: 65_535 }), Text)),
      content_type: Type.Optional(Text),
    }),
  ),
})
export type PublishMessage = Static<typeof PublishMessage>

export const PublishAccepted = Type.Object({ id: Type.String({ description: 'Of the message.' }) })
export const PublishRefused = Type.Object({
  reason_code: Type.Integer({ description: 'Reason code of MQTT 5; 16: nobody subscribes.' }),
  message: Type.String(),
})
/** A refusal by the broker, or a request that is not well-formed. */
const NotPublished = Type.Union([PublishRefused, ErrorBody])
const Outcomes = Type.Array(Type.Union([PublishAccepted, PublishRefused]))

export const publish = operation({
  id: 'publish',
  method: 'POST',
  path: '/publish',
  tag,
  summary: 'Publish a message. With QoS 1 or 2 the answer waits until it is stored.',
  permission: 'publish',
  body: PublishMessage,
  bodyBytesMax: PUBLISH_BODY_BYTES_MAX,
  replies: { 200: PublishAccepted, 202: PublishRefused, 400: NotPublished, 503: NotPublished },
})

export const publishBulk = operation({
  id: 'publishBulk',
  method: 'POST',
  path: '/publish/bulk',
  tag,
  summary: 'Publish messages in their order. The status is that of the worst outcome.',
  permission: 'publish',
  body: Type.Array(PublishMessage, { maxItems: BULK_MESSAGES_MAX }),
  bodyBytesMax: PUBLISH_BODY_BYTES_MAX,
  replies: {
    200: Outcomes,
    202: Outcomes,
    400: Type.Union([Outcomes, ErrorBody]),
    503: Type.Union([Outcomes, ErrorBody]),
  },
})
