import type { DelayedView } from '#broker/operator/views.ts'
import { Gauge, sumOf } from '#broker/metrics.ts'
import {
  cancelDelayed,
  cancelDelayedByTopic,
  DELAYED_SKIP_MAX,
  getDelayed,
  listDelayed,
} from '../contract/delayed.ts'
import type { ManagementContext } from '../context.ts'
import { type ApiError, badRequest, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { checkNode } from './nodes.ts'
import { type Listing, readPage } from './read-page.ts'

/** Messages that are published later. They are in one store: any shard reads them all. */
const ANY_SHARD = 0

/** Messages that are published later. */
export function delayedRoutes(context: ManagementContext): readonly Route[] {
  const { node, shards } = context
  return [
    route(listDelayed, ({ query }) => {
      const listing: Listing<DelayedView, ['string']> = {
        shape: ['string'],
        keyOf: ({ id }) => [id],
        read: async ({ after, skip, limit }) => {
          // One more than the page is asked for.
          if (skip + limit - 1 > DELAYED_SKIP_MAX) throw tooFar()
          const items = await shards.call(ANY_SHARD, 'delayedPage', after?.[0], skip, limit)
          return { items, count: sumOf(node.metrics, Gauge.DELAYED) }
        },
      }
      return readPage(query, listing, (view) => toBody(context, view))
    }),
    route(getDelayed, async ({ params }) => {
      checkNode(context, params.node)
      const view = await shards.call(ANY_SHARD, 'delayedMessage', checkId(params.msgid))
      if (view === undefined) throw noMessage(params.msgid)
      const payload = Buffer.from(view.payload ?? []).toString('base64')
      return ok({ ...toBody(context, view), payload })
    }),
    route(cancelDelayed, async ({ params }) => {
      checkNode(context, params.node)
      const results = await shards.callAll('cancelDelayed', checkId(params.msgid))
      if (!results.includes(true)) throw noMessage(params.msgid)
      return noContent()
    }),
    route(cancelDelayedByTopic, async ({ params: { topic } }) => {
      const counts = await shards.callAll('cancelDelayedMatching', topic)
      if (counts.every((count) => count === 0)) {
        throw notFound(`No message waits for ${topic}.`, 'TOPIC_NOT_FOUND')
      }
      return noContent()
    }),
  ]
}

function tooFar(): ApiError {
  const message = `only the first ${DELAYED_SKIP_MAX} messages have pages; follow meta.cursor.`
  return badRequest(`query.page: ${message}`)
}

function checkId(id: string): string {
  if (/^[0-9a-fA-F]{34}$/.test(id)) return id.toLowerCase()
  throw badRequest('msgid must be 34 hexadecimal digits.', 'MESSAGE_ID_SCHEMA_ERROR')
}

function noMessage(id: string): ApiError {
  return notFound(`No message ${id} waits.`, 'MESSAGE_ID_NOT_FOUND')
}

function toBody({ node }: ManagementContext, view: DelayedView) {
  return {
    msgid: view.id,
    node: node.name,
    topic: view.topic,
    qos: view.qos,
    publish_at: formatTime(view.receivedAtMs),
    expected_at: formatTime(view.dueAtMs),
    delayed_interval: Math.round((view.dueAtMs - view.receivedAtMs) / 1000),
    delayed_remaining: Math.max(0, Math.round((view.dueAtMs - node.nowMs()) / 1000)),
    from_clientid: view.publisher,
    from_username: view.username ?? '',
  }
}
