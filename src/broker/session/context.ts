import type { BlockPool } from '#kernel/block-pool.ts'
import type { Hooks } from '../hooks.ts'
import type { Metrics } from '../metrics.ts'
import type { BrokerSettings } from '../limits.ts'
import type { Message } from '../message.ts'
import type { BytesSource, KvStore, Log } from '../ports.ts'
import type { Router } from '../router/router.ts'
import type { Zones } from '../zones.ts'
import type { Bodies } from './bodies.ts'
import type { WriteSlab } from './outbox.ts'
import type { Outgoing } from './outgoing.ts'
import type { Subscriber } from '../router/routes.ts'

/** Something with output to be written at the end of the tick. */
export interface Flushable {
  flush(): void
}

/**
 * What sessions and connections need of their shard. The shard's core implements it; this narrow
 * view keeps sessions ignorant of how shards work together.
 */
export interface SessionContext {
  readonly settings: BrokerSettings
  readonly zones: Zones
  readonly store: KvStore
  readonly router: Router
  readonly metrics: Metrics
  readonly hooks: Hooks
  readonly log: Log
  readonly bodies: Bodies
  readonly slab: WriteSlab
  /** Whose bytes are being received, while they are valid. */
  receivingFrom: BytesSource | undefined
  /** Memory for packets that come in several reads. */
  readonly packetBlocks: BlockPool
  /** Wall clock of this tick in ms. */
  readonly nowMs: number
  /** Monotonic clock of this tick in ms. */
  readonly monotonicMs: number
  /**
   * Has the bytes of a message that is being received stay as they are until they have been sent
   * at the end of the tick. False: they will not, copy them.
   */
  lend(message: Message): boolean
  /** Notes that the message now being routed needs the next commit before it is acknowledged. */
  noteDurableWrite(): void
  /** Gives up one reference to a shared body, wherever it is counted. */
  releaseBody(key: string): void
  /**
   * Has the message, which has its packet identifier, sent to the session once everything
   * written so far is durable.
   */
  holdUntilCommit(session: Subscriber, outgoing: Outgoing): void
  /** Has the session's queue pumped again in the next tick. */
  pumpLater(session: Subscriber): void
  /** Has `flush` called at the end of the tick. */
  markDirty(flushable: Flushable): void
}

/** What holds one client to rates. */
export interface RateLimit {
  /** Bytes came from the client; false when its connection is ended for that. */
  received(count: number, nowMs: number): boolean
  /** A message came from the client; false when it is refused. */
  admit(nowMs: number): boolean
  /** The connection is gone. */
  stop(): void
}
