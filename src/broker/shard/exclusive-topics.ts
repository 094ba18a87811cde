import { hashString } from '#kernel/hash.ts'
import { ExclusiveRegistry } from '../topics/exclusive.ts'
import type { ShardCore } from './core.ts'
import type { Links } from './links.ts'

/**
 * `$exclusive/` topics over all shards: the shard named by the hash of the topic knows who holds
 * it, and is asked before a subscription is made.
 */
export class ExclusiveTopics {
  readonly #core: ShardCore
  readonly #links: Links
  readonly #registry: ExclusiveRegistry
  readonly #waiting: Map<number, (acquired: boolean) => void>
  #nextToken: number

  constructor(core: ShardCore, links: Links) {
    this.#core = core
    this.#links = links
    this.#registry = new ExclusiveRegistry()
    this.#waiting = new Map()
    this.#nextToken = 1
  }

  /** Topics held, of those this shard keeps, and questions to other keepers. */
  get openCount(): number {
    return this.#registry.size + this.#waiting.size
  }

  /** Who holds which topic, of those this shard keeps. */
  held(): Iterable<readonly [topic: string, clientId: string]> {
    return this.#registry.entries()
  }

  /** The holder of a topic that this shard keeps. */
  holderOf(topic: string): string | undefined {
    return this.#registry.holderOf(topic)
  }

  /** Asks for a topic; `done` may be called before this returns. */
  acquire(topic: string, clientId: string, done: (acquired: boolean) => void): void {
    const keeper = this.#keeperOf(topic)
    if (keeper === this.#core.shard) {
      done(this.#registry.acquire(topic, clientId))
      return
    }
    const token = this.#nextToken++
    this.#waiting.set(token, done)
    this.#links.send(keeper, { kind: 'exclusive-acquire', topic, clientId, token })
  }

  /** Takes a topic that a stored session holds; at start, before anybody else can ask. */
  restore(topic: string, clientId: string): void {
    this.acquire(topic, clientId, () => {})
  }

  /** Gives a topic back. */
  release(topic: string, clientId: string): void {
    const keeper = this.#keeperOf(topic)
    if (keeper === this.#core.shard) this.#registry.release(topic, clientId)
    else this.#links.send(keeper, { kind: 'exclusive-release', topic, clientId })
  }

  /** A sibling asks. */
  asked(from: number, topic: string, clientId: string, token: number): void {
    const acquired = this.#registry.acquire(topic, clientId)
    this.#links.send(from, { kind: 'exclusive-answer', token, acquired })
  }

  /** A sibling gives back. */
  released(topic: string, clientId: string): void {
    this.#registry.release(topic, clientId)
  }

  /** The keeper has answered. */
  answered(token: number, acquired: boolean): void {
    const done = this.#waiting.get(token)
    this.#waiting.delete(token)
    done?.(acquired)
  }

  #keeperOf(topic: string): number {
    return this.#core.shardCount === 1 ? 0 : hashString(topic) % this.#core.shardCount
  }
}
