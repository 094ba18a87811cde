/** Topics held at the same time on one shard. */
const HELD_MAX_DEFAULT = 1_000_000

/**
 * Who holds which `$exclusive/` topic, for the topics of one shard: the shard that the hash of a
 * topic names keeps its entry for all shards. A client may hold many topics; a topic has at most
 * one holder.
 */
export class ExclusiveRegistry {
  readonly #holders: Map<string, string>
  readonly #heldMax: number

  constructor(heldMax: number = HELD_MAX_DEFAULT) {
    this.#holders = new Map()
    this.#heldMax = heldMax
  }

  /** Number of topics held. */
  get size(): number {
    return this.#holders.size
  }

  /** The client that holds the topic. */
  holderOf(topic: string): string | undefined {
    return this.#holders.get(topic)
  }

  /**
   * Takes the topic for the client. True also when it holds it already; false (SUBACK 0x97) when
   * another one does, or when the registry is full.
   */
  acquire(topic: string, clientId: string): boolean {
    const holder = this.#holders.get(topic)
    if (holder !== undefined) return holder === clientId
    if (this.#holders.size >= this.#heldMax) return false
    this.#holders.set(topic, clientId)
    return true
  }

  /** Gives the topic back. False, and nothing happens, when the client does not hold it. */
  release(topic: string, clientId: string): boolean {
    if (this.#holders.get(topic) !== clientId) return false
    this.#holders.delete(topic)
    return true
  }

  /** All holders, in the order they came. */
  *entries(): IterableIterator<readonly [topic: string, clientId: string]> {
    yield* this.#holders
  }
}
