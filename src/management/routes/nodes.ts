import { readFileSync } from 'node:fs'
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import {
  checkAvailability,
  countSessions,
  getCluster,
  getMetrics,
  getNode,
  getNodeMetrics,
  getNodeStats,
  getStats,
  getStatus,
  getTopology,
  listNodes,
  reloadNode,
} from '../contract/nodes.ts'
import type { ManagementContext } from '../context.ts'
import { type ApiError, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'

const GIGABYTE = 1024 ** 3
const MEGABYTE = 1024 ** 2

/** Nodes, their numbers and their status. */
export function nodeRoutes(context: ManagementContext): readonly Route[] {
  const { node, numbers } = context
  return [
    route(getStatus, ({ query }) => statusReply(context, query.format === 'json')),
    route(checkAvailability, () => ok({})),
    route(getCluster, () => ok({ name: 'tideway', nodes: [node.name], self: node.name })),
    route(getTopology, () => ok([{ core_node: node.name, replicant_nodes: [] }])),
    route(countSessions, () => ok(String(numbers.stats()['sessions.count'] ?? 0))),
    route(reloadNode, async ({ params }) => {
      checkNode(context, params.node)
      await node.reload()
      return noContent()
    }),
    route(listNodes, () => ok([nodeInfo(context)])),
    route(getNode, ({ params }) => {
      checkNode(context, params.node)
      return ok(nodeInfo(context))
    }),
    route(getNodeMetrics, ({ params }) => {
      checkNode(context, params.node)
      return ok({ node: node.name, ...numbers.compatibleCounters() })
    }),
    route(getNodeStats, ({ params }) => {
      checkNode(context, params.node)
      return ok(numbers.stats())
    }),
    route(getMetrics, ({ query }) => {
      const counters = numbers.compatibleCounters()
      const body = query.aggregate === true ? counters : [{ node: node.name, ...counters }]
      return ok(body)
    }),
    route(getStats, ({ query }) => {
      const stats = numbers.stats()
      return ok(query.aggregate === true ? stats : [{ node: node.name, ...stats }])
    }),
  ]
}

/** The reply for load balancers, also at `/status` outside of the API. */
export function statusReply({ node }: ManagementContext, asJson: boolean) {
  const facts = {
    node_name: node.name,
    rel_vsn: node.version,
    broker_status: 'started',
    app_status: 'running',
  }
  return asJson
    ? { status: 200 as const, body: JSON.stringify(facts), type: 'application/json' }
    : { status: 200 as const, body: `Node ${node.name} is started\ntideway is running` }
}

/** @throws ApiError 404 for the name of another node */
export function checkNode({ node }: ManagementContext, name: string): void {
  if (name !== node.name) throw noNode(name)
}

function noNode(name: string): ApiError {
  return notFound(`There is no node ${name}: GET /nodes lists them.`)
}

function nodeInfo({ node, numbers }: ManagementContext) {
  const [load1 = 0, load5 = 0, load15 = 0] = loadavg()
  const stats = numbers.stats()
  return {
    node: node.name,
    node_status: 'running' as const,
    version: node.version,
    edition: 'Opensource',
    role: 'core' as const,
    uptime: Math.round(node.nowMs() - node.startedAtMs),
    connections: stats['connections.count'] ?? 0,
    live_connections: stats['live_connections.count'] ?? 0,
    cluster_sessions: stats['cluster_sessions.count'] ?? 0,
    load1,
    load5,
    load15,
    max_fds: maxFiles(),
    memory_total: formatMemory(totalmem()),
    memory_used: formatMemory(totalmem() - freemem()),
    process_available: availableParallelism(),
    process_used: node.shardCount,
    otp_release: `Node.js ${process.versions.node}`,
    sys_path: process.cwd(),
    log_path: node.dataDir,
  }
}

/** Open files that the system allows this process; 0 where it does not say. */
function maxFiles(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0)
  } catch {
    return 0
  }
}

function formatMemory(bytes: number): string {
  return bytes >= GIGABYTE
    ? `${(bytes / GIGABYTE).toFixed(2)}G`
    : `${(bytes / MEGABYTE).toFixed(2)}M`
}
