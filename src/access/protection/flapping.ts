import type { FlappingConfig } from '#config/fields/protection.ts'

/** Clients that are counted in one shard; the oldest is forgotten for a further one. */
const CLIENTS_MAX = 100_000

interface Count {
  readonly sinceMs: number
  count: number
}

/** Counts how often clients leave. Each client is counted in one shard. */
export class Flapping {
  readonly config: FlappingConfig
  readonly #monotonicMs: () => number
  readonly #counts = new Map<string, Count>()

  constructor(config: FlappingConfig, monotonicMs: () => number) {
    this.config = config
    this.#monotonicMs = monotonicMs
  }

  get isOn(): boolean {
    return this.config.enable
  }

  /** How long a ban lasts. */
  get banMs(): number {
    return this.config.ban_time
  }

  /** Clients that are counted. */
  get size(): number {
    return this.#counts.size
  }

  /** A client left; true when that was once too often. */
  left(clientId: string): boolean {
    const nowMs = this.#monotonicMs()
    const { window_time: windowMs, max_count: countMax } = this.config
    let entry = this.#counts.get(clientId)
    if (entry === undefined || nowMs - entry.sinceMs >= windowMs) {
      this.#counts.delete(clientId)
      this.#forgetOld(nowMs)
      entry = { sinceMs: nowMs, count: 0 }
      this.#counts.set(clientId, entry)
    }
    entry.count++
    if (entry.count < countMax) return false
    this.#counts.delete(clientId)
    return true
  }

  /** Counts stand in the order in which they began. */
  #forgetOld(nowMs: number): void {
    for (const [clientId, { sinceMs }] of this.#counts) {
      const isOver = nowMs - sinceMs >= this.config.window_time
      if (!isOver && this.#counts.size < CLIENTS_MAX) return
      this.#counts.delete(clientId)
    }
  }
}
