import type { LevelView, ListedSubscription, SubscriptionQuery } from '#broker/operator/views.ts'
import { Gauge, sumOf } from '#broker/metrics.ts'
import {
  deleteExclusive,
  getTopic,
  listExclusive,
  listSubscriptions,
  listTopicLevels,
  listTopics,
} from '../contract/subscriptions.ts'
import type { ManagementContext } from '../context.ts'
import { badCursor, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import type { PageRequest } from '../shards.ts'
import { toSubscription } from './clients.ts'
import { pageMeta, pageRequest } from './page-meta.ts'

/** Every shard knows all filters. */
const ANY_SHARD = 0

/** Subscriptions of all clients, and filters that are routed. */
export function subscriptionRoutes(context: ManagementContext): readonly Route[] {
  const { node, shards } = context
  return [
    route(listSubscriptions, async ({ query }) => {
      const request = pageRequest(query)
      if (isElsewhere(context, query.node)) return ok(nothing(request))
      const wanted = {
        clientId: query.clientid,
        qos: query.qos,
        filter: query.topic,
        matchTopic: query.match_topic,
        shareGroup: query.share_group,
        durable: query.durable,
      }
      const found = await pageOfSubscriptions(context, request, wanted)
      const isFiltered = Object.values(wanted).some((condition) => condition !== undefined)
      const count = isFiltered ? undefined : sumOf(node.metrics, Gauge.SUBSCRIPTIONS)
      const data = found.items.map((view) => toSubscription(context, view))
      return ok({ data, meta: pageMeta(request, found, count) })
    }),
    ...exclusiveRoutes(context),
    route(listTopics, async ({ query }) => {
      const request = pageRequest(query)
      const { page, limit, cursor } = request
      if (isElsewhere(context, query.node)) return ok(nothing(request))
      const skip = cursor === undefined ? ((page ?? 1) - 1) * limit : placeOf(cursor)
      const part = await shards.call(ANY_SHARD, 'listRoutes', query.topic, skip, limit)
      const next = part.next === undefined ? undefined : String(part.next)
      const data = part.items.map(({ filter, group }) => toTopic(context, filter, group))
      const isLast = part.next === undefined
      const count = isLast && part.skipped === skip ? skip + data.length : undefined
      return ok({ data, meta: pageMeta(request, { hasNext: !isLast, cursor: next }, count) })
    }),
    route(listTopicLevels, async ({ query: { parent, after, limit = 200 } }) => {
      const wanted = { parent, after, limit: limit + 1 }
      const [kept, met] = await Promise.all([
        shards.call(ANY_SHARD, 'keptLevels', wanted),
        shards.callAll('metLevels', wanted),
      ])
      const levels = mergeLevels([kept, ...met])
      const prefix = parent === undefined ? '' : `${parent}/`
      const data = levels.slice(0, limit).map((level) => toLevel(prefix, level))
      return ok({ data, meta: { hasnext: levels.length > limit } })
    }),
    route(getTopic, async ({ params: { topic } }) => {
      const part = await shards.call(ANY_SHARD, 'listRoutes', topic, 0, 10_000)
      if (part.items.length === 0) {
        throw notFound(`There is no subscription to ${topic}.`, 'TOPIC_NOT_FOUND')
      }
      return ok(part.items.map(({ filter, group }) => toTopic(context, filter, group)))
    }),
  ]
}

/** Topics that one client has for itself. */
function exclusiveRoutes({ node, shards }: ManagementContext): readonly Route[] {
  return [
    route(listExclusive, async ({ query }) => {
      const request = pageRequest(query)
      const found = await shards.page(request, (shard, range) => {
        return shards.call(shard, 'listExclusive', range)
      })
      const data = found.items.map(({ topic, clientId }) => {
        return { topic, clientid: clientId, node: node.name }
      })
      return ok({ data, meta: pageMeta(request, found, undefined) })
    }),
    route(deleteExclusive, async ({ params: { topic } }) => {
      const holder = await shards.call(shards.shardForTopic(topic), 'exclusiveHolder', topic)
      const found =
        holder === undefined ? [] : await shards.callAll('releaseExclusive', holder, topic)
      if (!found.includes(true)) {
        throw notFound(`No client has ${topic} exclusively.`, 'TOPIC_NOT_FOUND')
      }
      return noContent()
    }),
  ]
}

function isElsewhere({ node }: ManagementContext, name: string | undefined): boolean {
  return name !== undefined && name !== node.name
}

function nothing(request: PageRequest) {
  return { data: [], meta: pageMeta(request, { hasNext: false, cursor: undefined }, 0) }
}

function toTopic({ node }: ManagementContext, filter: string, group: string | undefined) {
  const prefix = group === undefined ? '' : group === '$queue' ? '$queue/' : `$share/${group}/`
  return { topic: prefix + filter, node: node.name }
}

function toLevel(prefix: string, level: LevelView) {
  const { name, topics, filters, isMet: met, isRetained: retained, isDeeper: deeper } = level
  return { name, topic: prefix + name, topics, filters, met, retained, deeper }
}

/** Levels of several sources by name. A topic met in two shards is one topic. */
function mergeLevels(parts: readonly (readonly LevelView[])[]): readonly LevelView[] {
  const byName = new Map<string, LevelView>()
  for (const level of parts.flat()) {
    const other = byName.get(level.name)
    byName.set(level.name, other === undefined ? level : joinLevels(level, other))
  }
  const order = (level: LevelView): Buffer => Buffer.from(level.name)
  return [...byName.values()].toSorted((one, two) => Buffer.compare(order(one), order(two)))
}

function joinLevels(one: LevelView, other: LevelView): LevelView {
  return {
    name: one.name,
    topics: Math.max(one.topics, other.topics),
    filters: Math.max(one.filters, other.filters),
    isMet: one.isMet || other.isMet,
    isRetained: one.isRetained || other.isRetained,
    isDeeper: one.isDeeper || other.isDeeper,
  }
}

function placeOf(cursor: string): number {
  if (/^\d{1,12}$/.test(cursor)) return Number(cursor)
  throw badCursor()
}

/** Like `Shards.page`, with a place inside a session in the cursor. */
async function pageOfSubscriptions(
  { shards }: ManagementContext,
  { page, limit, cursor }: PageRequest,
  wanted: SubscriptionQuery,
) {
  const start = cursor === undefined ? { shard: 0, after: 0, number: -1 } : readCursor(cursor)
  let skip = cursor === undefined ? ((page ?? 1) - 1) * limit : 0
  const items: ListedSubscription[] = []
  let { after, number } = start
  for (let { shard } = start; shard < shards.count; shard++) {
    const range = { after, skip, limit: limit - items.length }
    const part = await shards.call(shard, 'listSubscriptions', wanted, range, number)
    skip -= part.skipped
    items.push(...part.items)
    const last = part.items.at(-1) ?? { ordinal: after, number }
    const place = `${shard}:${last.ordinal}:${last.number}`
    if (part.more) return { items, hasNext: true, cursor: Buffer.from(place).toString('base64url') }
    after = 0
    number = -1
  }
  return { items, hasNext: false, cursor: undefined }
}

function readCursor(text: string) {
  const place = Buffer.from(text, 'base64url').toString()
  const match = /^(\d{1,3}):(\d{1,16}):(-?\d{1,16})$/.exec(place)
  if (match === null) throw badCursor()
  return { shard: Number(match[1]), after: Number(match[2]), number: Number(match[3]) }
}
