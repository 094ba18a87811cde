/** Clients: connected ones, and sessions that wait for theirs. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import {
  Bit,
  closed,
  mqttText,
  oneOf,
  PageMeta,
  pageQuery,
  pathText,
  Qos,
  TimeInput,
  Timestamp,
} from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Clients'
/** Clients, filters or topics of one request. */
export const BULK_MAX = 10_000

const ClientId = pathText('clientid', 'Client identifier.')
const Names = Type.Array(Type.String({ maxLength: 65_535 }), { maxItems: BULK_MAX })
const Count = Type.Integer()
/** A limit, or -1 for none. */
const Limit = Type.Union([Type.Integer(), oneOf(['infinity'])])

/** Counted per connection; a session that was never connected has none. */
function traffic(description: string) {
  return Type.Optional(Type.Integer({ description }))
}

/** Fields of a client. A client that is not connected lacks some. */
export const Client = Type.Object({
  clientid: Type.String(),
  username: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  node: Type.String(),
  listener: Type.Optional(Type.String()),
  zone: Type.String({ description: 'Zone whose settings hold for it.' }),
  connected: Type.Boolean(),
  connected_at: Type.Optional(Timestamp),
  disconnected_at: Type.Optional(Timestamp),
  created_at: Timestamp,
  ip_address: Type.Optional(Type.String()),
  port: Type.Optional(Type.Integer()),
  proto_name: Type.Optional(Type.String()),
  proto_ver: Type.Optional(Type.Integer()),
  clean_start: Type.Optional(Type.Boolean()),
  keepalive: Type.Optional(Type.Integer({ description: 'Seconds; 0: switched off.' })),
  is_bridge: Type.Optional(Type.Boolean()),
  mountpoint: Type.Optional(Type.String()),
  expiry_interval: Type.Integer({
    description: 'Seconds that the session outlives its connection; 4294967295: for ever.',
  }),
  is_expired: Type.Boolean(),
  durable: Type.Boolean({ description: 'The session is kept in the store.' }),
  subscriptions_cnt: Count,
  subscriptions_max: Limit,
  inflight_cnt: Count,
  inflight_max: Type.Optional(Count),
  recv_msg: traffic('Messages from the client since it connected.'),
  'recv_msg.qos0': traffic('Those of QoS 0.'),
  'recv_msg.qos1': traffic('Those of QoS 1.'),
  'recv_msg.qos2': traffic('Those of QoS 2.'),
  'recv_msg.dropped': traffic('Those that were forgotten.'),
  'recv_msg.dropped.await_pubrel_timeout': traffic('Those that it did not release in time.'),
  recv_pkt: traffic('Packets from it since it connected.'),
  recv_cnt: traffic('Pieces in which its bytes were read.'),
  recv_oct: traffic('Bytes from it since it connected.'),
  send_msg: traffic('Messages to it since it connected.'),
  'send_msg.qos0': traffic('Those of QoS 0.'),
  'send_msg.qos1': traffic('Those of QoS 1.'),
  'send_msg.qos2': traffic('Those of QoS 2.'),
  'send_msg.dropped': Count,
  'send_msg.dropped.expired': traffic('Messages that expired before they were sent.'),
  'send_msg.dropped.too_large': traffic('Messages larger than what it takes.'),
  'send_msg.dropped.queue_full': Count,
  send_pkt: traffic('Packets to it since it connected.'),
  send_cnt: traffic('Pieces in which its bytes were written.'),
  send_oct: traffic('Bytes to it since it connected.'),
  mqueue_len: Count,
  mqueue_dropped: Type.Integer({ description: 'Messages that had no room in the queue.' }),
  mqueue_max: Limit,
  awaiting_rel_cnt: Count,
  awaiting_rel_max: Count,
})
export type Client = Static<typeof Client>
const SomeOfClient = Type.Partial(Client)

/** Clients that can be paged through in an order. */
export const SORTED_MAX = 10_000

export const ClientsQuery = Type.Object({
  ...pageQuery,
  sort_by: Type.Optional(
    oneOf(
      [
        'clientid',
        'username',
        'created_at',
        'connected_at',
        'subscriptions_cnt',
        'mqueue_len',
        'inflight_cnt',
      ],
      `Order of the list; with it the first ${SORTED_MAX} can be seen, by page.`,
    ),
  ),
  sort_order: Type.Optional(oneOf(['asc', 'desc'])),
  node: Type.Optional(Type.String({ description: 'Only clients of this node.' })),
  clientid: Type.Optional(Names),
  username: Type.Optional(Names),
  ip_address: Type.Optional(Type.String({ maxLength: 100 })),
  conn_state: Type.Optional(oneOf(['connected', 'idle', 'disconnected'])),
  clean_start: Type.Optional(Type.Boolean()),
  proto_ver: Type.Optional(Type.Integer({ minimum: 3, maximum: 5 })),
  like_clientid: Type.Optional(mqttText('Part of the client identifier.')),
  like_username: Type.Optional(mqttText('Part of the user name.')),
  gte_created_at: Type.Optional(TimeInput),
  lte_created_at: Type.Optional(TimeInput),
  gte_connected_at: Type.Optional(TimeInput),
  lte_connected_at: Type.Optional(TimeInput),
  fields: Type.Optional(
    Type.String({
      maxLength: 2000,
      description: 'Names of the fields to show, with commas between; `all` shows all.',
    }),
  ),
})

export const listClients = operation({
  id: 'listClients',
  method: 'GET',
  path: '/clients',
  tag,
  summary: 'Clients that match all conditions.',
  permission: 'read',
  query: ClientsQuery,
  replies: { 200: Type.Object({ data: Type.Array(SomeOfClient), meta: PageMeta }) },
})

export const listClientsByCursor = operation({
  id: 'listClientsByCursor',
  method: 'GET',
  path: '/clients_v2',
  tag,
  summary: 'The same, paged by cursor only.',
  permission: 'read',
  query: Type.Omit(ClientsQuery, ['page']),
  replies: { 200: Type.Object({ data: Type.Array(SomeOfClient), meta: PageMeta }) },
})

export const getClient = operation({
  id: 'getClient',
  method: 'GET',
  path: '/clients/{clientid}',
  tag,
  summary: 'One client.',
  permission: 'read',
  params: ClientId,
  replies: { 200: Client },
  errors: [404],
})

export const kickClient = operation({
  id: 'kickClient',
  method: 'DELETE',
  path: '/clients/{clientid}',
  tag,
  summary: 'End the connection and the session of a client.',
  permission: 'write',
  params: ClientId,
  replies: { 204: empty('Kicked out.') },
  errors: [404],
})

export const getClientDecisions = operation({
  id: 'getClientDecisions',
  method: 'GET',
  path: '/clients/{clientid}/authorization/cache',
  tag,
  summary: 'What is remembered of decisions about a connected client.',
  permission: 'read',
  params: ClientId,
  replies: {
    200: Type.Array(
      Type.Object({
        access: oneOf(['publish', 'subscribe']),
        topic: Type.String(),
        qos: Type.Integer(),
        retain: Type.Boolean(),
        result: oneOf(['allow', 'deny']),
        updated_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
      }),
    ),
  },
  errors: [404],
})

export const clearClientDecisions = operation({
  id: 'clearClientDecisions',
  method: 'DELETE',
  path: '/clients/{clientid}/authorization/cache',
  tag,
  summary: 'Have a connected client forget what was decided about it.',
  permission: 'write',
  params: ClientId,
  replies: { 204: empty('Forgotten.') },
  errors: [404],
})

export const kickClients = operation({
  id: 'kickClients',
  method: 'POST',
  path: '/clients/kickout/bulk',
  tag,
  summary: 'End connections and sessions of many clients; unknown ones are passed over.',
  permission: 'write',
  body: Names,
  replies: { 204: empty('Kicked out.') },
})

export const Subscription = Type.Object({
  clientid: Type.String(),
  node: Type.String(),
  topic: Type.String({ description: 'Filter as the client wrote it.' }),
  qos: Qos,
  nl: Bit,
  rap: Bit,
  rh: Type.Integer(),
  durable: Type.Boolean(),
})
export type Subscription = Static<typeof Subscription>

export const listClientSubscriptions = operation({
  id: 'listClientSubscriptions',
  method: 'GET',
  path: '/clients/{clientid}/subscriptions',
  tag,
  summary: 'What a client has subscribed to.',
  permission: 'read',
  params: ClientId,
  replies: { 200: Type.Array(Subscription) },
  errors: [404],
})

export const SubscribeRequest = closed({
  topic: mqttText('Filter.'),
  qos: Type.Optional(Qos),
  nl: Type.Optional(Bit),
  rap: Type.Optional(Bit),
  rh: Type.Optional(Qos),
})
export type SubscribeRequest = Static<typeof SubscribeRequest>

export const subscribeClient = operation({
  id: 'subscribeClient',
  method: 'POST',
  path: '/clients/{clientid}/subscribe',
  tag,
  summary: 'Subscribe for a client; its own rights are not asked.',
  permission: 'write',
  params: ClientId,
  body: SubscribeRequest,
  replies: { 200: Subscription },
  errors: [404],
})

export const subscribeClientBulk = operation({
  id: 'subscribeClientBulk',
  method: 'POST',
  path: '/clients/{clientid}/subscribe/bulk',
  tag,
  summary: 'Subscribe to several filters for a client.',
  permission: 'write',
  params: ClientId,
  body: Type.Array(SubscribeRequest, { maxItems: BULK_MAX }),
  replies: { 200: Type.Array(Subscription) },
  errors: [404],
})

const UnsubscribeRequest = closed({ topic: mqttText('Filter.') })

export const unsubscribeClient = operation({
  id: 'unsubscribeClient',
  method: 'POST',
  path: '/clients/{clientid}/unsubscribe',
  tag,
  summary: 'Unsubscribe for a client.',
  permission: 'write',
  params: ClientId,
  body: UnsubscribeRequest,
  replies: { 204: empty('Unsubscribed.') },
  errors: [404],
})

export const unsubscribeClientBulk = operation({
  id: 'unsubscribeClientBulk',
  method: 'POST',
  path: '/clients/{clientid}/unsubscribe/bulk',
  tag,
  summary: 'Unsubscribe a client from several filters.',
  permission: 'write',
  params: ClientId,
  body: Type.Array(UnsubscribeRequest, { maxItems: BULK_MAX }),
  replies: { 204: empty('Unsubscribed.') },
  errors: [404],
})
