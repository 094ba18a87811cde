import type { StoreFailure, Table } from '#broker/ports.ts'
import type { Batch } from './pending/batch.ts'
import type { EntryCursor } from './pending/merged-scan.ts'

/** The configured size is exceeded, or the disk is full. */
export type Shortage = 'limit' | 'full'

/**
 * What a `GroupCommitStore` stands on: durable, ordered tables that take one batch at a time.
 */
export interface DurableEngine {
  /**
   * Why nothing new should be accepted: the configured size is exceeded, or the disk is full.
   * Batches are still written, from a reserve, so that what was accepted can be finished and
   * deleted.
   */
  readonly shortage: Shortage | undefined
  /** The committed value, as bytes that stay valid, or undefined. */
  get(table: Table, key: string): Uint8Array | undefined
  /** The committed entries in [from, to), ascending. */
  cursor(table: Table, from: string, to: string): EntryCursor
  /**
   * Writes a batch as one transaction and calls `done` once, when it is as durable as the mode
   * promises and `get` sees it; possibly before returning. After a failure nothing or all of it may
   * be in the tables; the same batch is then written again. Only one batch is under way at a time.
   */
  write(batch: Batch, done: (failure: StoreFailure | undefined) => void): void
}
