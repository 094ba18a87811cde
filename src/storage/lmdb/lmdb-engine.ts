import type { StoreFailure, Table } from '#broker/ports.ts'
import type { DurableEngine, Shortage } from '../durable-engine.ts'
import { TABLES, type Batch } from '../pending/batch.ts'
import type { EntryCursor } from '../pending/merged-scan.ts'
import type { PendingTable } from '../pending/pending-table.ts'
import { DiskReserve } from './disk-reserve.ts'
import { LmdbCursor } from './lmdb-cursor.ts'
import { usageOf, type LmdbEnvironment, type LmdbTable } from './lmdb-environment.ts'
import { judgeCommitError, readError } from './lmdb-failure.ts'
import { SHORT_KEY_BYTES_MAX, storedKey, storedValue, valueInside } from './long-key.ts'
import { SharedSlot, type StorageTicket } from './storage-ticket.ts'

/** The size is looked at again after this share of the limit was written. */
const LIMIT_SHARE = 1 / 64

/** Once above the limit, the store takes new data again below this share of it. */
const LIMIT_EASED = 0.95

/** While above the limit, the size is looked at again at most this often. */
const LOOK_AGAIN_MS = 500

/**
 * One thread's side of an lmdb environment.
 *
 * Writing: a batch is put into lmdb's instruction buffer in one go and then started as one
 * transaction on lmdb's own thread (libuv's pool); values are not copied until that thread copies
 * them into their pages. For each put of 150 bytes that takes 0.3 us of this thread, against 0.7 us
 * by `put()` outside of `batch()`, 3.3 us by `putSync()` inside `transaction()`, which calls back
 * into this thread, and 6.6 us by `transactionSync()`, which also waits for other writers.
 *
 * In lmdb 3.5.6 the promise of `batch()` settles when the commit is flushed, with overlapping sync
 * as well; its `flushed` promise never settles after a failure. lmdb itself writes some lines to
 * stderr for each failed commit.
 *
 * Reading: lmdb keeps one read transaction for reads that follow each other closely. A counter
 * shared by all threads tells when somebody committed since, and the transaction is renewed.
 */
export class LmdbEngine implements DurableEngine {
  readonly #environment: LmdbEnvironment
  readonly #ticket: StorageTicket
  readonly #shared: Int32Array
  readonly #reserve: DiskReserve
  #commitsSeen: number
  #cursorsOpen: number
  #limitReached: boolean
  #bytesToNextLook: number
  #lookedMs: number

  constructor(environment: LmdbEnvironment, ticket: StorageTicket) {
    this.#environment = environment
    this.#ticket = ticket
    this.#shared = new Int32Array(ticket.shared)
    this.#reserve = new DiskReserve(ticket, () => freePagesOf(environment))
    this.#commitsSeen = Atomics.load(this.#shared, SharedSlot.COMMITS)
    this.#cursorsOpen = 0
    this.#limitReached = false
    this.#bytesToNextLook = 0
    this.#lookedMs = 0
    if (ticket.bytesMax !== Infinity) this.#look()
  }

  get shortage(): Shortage | undefined {
    if (this.#reserve.low) return 'full'
    // Others may have made room meanwhile, and this thread is not told.
    if (this.#limitReached && performance.now() - this.#lookedMs > LOOK_AGAIN_MS) this.#look()
    return this.#limitReached ? 'limit' : undefined
  }

  get(table: Table, key: string): Uint8Array | undefined {
    this.#seeOthers()
    const long = key.length > SHORT_KEY_BYTES_MAX
    try {
      const found = this.#environment.tables[table].getBinaryFast(long ? storedKey(key) : key)
      if (found === undefined) return undefined
      // lmdb uses this buffer again for the next read.
      const copy = Buffer.allocUnsafe(found.length)
      found.copy(copy, 0, 0, found.length)
      return long ? valueInside(copy) : copy
    } catch (error) {
      throw readError(error, this.#ticket.path)
    }
  }

  cursor(table: Table, from: string, to: string): EntryCursor {
    this.#seeOthers()
    this.#cursorsOpen++
    const closed = (): void => void this.#cursorsOpen--
    return new LmdbCursor(this.#environment.tables[table], { from, to }, this.#ticket.path, closed)
  }

  write(batch: Batch, done: Done): void {
    const reserve = this.#reserve
    reserve.claim(batch, (claimed, refusal) => {
      if (claimed === 0) {
        done(refusal)
        return
      }
      this.#write(batch, (failure) => {
        reserve.release(claimed)
        done(failure)
      })
    })
  }

  /** Closes what this thread holds beside the environment. */
  async close(): Promise<void> {
    await this.#reserve.close()
  }

  #write(batch: Batch, done: Done): void {
    if (Atomics.load(this.#shared, SharedSlot.BROKEN) !== 0) {
      done(brokenFailure(this.#ticket.path))
      return
    }
    const { root } = this.#environment
    // Without a second batch lmdb would wait for the next turn of the event loop before it begins.
    void root.batch(() => {})
    root
      .batch(() => writeTables(this.#environment, batch))
      .then(
        () => {
          this.#written(batch.bytes)
          done(undefined)
        },
        (error: unknown) => {
          void causeOf(error).then((cause) => done(this.#judge(cause, batch.bytes)))
        },
      )
  }

  #judge(cause: unknown, batchBytes: number): StoreFailure {
    const { failure, final } = judgeCommitError(cause, this.#ticket.path, batchBytes)
    // A transaction that cannot even begin leaves lmdb's own lock taken: no thread may try again.
    if (final) Atomics.store(this.#shared, SharedSlot.BROKEN, 1)
    return failure
  }

  /** Lets the next read see what other threads committed; not while a cursor is under way. */
  #seeOthers(): void {
    const commits = Atomics.load(this.#shared, SharedSlot.COMMITS)
    if (commits === this.#commitsSeen || this.#cursorsOpen > 0) return
    this.#commitsSeen = commits
    this.#environment.root.resetReadTxn()
  }

  #written(bytes: number): void {
    Atomics.add(this.#shared, SharedSlot.COMMITS, 1)
    if (this.#ticket.bytesMax === Infinity) return
    this.#bytesToNextLook -= bytes
    if (this.#bytesToNextLook <= 0) this.#look()
  }

  #look(): void {
    const { bytesMax } = this.#ticket
    this.#seeOthers()
    const { usedBytes } = usageOf(this.#environment)
    this.#limitReached = usedBytes > (this.#limitReached ? bytesMax * LIMIT_EASED : bytesMax)
    this.#bytesToNextLook = bytesMax * LIMIT_SHARE
    this.#lookedMs = performance.now()
  }
}

type Done = (failure: StoreFailure | undefined) => void

function freePagesOf(environment: LmdbEnvironment): number {
  const { fileBytes, usedBytes, pageBytes } = usageOf(environment)
  return (fileBytes - usedBytes) / pageBytes
}

function writeTables(environment: LmdbEnvironment, batch: Batch): void {
  for (const name of TABLES) {
    const pending = batch.tables[name]
    if (pending !== undefined) writeTable(environment.tables[name], pending)
  }
}

function writeTable(table: LmdbTable, pending: PendingTable): void {
  const put = (value: Uint8Array, key: string): void => {
    if (key.length > SHORT_KEY_BYTES_MAX) void table.put(storedKey(key), storedValue(key, value))
    else void table.put(key, value)
  }
  pending.fresh.forEach(put)
  pending.changed.forEach((value, key) => {
    if (value !== null) put(value, key)
    else void table.remove(key.length > SHORT_KEY_BYTES_MAX ? storedKey(key) : key)
  })
}

/** lmdb rejects with a general error; the particular one comes by a promise inside it. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  try {
    await error.commitError
    return error
  } catch (cause) {
    return cause
  }
}

function brokenFailure(path: string): StoreFailure {
  const message = `${path}: an earlier failure left lmdb unable to write; restart the node`
  return { kind: 'io', message }
}
