import { randomUUID } from 'node:crypto'
import type { OperatorMessage, PublishOutcome } from '#broker/operator/views.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { publish, publishBulk, type PublishMessage } from '../contract/publish.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest } from '../http/api-error.ts'
import { ok, reply, type Route, route } from '../http/route.ts'

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

/** Publishing over HTTP. */
export function publishRoutes(context: ManagementContext): readonly Route[] {
  return [
    route(publish, async ({ body }) => {
      const [outcome] = await publishAll(context, [toMessage(body, 'body')])
      if (outcome === undefined) throw new Error('a publish has an outcome')
      const status = statusOf(outcome)
      if (status === 200) return ok(accepted())
      return reply(status, refused(outcome))
    }),
    route(publishBulk, async ({ body }) => {
      const messages = body.map((message, index) => toMessage(message, `body.${index}`))
      const outcomes = await publishAll(context, messages)
      const status = outcomes.map(statusOf).reduce(worse, 200)
      const results = outcomes.map((outcome) => {
        return statusOf(outcome) === 200 ? accepted() : refused(outcome)
      })
      return reply(status, results)
    }),
  ]
}

type Status = 200 | 202 | 400 | 503

/** Each topic by one shard, so that its messages keep their order. */
async function publishAll(
  { shards }: ManagementContext,
  messages: readonly OperatorMessage[],
): Promise<readonly PublishOutcome[]> {
  const lots = new Map<number, number[]>()
  for (const [index, { topic }] of messages.entries()) {
    const shard = shards.shardForTopic(topic)
    const lot = lots.get(shard)
    if (lot === undefined) lots.set(shard, [index])
    else lot.push(index)
  }
  const outcomes = messages.map((): PublishOutcome => ({ reason: 0, detail: '' }))
  const calls = [...lots].map(async ([shard, indexes]) => {
    const lot = indexes.flatMap((index) => messages[index] ?? [])
    const results = await shards.call(shard, 'publish', lot)
    for (const [at, result] of results.entries()) outcomes[indexes[at] ?? 0] = result
  })
  await Promise.all(calls)
  return outcomes
}

function toMessage(message: PublishMessage, path: string): OperatorMessage {
  const { properties = {}, payload, payload_encoding: encoding = 'plain' } = message
  if (encoding === 'base64' && !BASE64.test(payload)) {
    throw badRequest(`${path}.payload is not base64.`)
  }
  const { user_properties: user, correlation_data: correlation } = properties
  const { payload_format_indicator: format, message_expiry_interval: expiry } = properties
  const { response_topic: responseTopic, content_type: contentType } = properties
  return {
    topic: message.topic,
    payload: Buffer.from(payload, encoding === 'base64' ? 'base64' : 'utf8'),
    qos: message.qos ?? 0,
    retain: message.retain ?? false,
    publisher: message.clientid ?? '',
    username: undefined,
    properties: {
      ...(format !== undefined && { payloadFormatIndicator: format }),
      ...(expiry !== undefined && { messageExpirySeconds: expiry }),
      ...(responseTopic !== undefined && { responseTopic }),
      ...(contentType !== undefined && { contentType }),
      ...(correlation !== undefined && { correlationData: Buffer.from(correlation) }),
      ...(user !== undefined && { userProperties: Object.entries(user) }),
    },
  }
}

function statusOf({ reason }: PublishOutcome): Status {
  switch (reason) {
    case ReasonCode.SUCCESS:
      return 200
    case ReasonCode.NO_MATCHING_SUBSCRIBERS:
      return 202
    case ReasonCode.TOPIC_NAME_INVALID:
    case ReasonCode.PACKET_TOO_LARGE:
      return 400
    default:
      return 503
  }
}

function worse(a: Status, b: Status): Status {
  return a > b ? a : b
}

function accepted() {
  return { id: randomUUID().replaceAll('-', '').toUpperCase() }
}

function refused({ reason, detail }: PublishOutcome) {
  return { reason_code: reason, message: detail }
}
