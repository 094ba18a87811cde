/** Charts, alarms, and numbers for monitoring systems. */
import { Type } from 'typebox'
import { closed, oneOf, pageOf, pageQuery, pathText, Timestamp } from './common.ts'
import { empty, type EventOf, events, operation, text } from './operation.ts'

const NodeName = pathText('node', 'Name of the node.')
const MonitorQuery = Type.Object({
  latest: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 604_800, description: 'Seconds to look back.' }),
  ),
})
const Count = Type.Integer()

const gauges = {
  connections: Count,
  live_connections: Count,
  subscriptions: Count,
  subscriptions_durable: Count,
  topics: Count,
  disconnected_durable_sessions: Count,
}
const Point = Type.Object({
  time_stamp: Type.Integer({ description: 'Milliseconds since 1970.' }),
  ...gauges,
  received: Count,
  sent: Count,
  dropped: Count,
  persisted: Count,
  bytes_received: Count,
  bytes_sent: Count,
  lag_ms: Type.Integer({ description: 'Delay of the latest thread, 99 of 100 turns.' }),
  memory: Type.Integer({ description: 'Bytes that the process held.' }),
  validation_succeeded: Count,
  validation_failed: Count,
  transformation_succeeded: Count,
  transformation_failed: Count,
})
const current = {
  ...gauges,
  received_msg_rate: Count,
  sent_msg_rate: Count,
  dropped_msg_rate: Count,
  persisted_rate: Count,
  validation_succeeded_rate: Count,
  validation_failed_rate: Count,
  transformation_succeeded_rate: Count,
  transformation_failed_rate: Count,
  retained_msg_count: Count,
  shared_subscriptions: Count,
}

export const getMonitor = operation({
  id: 'getMonitor',
  method: 'GET',
  path: '/monitor',
  tag: 'Metrics',
  summary: 'Points for charts; kept for seven days, wider apart the further back.',
  permission: 'read',
  query: MonitorQuery,
  replies: { 200: Type.Array(Point) },
})

export const getShardMonitor = operation({
  id: 'getShardMonitor',
  method: 'GET',
  path: '/monitor/shards',
  tag: 'Metrics',
  summary: 'Points for charts of each shard, one a minute; kept for seven days.',
  permission: 'read',
  query: MonitorQuery,
  replies: {
    200: Type.Array(
      Type.Object({
        time_stamp: Type.Integer({ description: 'Milliseconds since 1970.' }),
        shard: Type.Integer({ description: 'Number of the shard, from 0.' }),
        connections: Count,
        received: Count,
        sent: Count,
        dropped: Count,
        bytes_received: Count,
        bytes_sent: Count,
        lag_ms: Type.Integer({ description: 'Delay of its event loop, 99 of 100 turns.' }),
        heap_bytes: Count,
      }),
    ),
  },
})

export const clearMonitor = operation({
  id: 'clearMonitor',
  method: 'DELETE',
  path: '/monitor',
  tag: 'Metrics',
  summary: 'Forget the points for charts.',
  permission: 'write',
  replies: { 204: empty('Forgotten.') },
})

export const getNodeMonitor = operation({
  id: 'getNodeMonitor',
  method: 'GET',
  path: '/monitor/nodes/{node}',
  tag: 'Metrics',
  summary: 'Points for charts of one node.',
  permission: 'read',
  params: NodeName,
  query: MonitorQuery,
  replies: { 200: Type.Array(Point) },
  errors: [404],
})

export const getMonitorCurrent = operation({
  id: 'getMonitorCurrent',
  method: 'GET',
  path: '/monitor_current',
  tag: 'Metrics',
  summary: 'What happens now; rates are per second.',
  permission: 'read',
  replies: { 200: Type.Object(current) },
})

const Alarm = Type.Object({
  node: Type.String(),
  name: Type.String(),
  message: Type.String(),
  details: Type.Unsafe<Readonly<Record<string, unknown>>>(
    Type.Object({}, { additionalProperties: true }),
  ),
  duration: Type.Integer({ description: 'Milliseconds.' }),
  activate_at: Timestamp,
  deactivate_at: Type.Optional(Timestamp),
})

/** A thread that serves clients. How it does is known from the second event on. */
const LiveShard = Type.Object({
  connections: Count,
  sessions: Count,
  subscriptions: Count,
  received: Type.Integer({ description: 'Messages since the start.' }),
  sent: Type.Integer({ description: 'Messages since the start.' }),
  lag_ms: Type.Optional(
    Type.Number({ description: 'Delay of its event loop, which 99 of 100 turns kept under.' }),
  ),
  busy: Type.Optional(Type.Number({ description: 'Part of the time it was busy, 0 to 1.' })),
  heap_bytes: Type.Optional(Type.Integer()),
  store_healthy: Type.Optional(Type.Boolean({ description: 'Its store can write.' })),
})

/** Active alarms that an event of the stream has at most. */
export const LIVE_ALARMS_MAX = 100

export const streamMonitorCurrent = operation({
  id: 'streamMonitorCurrent',
  method: 'GET',
  path: '/monitor_current/stream',
  tag: 'Metrics',
  summary:
    'What happens, once a second, as server-sent events; all who listen share one sampler. Who ' +
    'reads too slowly misses events, which all are complete. Ends with the login.',
  permission: 'read',
  query: Type.Object({
    count: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Ends after so many events; without it never.' }),
    ),
  }),
  replies: {
    200: events(
      'Events without a name, the first at once.',
      Type.Object({
        time_stamp: Type.Integer({ description: 'Milliseconds since 1970.' }),
        node: Type.String(),
        node_uptime: Type.Integer({ description: 's' }),
        current: Type.Object(current, {
          description: 'As of `/monitor_current`, with rates over the last second.',
        }),
        stats: Type.Record(Type.String(), Type.Integer(), { description: 'As of `/stats`.' }),
        counters: Type.Record(Type.String(), Type.Integer(), {
          description: 'Since the start, by name; those that are 0 are left out.',
        }),
        memory: Type.Object({
          process: Type.Integer({ description: 'Bytes that the process holds.' }),
          machine_used: Type.Integer(),
          machine_total: Type.Integer(),
        }),
        shards: Type.Array(LiveShard),
        alarms: Type.Array(Alarm, {
          description: `Active ones, the latest first, at most ${LIVE_ALARMS_MAX}.`,
        }),
        alarms_count: Type.Integer({ description: 'All active ones.' }),
      }),
    ),
  },
  errors: [503],
})
/** One event of the stream. */
export type LiveSample = EventOf<(typeof streamMonitorCurrent)['replies'][200]>

export const getNodeMonitorCurrent = operation({
  id: 'getNodeMonitorCurrent',
  method: 'GET',
  path: '/monitor_current/nodes/{node}',
  tag: 'Metrics',
  summary: 'What happens now on one node.',
  permission: 'read',
  params: NodeName,
  replies: { 200: Type.Object({ ...current, node_uptime: Type.Integer({ description: 's' }) }) },
  errors: [404],
})

export const listAlarms = operation({
  id: 'listAlarms',
  method: 'GET',
  path: '/alarms',
  tag: 'Alarms',
  summary: 'Active alarms, or with `activated=false` those that have ended.',
  permission: 'read',
  query: Type.Object({
    ...pageQuery,
    activated: Type.Optional(Type.Boolean({ default: true })),
  }),
  replies: { 200: pageOf(Alarm) },
})

export const clearAlarms = operation({
  id: 'clearAlarms',
  method: 'DELETE',
  path: '/alarms',
  tag: 'Alarms',
  summary: 'Forget the alarms that have ended.',
  permission: 'write',
  replies: { 204: empty('Forgotten.') },
})

export const deactivateAlarm = operation({
  id: 'deactivateAlarm',
  method: 'POST',
  path: '/alarms/force_deactivate',
  tag: 'Alarms',
  summary: 'End an alarm; it comes back if its cause is still there.',
  permission: 'write',
  body: closed({ name: Type.String({ minLength: 1, maxLength: 1000 }) }),
  replies: { 204: empty('Ended.') },
  errors: [404],
})

function prometheusPage(id: string, path: string, summary: string) {
  return operation({
    id,
    method: 'GET',
    path,
    tag: 'Monitor',
    summary: `${summary}, for Prometheus; as JSON with \`Accept: application/json\`.`,
    permission: 'public',
    query: Type.Object({
      mode: Type.Optional(oneOf(['node', 'all_nodes_aggregated', 'all_nodes_unaggregated'])),
    }),
    replies: { 200: text('Numbers.', 'text/plain', 'application/json') },
  })
}

export const getPrometheusStats = prometheusPage(
  'getPrometheusStats',
  '/prometheus/stats',
  'Numbers of the node',
)
export const getPrometheusAuth = prometheusPage(
  'getPrometheusAuth',
  '/prometheus/auth',
  'Numbers of authenticators, of sources of rules, and of bans',
)
export const getPrometheusDataIntegration = prometheusPage(
  'getPrometheusDataIntegration',
  '/prometheus/data_integration',
  'Numbers of rules, connectors, actions and sources',
)
export const getPrometheusValidation = prometheusPage(
  'getPrometheusValidation',
  '/prometheus/schema_validation',
  'Numbers of validations',
)
export const getPrometheusTransformation = prometheusPage(
  'getPrometheusTransformation',
  '/prometheus/message_transformation',
  'Numbers of transformations',
)
