import type { NodeHealth, NodePort } from '../node-port.ts'

/** How the shards did since this reader asked last. */
export type HealthReader = () => Promise<readonly NodeHealth[]>

/**
 * Lets several readers ask how the shards are doing. A shard answers for the time since it was
 * asked last, whoever asked: what one reader is told is kept for the others until they ask.
 */
export class SharedHealth {
  readonly #node: NodePort
  readonly #kept = new Set<{ since: readonly NodeHealth[] | undefined }>()

  constructor(node: NodePort) {
    this.#node = node
  }

  /** A reader, for as long as the node runs. */
  reader(): HealthReader {
    const own: { since: readonly NodeHealth[] | undefined } = { since: undefined }
    this.#kept.add(own)
    return async () => {
      const now = await this.#node.health()
      for (const kept of this.#kept) kept.since = worst(kept.since, now)
      const { since } = own
      own.since = undefined
      return since ?? now
    }
  }
}

/** The worse of the delays, and the rest as it is now. */
function worst(
  before: readonly NodeHealth[] | undefined,
  now: readonly NodeHealth[],
): readonly NodeHealth[] {
  if (before === undefined) return now
  return now.map((one, shard) => {
    const old = before[shard] ?? one
    return {
      ...one,
      lagP50Ms: Math.max(old.lagP50Ms, one.lagP50Ms),
      lagP99Ms: Math.max(old.lagP99Ms, one.lagP99Ms),
      lagMaxMs: Math.max(old.lagMaxMs, one.lagMaxMs),
      utilization: Math.max(old.utilization, one.utilization),
      storeHealthy: old.storeHealthy && one.storeHealthy,
    }
  })
}
