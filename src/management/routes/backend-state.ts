/** How a backend is doing in one shard. */
interface ShardState {
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly reason?: string
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
