import type { Clock, Log, StoreFailure } from '#broker/ports.ts'
import { GroupCommitStore, type RetryTimer } from '../group-commit-store.ts'
import { LmdbEngine } from './lmdb-engine.ts'
import { openEnvironment, type LmdbEnvironment } from './lmdb-environment.ts'
import { SharedSlot, type StorageTicket } from './storage-ticket.ts'

/** What a thread gives its store. */
export interface LmdbStoreOptions {
  readonly log: Log
  readonly clock: Clock
  /** See `GroupCommitOptions.pendingBytesMax`. */
  readonly pendingBytesMax: number
}

/**
 * The store of one thread over lmdb. `prepareStorage` has to have made the ticket, in this process.
 *
 * While a commit is under way it keeps one thread of libuv's pool busy, with more shards than that
 * pool has threads (`UV_THREADPOOL_SIZE`, 4 unless set) they wait for each other and everybody
 * else who needs the pool (file access, name lookup, password hashing) waits with them.
 * @throws what lmdb throws when the environment cannot be opened
 */
export class LmdbStore extends GroupCommitStore {
  readonly #environment: LmdbEnvironment
  readonly #engine: LmdbEngine
  readonly #shared: Int32Array

  constructor(ticket: StorageTicket, options: LmdbStoreOptions) {
    const environment = openEnvironment(ticket.path, ticket.durability)
    const engine = new LmdbEngine(environment, ticket)
    super(engine, {
      ...options,
      durability: ticket.durability,
      timer: retryTimer(),
    })
    this.#environment = environment
    this.#engine = engine
    this.#shared = new Int32Array(ticket.shared)
  }

  /** Also closes this thread's handle on the environment: nothing may be read afterwards. */
  override async close(): Promise<StoreFailure | undefined> {
    const failure = await super.close()
    await this.#engine.close()
    // Broken, lmdb's own lock may be taken for ever, and closing would wait for it.
    const broken = Atomics.load(this.#shared, SharedSlot.BROKEN) !== 0
    if (!broken) await this.#environment.root.close()
    return failure
  }
}

function retryTimer(): RetryTimer {
  let handle: NodeJS.Timeout | undefined
  return {
    set(delayMs, callback) {
      clearTimeout(handle)
      handle = setTimeout(callback, delayMs).unref()
    },
    clear() {
      clearTimeout(handle)
    },
  }
}
