import type { AccessRate } from '../access-port.ts'

/** How a backend is doing in one shard. */
interface ShardState {
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly reason?: string
  readonly requests?: { readonly succeeded: number; readonly failed: number }
}

/** State of what is switched off. */
export const OFF: readonly ShardState[] = [
  { status: 'disconnected', reason: 'It is switched off (enable = false).' },
]

/** The state of a backend over all shards of the node, as the REST API gives it. */
export function backendState(node: string, shards: readonly ShardState[]) {
  const kinds = new Set(shards.map(({ status }) => status))
  const [first = 'disconnected'] = kinds
  const status = kinds.size > 1 ? ('inconsistent' as const) : first
  const reasons = new Set(shards.flatMap(({ reason }) => (reason === undefined ? [] : [reason])))
  return {
    status,
    node_status: [{ node, status }],
    node_error: [...reasons].map((error) => ({ node, error })),
  }
}

/** Rates under their names in the REST API. */
export function rateFields({ rate, max, last5m }: AccessRate) {
  return { rate, rate_max: max, rate_last5m: last5m }
}

/** Numbers of the system behind something, over all shards of the node. */
export function resourceMetrics(node: string, shards: readonly ShardState[], rate: AccessRate) {
  const sumOf = (name: 'succeeded' | 'failed'): number =>
    shards.reduce((sum, { requests }) => sum + (requests?.[name] ?? 0), 0)
  const [success, failed] = [sumOf('succeeded'), sumOf('failed')]
  const metrics = { matched: success + failed, success, failed, ...rateFields(rate) }
  return { resource_metrics: metrics, node_resource_metrics: [{ node, metrics }] }
}
