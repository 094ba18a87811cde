import { comparer } from '#broker/operator/client-ranks.ts'
import type {
  ClientOrder,
  ClientQuery,
  ClientView,
  SubscriptionView,
} from '#broker/operator/views.ts'
import { CommandResult } from '#broker/operator/views.ts'
import {
  type Client,
  clearClientDecisions,
  type ClientsQuery,
  getClient,
  getClientDecisions,
  kickClient,
  kickClients,
  listClients,
  listClientsByCursor,
  listClientSubscriptions,
  SORTED_MAX,
  type SubscribeRequest,
  subscribeClient,
  subscribeClientBulk,
  unsubscribeClient,
  unsubscribeClientBulk,
} from '../contract/clients.ts'
import type { Static } from 'typebox'
import type { ManagementContext } from '../context.ts'
import { type ApiError, badRequest, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { requireTime } from './require-time.ts'
import { pageMeta, pageRequest } from './page-meta.ts'
import { Gauge, sumOf } from '#broker/metrics.ts'
import { clientFields } from './client-fields.ts'

type Query = Static<typeof ClientsQuery>

const EXPIRY_NEVER_S = 4_294_967_295

/** Clients and what is done to them. */
export function clientRoutes(context: ManagementContext): readonly Route[] {
  const { shards } = context
  return [
    route(listClients, async ({ query }) => ok(await list(context, query))),
    route(listClientsByCursor, async ({ query }) => {
      return ok(await list(context, { ...query, cursor: query.cursor ?? '' }))
    }),
    route(getClient, async ({ params: { clientid } }) => {
      const found = await shards.find((view) => view !== undefined, 'getClient', clientid)
      if (found === undefined) throw noClient(clientid)
      return ok(toClient(context, found))
    }),
    route(kickClient, async ({ params: { clientid } }) => {
      const results = await shards.callAll('kickClient', clientid)
      if (!results.includes(CommandResult.DONE)) throw noClient(clientid)
      return noContent()
    }),
    route(kickClients, async ({ body }) => {
      await shards.callAll('kickClients', body)
      return noContent()
    }),
    ...decisionRoutes(context),
    ...subscriptionRoutes(context),
  ]
}

function decisionRoutes({ shards }: ManagementContext): readonly Route[] {
  return [
    route(getClientDecisions, async ({ params: { clientid } }) => {
      const found = await shards.find((list) => list !== undefined, 'decisionsOf', clientid)
      if (found === undefined) throw noClient(clientid)
      return ok(
        found.map(({ action, isAllowed, atMs, ...decision }) => ({
          access: action,
          ...decision,
          result: isAllowed ? ('allow' as const) : ('deny' as const),
          updated_time: atMs,
        })),
      )
    }),
    route(clearClientDecisions, async ({ params: { clientid } }) => {
      const results = await shards.callAll('forgetDecisionsOf', clientid)
      if (!results.includes(CommandResult.DONE)) throw noClient(clientid)
      return noContent()
    }),
  ]
}

function subscriptionRoutes(context: ManagementContext): readonly Route[] {
  const { shards } = context
  return [
    route(listClientSubscriptions, async ({ params: { clientid } }) => {
      const found = await shards.find((list) => list !== undefined, 'subscriptionsOf', clientid)
      if (found === undefined) throw noClient(clientid)
      return ok(found.map((view) => toSubscription(context, view)))
    }),
    route(subscribeClient, async ({ params, body }) => {
      return ok(await subscribe(context, params.clientid, body))
    }),
    route(subscribeClientBulk, async ({ params, body }) => {
      const done = []
      for (const wanted of body) done.push(await subscribe(context, params.clientid, wanted))
      if (done.length === 0) await requireClient(context, params.clientid)
      return ok(done)
    }),
    route(unsubscribeClient, async ({ params, body }) => {
      await unsubscribe(context, params.clientid, body.topic)
      return noContent()
    }),
    route(unsubscribeClientBulk, async ({ params, body }) => {
      for (const { topic } of body) await unsubscribe(context, params.clientid, topic)
      if (body.length === 0) await requireClient(context, params.clientid)
      return noContent()
    }),
  ]
}

async function list(context: ManagementContext, query: Query) {
  const { node, shards } = context
  const { page, limit, cursor } = pageRequest(query)
  const fields = clientFields(query.fields)
  const wanted = toClientQuery(query)
  if (query.node !== undefined && query.node !== node.name) {
    return { data: [], meta: { page: page ?? 1, limit, count: 0, hasnext: false } }
  }
  if (query.sort_by !== undefined) {
    if (cursor !== undefined) throw badRequest('query.cursor does not go with query.sort_by.')
    const order = { by: query.sort_by, isDescending: query.sort_order === 'desc' }
    const found = await pageOfRanked(context, wanted, order, { page: page ?? 1, limit })
    const data = found.views.map((view) => fields(toClient(context, view)))
    const place = { hasNext: (page ?? 1) * limit < found.matching, cursor: undefined }
    return { data, meta: pageMeta({ page: page ?? 1, limit, cursor }, place, found.matching) }
  }
  const request = { page, limit, cursor: cursor === '' ? undefined : cursor }
  const found = await shards.page(request, (shard, range) => {
    return shards.call(shard, 'listClients', wanted, range)
  })
  const isFiltered = Object.values(wanted).some((condition) => condition !== undefined)
  const count = isFiltered ? undefined : sumOf(node.metrics, Gauge.SESSIONS)
  const data = found.items.map((view) => fields(toClient(context, view)))
  return { data, meta: pageMeta({ page, limit, cursor }, found, count) }
}

/** The page of a list in an order: ranks of all shards first, then what is shown of the page. */
async function pageOfRanked(
  { shards }: ManagementContext,
  wanted: ClientQuery,
  order: ClientOrder,
  { page, limit }: { readonly page: number; readonly limit: number },
) {
  const end = page * limit
  if (end > SORTED_MAX) {
    const message = `query.page: a sorted list shows ${SORTED_MAX} clients. Filter it.`
    throw badRequest(message)
  }
  const parts = await shards.callAll('rankClients', wanted, order, end)
  const ranks = parts.flatMap((part) => part.ranks).toSorted(comparer(order.isDescending))
  const clientIds = ranks.slice(end - limit, end).map(({ clientId }) => clientId)
  const range = { after: 0, skip: 0, limit }
  const lists = await shards.callAll('listClients', { clientIds }, range)
  const views = new Map(lists.flatMap(({ items }) => items).map((view) => [view.clientId, view]))
  return {
    views: clientIds.flatMap((clientId) => views.get(clientId) ?? []),
    matching: parts.reduce((sum, part) => sum + part.matching, 0),
  }
}

function toClientQuery(query: Query): ClientQuery {
  const { conn_state: state } = query
  return {
    clientIds: query.clientid,
    usernames: query.username,
    likeClientId: query.like_clientid,
    likeUsername: query.like_username,
    ipAddress: query.ip_address,
    // A connection that has not said CONNECT yet is no client: nothing is idle.
    ...(state === 'idle' ? { clientIds: [] } : {}),
    connected: state === undefined || state === 'idle' ? undefined : state === 'connected',
    cleanStart: query.clean_start,
    protocolVersion: query.proto_ver,
    createdFromMs: requireTime('query.gte_created_at', query.gte_created_at),
    createdToMs: requireTime('query.lte_created_at', query.lte_created_at),
    connectedFromMs: requireTime('query.gte_connected_at', query.gte_connected_at),
    connectedToMs: requireTime('query.lte_connected_at', query.lte_connected_at),
  }
}

/** A client as the API shows it. */
export function toClient({ node }: ManagementContext, view: ClientView): Client {
  const { connection } = view
  return {
    clientid: view.clientId,
    username: view.username ?? null,
    node: node.name,
    zone: view.zone,
    connected: view.connected,
    created_at: formatTime(view.createdAtMs),
    ...(view.connectedAtMs > 0 && { connected_at: formatTime(view.connectedAtMs) }),
    ...(!view.connected && { disconnected_at: formatTime(view.disconnectedAtMs) }),
    ...(connection && toConnection(connection)),
    expiry_interval: Math.min(EXPIRY_NEVER_S, Math.floor(view.expiryMs / 1000)),
    is_expired: false,
    durable: view.durable,
    subscriptions_cnt: view.subscriptions,
    subscriptions_max: orInfinity(view.subscriptionsMax),
    inflight_cnt: view.inflight,
    mqueue_len: view.queued,
    mqueue_dropped: view.queueDropped,
    'send_msg.dropped': view.queueDropped + lostOf(view),
    'send_msg.dropped.queue_full': view.queueDropped,
    mqueue_max: orInfinity(view.queuedMax),
    awaiting_rel_cnt: view.awaitingRel,
    awaiting_rel_max: view.awaitingRelMax,
  }
}

/** Messages that its connection could not be sent. */
function lostOf({ connection }: ClientView): number {
  return connection === undefined ? 0 : connection.traffic.expired + connection.traffic.tooLarge
}

function toConnection(connection: NonNullable<ClientView['connection']>) {
  return {
    listener: connection.listener,
    ip_address: connection.peerHost,
    port: connection.peerPort,
    proto_name: connection.protocolVersion === 3 ? 'MQIsdp' : 'MQTT',
    proto_ver: connection.protocolVersion,
    clean_start: connection.cleanStart,
    keepalive: connection.keepAliveSeconds,
    is_bridge: connection.bridge,
    mountpoint: connection.mountpoint,
    inflight_max: connection.inflightMax,
    ...toTraffic(connection.traffic),
  }
}

function toTraffic(traffic: NonNullable<ClientView['connection']>['traffic']) {
  const { qos0In, qos1In, qos2In, qos0Out, qos1Out, qos2Out } = traffic
  const sent = qos0Out + qos1Out + qos2Out
  return {
    recv_msg: qos0In + qos1In + qos2In,
    'recv_msg.qos0': qos0In,
    'recv_msg.qos1': qos1In,
    'recv_msg.qos2': qos2In,
    'recv_msg.dropped': traffic.unreleased,
    'recv_msg.dropped.await_pubrel_timeout': traffic.unreleased,
    recv_pkt: traffic.packetsIn,
    recv_cnt: traffic.reads,
    recv_oct: traffic.bytesIn,
    send_msg: sent,
    'send_msg.qos0': qos0Out,
    'send_msg.qos1': qos1Out,
    'send_msg.qos2': qos2Out,
    'send_msg.dropped.expired': traffic.expired,
    'send_msg.dropped.too_large': traffic.tooLarge,
    send_pkt: sent + traffic.controlOut,
    send_cnt: traffic.writes,
    send_oct: traffic.bytesOut,
  }
}

function orInfinity(limit: number): number | 'infinity' {
  return Number.isFinite(limit) ? limit : 'infinity'
}

/** A subscription as the API shows it. */
export function toSubscription({ node }: ManagementContext, view: SubscriptionView) {
  const bit = (flag: boolean): 0 | 1 => (flag ? 1 : 0)
  return {
    clientid: view.clientId,
    node: node.name,
    topic: view.filter,
    qos: view.qos,
    nl: bit(view.noLocal),
    rap: bit(view.retainAsPublished),
    rh: view.retainHandling,
    durable: view.durable,
  }
}

async function subscribe(context: ManagementContext, clientId: string, wanted: SubscribeRequest) {
  const filter = {
    filter: wanted.topic,
    qos: wanted.qos ?? 0,
    noLocal: wanted.nl === 1,
    retainAsPublished: wanted.rap === 1,
    retainHandling: wanted.rh ?? 0,
  }
  const isThere = (answer: unknown): boolean => answer !== CommandResult.NO_CLIENT
  const answer = await context.shards.find(isThere, 'subscribe', clientId, filter)
  if (answer === undefined || answer === CommandResult.NO_CLIENT) throw noClient(clientId)
  if ('reason' in answer) throw badRequest(`${wanted.topic}: ${answer.detail}.`, 'BAD_TOPIC')
  return toSubscription(context, answer)
}

async function unsubscribe(context: ManagementContext, clientId: string, filter: string) {
  const isThere = (answer: unknown): boolean => answer !== CommandResult.NO_CLIENT
  const answer = await context.shards.find(isThere, 'unsubscribe', clientId, filter)
  if (answer === undefined) throw noClient(clientId)
}

async function requireClient({ shards }: ManagementContext, clientId: string): Promise<void> {
  const found = await shards.find((view) => view !== undefined, 'getClient', clientId)
  if (found === undefined) throw noClient(clientId)
}

/** 404 for a client that is not there. */
export function noClient(clientId: string): ApiError {
  return notFound(`There is no client ${clientId}.`, 'CLIENTID_NOT_FOUND')
}
