import { TOPIC_BYTES_MAX, validateTopicNameText } from '#codec/mqtt/topic.ts'
import {
  clearSlowSubscriptions,
  createTopicMetrics,
  deleteTopicMetrics,
  getSlowSettings,
  getTopicMetrics,
  listSlowSubscriptions,
  listTopicMetrics,
  putSlowSettings,
  resetTopicMetrics,
  WATCHED_TOPICS_MAX,
} from '../contract/watch.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import type { WatchedTopic } from '../observe/topic-metrics.ts'
import { formatTime } from '../time-text.ts'
import { readPage, sortedListing } from './read-page.ts'

/** Topics whose messages are counted, and slow subscribers. */
export function watchRoutes(context: ManagementContext): readonly Route[] {
  return [...topicRoutes(context), ...slowRoutes(context)]
}

function topicRoutes({ topicMetrics }: ManagementContext): readonly Route[] {
  return [
    route(listTopicMetrics, async () => ok((await topicMetrics.read()).map(toBody))),
    route(createTopicMetrics, async ({ body: { topic } }) => {
      const invalid = validateTopicNameText(topic, TOPIC_BYTES_MAX)
      if (invalid !== undefined) throw badRequest(`body.topic: ${invalid.detail}.`, 'BAD_TOPIC')
      if (topicMetrics.has(topic)) {
        throw conflict(`The messages of ${topic} are counted already.`, 'ALREADY_EXISTS')
      }
      if (topicMetrics.count >= WATCHED_TOPICS_MAX) {
        const message = `There may be ${WATCHED_TOPICS_MAX} topics at most.`
        throw new ApiError(413, 'EXCEED_LIMIT', message)
      }
      await topicMetrics.add(topic)
      return noContent()
    }),
    route(resetTopicMetrics, async ({ body: { topic } }) => {
      if (!(await topicMetrics.reset(topic))) throw notCounted(topic ?? '')
      return noContent()
    }),
    route(getTopicMetrics, async ({ params: { topic } }) => {
      const found = (await topicMetrics.read()).find((one) => one.topic === topic)
      if (found === undefined) throw notCounted(topic)
      return ok(toBody(found))
    }),
    route(deleteTopicMetrics, async ({ params: { topic } }) => {
      if (!(await topicMetrics.remove(topic))) throw notCounted(topic)
      return noContent()
    }),
  ]
}

function toBody({ topic, createdAtMs, resetAtMs, metrics }: WatchedTopic) {
  return {
    topic,
    create_time: formatTime(createdAtMs),
    ...(resetAtMs !== undefined && { reset_time: formatTime(resetAtMs) }),
    metrics,
  }
}

function notCounted(topic: string): ApiError {
  return notFound(`There is no count of the messages of ${topic}.`, 'TOPIC_NOT_FOUND')
}

function slowRoutes(context: ManagementContext): readonly Route[] {
  const { node, shards, configChanges } = context
  const shown = () => node.config.shown(['slow_subs']) as object // A group of keys.
  return [
    route(listSlowSubscriptions, async ({ query }) => {
      const { top_k_num: max } = node.config.current.slow_subs
      const all = (await shards.callAll('slowRecords')).flat()
      const longest = all.toSorted((a, b) => b.timespanMs - a.timespanMs).slice(0, max)
      const listing = sortedListing(
        longest,
        ['number', 'string', 'string'],
        ({ timespanMs, clientId, topic }) => [-timespanMs, clientId, topic],
      )
      return readPage(query, listing, (record) => ({
        clientid: record.clientId,
        node: node.name,
        topic: record.topic,
        timespan: record.timespanMs,
        last_update_time: Math.floor(record.lastMs),
      }))
    }),
    route(clearSlowSubscriptions, async () => {
      await shards.callAll('clearSlow')
      return noContent()
    }),
    route(getSlowSettings, () => ok(shown())),
    route(putSlowSettings, async ({ body }) => {
      await configChanges.inTurn((turn) => turn.set(['slow_subs'], body))
      return ok(shown())
    }),
  ]
}
