/** Nodes, their numbers, and whether they run. */
import { Type } from 'typebox'
import { oneOf, pathText } from './common.ts'
import { empty, operation, text } from './operation.ts'

const tag = 'Nodes'
const NodeName = pathText('node', 'Name of the node.')

export const NodeInfo = Type.Object({
  node: Type.String(),
  node_status: oneOf(['running', 'stopped']),
  version: Type.String(),
  edition: Type.String(),
  role: oneOf(['core', 'replicant']),
  uptime: Type.Integer({ description: 'Milliseconds since the start.' }),
  connections: Type.Integer({ description: 'Sessions, connected or not.' }),
  live_connections: Type.Integer({ description: 'Clients connected now.' }),
  cluster_sessions: Type.Integer(),
  load1: Type.Number(),
  load5: Type.Number(),
  load15: Type.Number(),
  max_fds: Type.Integer({ description: 'Files and connections the process may have open.' }),
  memory_total: Type.String({ description: 'Memory of the machine.' }),
  memory_used: Type.String({ description: 'Memory of the machine in use.' }),
  process_available: Type.Integer({ description: 'Threads that could run at the same time.' }),
  process_used: Type.Integer({ description: 'Threads that serve clients.' }),
  otp_release: Type.String({ description: 'What runs the program.' }),
  sys_path: Type.String(),
  log_path: Type.String(),
})

/** Counters and gauges have dotted names; see the reference of metrics. */
export const NodeMetrics = Type.Unsafe<{ readonly node: string } & Record<string, number | string>>(
  Type.Object(
    { node: Type.Optional(Type.String()) },
    { additionalProperties: Type.Union([Type.Integer(), Type.String()]) },
  ),
)
export const Numbers = Type.Record(Type.String(), Type.Number())

export const AggregateQuery = Type.Object({
  aggregate: Type.Optional(
    Type.Boolean({ default: false, description: 'One sum over all nodes.' }),
  ),
})

export const getStatus = operation({
  id: 'getStatus',
  method: 'GET',
  path: '/status',
  tag: 'Status',
  summary: 'Whether the node runs; for load balancers.',
  permission: 'public',
  query: Type.Object({ format: Type.Optional(oneOf(['text', 'json'])) }),
  replies: {
    200: text('It runs.', 'text/plain', 'application/json'),
    503: text('It does not.', 'text/plain', 'application/json'),
  },
})

export const checkAvailability = operation({
  id: 'checkAvailability',
  method: 'GET',
  path: '/load_rebalance/availability_check',
  tag: 'Status',
  summary: 'Whether this node takes clients; for load balancers.',
  permission: 'public',
  replies: { 200: Type.Object({}) },
})

export const getCluster = operation({
  id: 'getCluster',
  method: 'GET',
  path: '/cluster',
  tag: 'Cluster',
  summary: 'Names of the nodes: this one.',
  permission: 'read',
  replies: {
    200: Type.Object({
      name: Type.String(),
      nodes: Type.Array(Type.String()),
      self: Type.String(),
    }),
  },
})

export const getTopology = operation({
  id: 'getTopology',
  method: 'GET',
  path: '/cluster/topology',
  tag: 'Cluster',
  summary: 'Which nodes keep what belongs to all of them.',
  permission: 'read',
  replies: {
    200: Type.Array(
      Type.Object({ core_node: Type.String(), replicant_nodes: Type.Array(Type.Object({})) }),
    ),
  },
})

export const reloadNode = operation({
  id: 'reloadNode',
  method: 'POST',
  path: '/nodes/{node}/reload',
  tag,
  summary: 'Takes changed files into use at once: certificates of listeners, and rules.',
  permission: 'write',
  params: NodeName,
  replies: { 204: empty('Broken files are logged and left alone.') },
  errors: [404],
})

export const countSessions = operation({
  id: 'countSessions',
  method: 'GET',
  path: '/sessions_count',
  tag: 'Clients',
  summary: 'How many sessions there are now, connected or not; none is remembered after its end.',
  permission: 'read',
  query: Type.Object({
    since: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Seconds since 1970; makes no difference here.' }),
    ),
  }),
  replies: { 200: text('The number.', 'text/plain') },
})

export const listNodes = operation({
  id: 'listNodes',
  method: 'GET',
  path: '/nodes',
  tag,
  summary: 'The nodes.',
  permission: 'read',
  replies: { 200: Type.Array(NodeInfo) },
})

export const getNode = operation({
  id: 'getNode',
  method: 'GET',
  path: '/nodes/{node}',
  tag,
  summary: 'One node.',
  permission: 'read',
  params: NodeName,
  replies: { 200: NodeInfo },
  errors: [404],
})

export const getNodeMetrics = operation({
  id: 'getNodeMetrics',
  method: 'GET',
  path: '/nodes/{node}/metrics',
  tag,
  summary: 'Counters of one node.',
  permission: 'read',
  params: NodeName,
  replies: { 200: NodeMetrics },
  errors: [404],
})

export const getNodeStats = operation({
  id: 'getNodeStats',
  method: 'GET',
  path: '/nodes/{node}/stats',
  tag,
  summary: 'Gauges of one node.',
  permission: 'read',
  params: NodeName,
  replies: { 200: Numbers },
  errors: [404],
})

export const getMetrics = operation({
  id: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  tag: 'Metrics',
  summary: 'Counters since the start, per node or as a sum.',
  permission: 'read',
  query: AggregateQuery,
  replies: { 200: Type.Union([Type.Array(NodeMetrics), Numbers]) },
})

export const getStats = operation({
  id: 'getStats',
  method: 'GET',
  path: '/stats',
  tag: 'Metrics',
  summary: 'Gauges with their highest values, per node or as a sum.',
  permission: 'read',
  query: AggregateQuery,
  replies: { 200: Type.Union([Type.Array(NodeMetrics), Numbers]) },
})
