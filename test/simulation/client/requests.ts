import type { ClientSubscription } from './client-session.ts'

/** Requests without an answer; fewer than the packet identifiers kept for them. */
const REQUESTS_MAX = 8

/** The requests of one connection that wait for SUBACK or UNSUBACK. */
export class Requests {
  /** By packet identifier: what was asked for. */
  readonly #open: Map<number, readonly ClientSubscription[]>

  constructor() {
    this.#open = new Map()
  }

  get count(): number {
    return this.#open.size
  }

  get mayAsk(): boolean {
    return this.#open.size < REQUESTS_MAX
  }

  get packetIds(): ReadonlySet<number> {
    return new Set(this.#open.keys())
  }

  /** Filters that wait for an answer. */
  get busyFilters(): ReadonlySet<string> {
    return new Set([...this.#open.values()].flat().map(({ filter }) => filter))
  }

  reset(): void {
    this.#open.clear()
  }

  add(packetId: number, subscriptions: readonly ClientSubscription[]): void {
    this.#open.set(packetId, subscriptions)
  }

  /** The answer has come: what was asked for. */
  take(packetId: number): readonly ClientSubscription[] {
    const subscriptions = this.#open.get(packetId) ?? []
    this.#open.delete(packetId)
    return subscriptions
  }
}
