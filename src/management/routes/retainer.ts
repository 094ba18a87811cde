import type { MessageView } from '#broker/operator/views.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { Gauge, sumOf } from '#broker/metrics.ts'
import { validateTopicFilterText } from '#codec/mqtt/topic.ts'
import {
  deleteAllRetained,
  deleteRetained,
  getRetained,
  listRetained,
} from '../contract/retainer.ts'
import type { ManagementContext } from '../context.ts'
import { type ApiError, badCursor, badRequest, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { messageId } from '../message-id.ts'
import { formatTime } from '../time-text.ts'
import { pageMeta, pageRequest } from './page-meta.ts'

const HEX = /^(?:[0-9a-f]{2}){1,1000}$/
/** Topic levels are checked where messages are published. */
const LEVELS_MAX = 65_536

/** Retained messages. They are in one store: any shard reads them all. */
export function retainerRoutes({ node, shards }: ManagementContext): readonly Route[] {
  return [
    route(listRetained, async ({ query }) => {
      const { topic } = query
      const request = pageRequest(query)
      const { page, limit, cursor } = request
      checkFilter(topic)
      if (cursor !== undefined && !HEX.test(cursor)) throw badCursor()
      const range = { from: cursor ?? '', limit, withPayload: false, payloadBytesMax: 1 }
      const skip = cursor === undefined ? ((page ?? 1) - 1) * limit : 0
      const shard = shards.shardForTopic(topic ?? '')
      const part = await shards.call(shard, 'listRetained', topic, skip, range)
      const found = { hasNext: part.next !== undefined, cursor: part.next }
      const count = topic === undefined ? sumOf(node.metrics, Gauge.RETAINED) : undefined
      const meta = pageMeta(request, found, count)
      return ok({ data: part.items.map(toSummary), meta })
    }),
    route(deleteAllRetained, async ({ query: { topic } }) => {
      checkFilter(topic)
      await shards.call(shards.shardForTopic(topic ?? ''), 'removeRetainedMatching', topic)
      return noContent()
    }),
    route(getRetained, async ({ params: { topic } }) => {
      const view = await shards.call(shards.shardForTopic(topic), 'getRetained', topic)
      if (view === undefined) throw noMessage(topic)
      const payload = Buffer.from(view.payload ?? []).toString('base64')
      return ok({ ...toSummary(view), payload })
    }),
    route(deleteRetained, async ({ params: { topic } }) => {
      const found = await shards.call(shards.shardForTopic(topic), 'removeRetained', topic)
      if (!found) throw noMessage(topic)
      return noContent()
    }),
  ]
}

function checkFilter(filter: string | undefined): void {
  const failure = filter === undefined ? undefined : validateTopicFilterText(filter, LEVELS_MAX)
  if (isFailure(failure)) throw badRequest(`query.topic: ${failure.detail}.`, 'BAD_TOPIC')
}

function noMessage(topic: string): ApiError {
  return notFound(`There is no retained message for ${topic}.`, 'TOPIC_NOT_FOUND')
}

function toSummary(view: MessageView) {
  return {
    msgid: messageId(view),
    topic: view.topic,
    qos: view.qos,
    publish_at: formatTime(view.receivedAtMs),
    from_clientid: view.publisher,
    from_username: '',
  }
}
