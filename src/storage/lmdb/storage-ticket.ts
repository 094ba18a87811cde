import type { Durability } from '../durability.ts'

/** Places in `StorageTicket.shared`, each a 32-bit integer. */
export const SharedSlot = {
  /** Commits of all threads, modulo 2^32: a change means that a read may be out of date. */
  COMMITS: 0,
  /** Not 0: lmdb cannot begin a transaction in this process any more. */
  BROKEN: 1,
  /** Sum of what all threads have claimed; see `DiskReserve`. */
  CLAIMED_PAGES: 2,
} as const

/** Size of `StorageTicket.shared`. */
export const SHARED_BYTES = 12

/**
 * What a thread needs to open the storage that the main thread has prepared. Can be sent to a
 * worker as it is.
 */
export interface StorageTicket {
  /** Directory of the environment. */
  readonly path: string
  readonly durability: Durability
  /** Bytes of data above which nothing new is accepted; Infinity = as much as the disk takes. */
  readonly bytesMax: number
  readonly shared: SharedArrayBuffer
}
