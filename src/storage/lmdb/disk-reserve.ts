import { closeSync, fstatSync, openSync, readFileSync, statfsSync, write } from 'node:fs'
import type { StatsFs } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StoreFailure } from '#broker/ports.ts'
import { assert } from '#kernel/assert.ts'
import type { Batch } from '../pending/batch.ts'
import { DATA_FILE, lastPageOf, pageBytesOf } from './data-file.ts'
import { SharedSlot, type StorageTicket } from './storage-ticket.ts'

/** Fewer pages behind the used ones, and the file is made longer until there are twice as many. */
const RESERVE_PAGES = 1024

/** Once there is less than the reserve, new data is accepted again from this multiple of it. */
const RESERVE_EASED = 1.25

/** The file is made longer by pieces of this size. */
const PIECE_BYTES = 1024 * 1024

/** What one key may cost: its leaf is copied and split, and so are four branches above it. */
const LEAF_PAGES = 2
const BRANCH_PAGES = 4

/** A branch has at least so many pages below it. */
const FANOUT_MIN = 4

/** Pages are at least this part full after splits, values that have pages of their own aside. */
const FILL_MIN = 1 / 4

/** What a batch may cost beside its keys: roots, the table of tables, the list of free pages. */
const BATCH_PAGES = 64

/**
 * With so much free on the disk, beside all claims, the file may grow without zeros, which would
 * have to be written to the disk first; the reserve is then made up for at most once in a while.
 */
const AMPLE_BYTES = 1024 ** 3
const TOP_UP_MS = 5_000
const TOP_UP_PIECES = 8

/** With the disk full, it is tried again to make the file longer this often. */
const LOOK_AGAIN_MS = 500

/** Of btrfs, ZFS and bcachefs: writing over zeros takes new space there. */
const COPY_ON_WRITE: ReadonlySet<number> = new Set([0x9123_683e, 0x2fc1_2fc1, 0xca45_1a4e])

const ZEROS = Buffer.alloc(PIECE_BYTES)
const writeAsync = promisify(write)

/** Says how much room a file system has, and of what kind it is. */
export type LookAtDisk = (path: string) => Pick<StatsFs, 'type' | 'bavail' | 'bsize'>

/**
 * More pages than lmdb takes from behind the used ones when it writes the batch: as if keys were no
 * neighbours, and no freed page were used again.
 * @param usedPages no more than these can be copied
 */
function pagesAtMost(batch: Batch, usedPages: number, pageBytes: number): number {
  const keys = batch.count
  const leaves = LEAF_PAGES * Math.min(keys, usedPages)
  const branches = Math.min(BRANCH_PAGES * keys, usedPages / FANOUT_MIN)
  return BATCH_PAGES + Math.ceil(leaves + branches + batch.bytes / pageBytes / FILL_MIN)
}

/**
 * Keeps the data file longer than lmdb needs, by zeros behind the used pages, so that the disk is
 * never full to lmdb: who wants to write claims pages first, and is refused when the disk has not
 * ample room, the file is too short for all claims, and it cannot be made longer.
 *
 * Why: lmdb 3.5.6 describes a failed write in a buffer of 100 bytes that is too small for some, in
 * memory shared with everybody. And with a full disk the reserve lets those finish and delete who
 * had been accepted.
 *
 * Each thread has one; they share the sum of claims. Zeros are appended (O_APPEND), so they never
 * come over a page that lmdb wrote, whoever is faster.
 */
export class DiskReserve {
  readonly #pageBytes: number
  readonly #path: string
  readonly #fd: number
  readonly #shared: Int32Array
  readonly #freePagesInside: () => number
  readonly #lookAtDisk: LookAtDisk
  readonly #copiesOnWrite: boolean
  /** A limit on the size of files may come before the end of the disk. */
  readonly #fileLimited: boolean
  #filePages: number
  #growth: Promise<boolean> | undefined
  #failure: StoreFailure | undefined
  #triedMs: number
  #low: boolean
  #closed: boolean
  readonly #lookAgain: NodeJS.Timeout

  /** @param freePagesInside pages before the last used one that are in no table */
  constructor(
    ticket: StorageTicket,
    freePagesInside: () => number,
    lookAtDisk: LookAtDisk = statfsSync,
  ) {
    this.#path = ticket.path
    this.#fd = openSync(join(ticket.path, DATA_FILE), 'a+')
    this.#shared = new Int32Array(ticket.shared)
    this.#freePagesInside = freePagesInside
    this.#lookAtDisk = lookAtDisk
    this.#copiesOnWrite = COPY_ON_WRITE.has(lookAtDisk(ticket.path).type)
    this.#fileLimited = isFileLimited()
    this.#pageBytes = pageBytesOf(this.#fd)
    this.#filePages = 0
    this.#growth = undefined
    this.#failure = undefined
    this.#triedMs = -Infinity
    this.#low = false
    this.#closed = false
    this.#lookAgain = setTimeout(() => this.#lookAgainWhenLow(), LOOK_AGAIN_MS).unref()
  }

  /** True while the disk is full and little is left: nothing new should be accepted. */
  get low(): boolean {
    return this.#low
  }

  /**
   * Claims the pages for a batch, and calls back with how many that are, at once unless the file
   * has to be made longer; or with 0 and the reason.
   */
  claim(batch: Batch, done: (claimed: number, failure?: StoreFailure) => void): void {
    const pages = pagesAtMost(batch, this.#usedPages(), this.#pageBytes)
    Atomics.add(this.#shared, SharedSlot.CLAIMED_PAGES, pages)
    if (this.#fits()) {
      done(pages)
      return
    }
    void this.#makeRoom().then((made) => {
      if (made) {
        done(pages)
        return
      }
      Atomics.sub(this.#shared, SharedSlot.CLAIMED_PAGES, pages)
      done(0, this.#failure ?? failureOf('the disk is full', this.#path))
    })
  }

  /** Gives claimed pages back when the batch is written, or has failed. */
  release(claimed: number): void {
    const before = Atomics.sub(this.#shared, SharedSlot.CLAIMED_PAGES, claimed)
    assert(before >= claimed, 'what is released was claimed')
    if (this.#tailPages() < RESERVE_PAGES) this.#topUp()
  }

  /** Waits for a file operation under way and closes the file, once. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#lookAgain)
    await this.#growth
    closeSync(this.#fd)
  }

  /** Makes the file longer until all claims fit; false when it cannot, and they may not fit. */
  async #makeRoom(): Promise<boolean> {
    while (await this.#grow()) {
      if (this.#fits()) return true
    }
    return this.#roomPages() >= 0 && !this.#diskIsShort()
  }

  #lookAgainWhenLow(): void {
    if (this.#low && !this.#closed) void this.#grow()
  }

  #topUp(): void {
    if (this.#growth !== undefined || this.#closed) return
    const sinceMs = performance.now() - this.#triedMs
    const pauseMs = this.#failure !== undefined ? LOOK_AGAIN_MS : this.#isAmple() ? TOP_UP_MS : 0
    if (sinceMs >= pauseMs) void this.#grow()
  }

  #grow(): Promise<boolean> {
    this.#growth ??= this.#append().finally(() => {
      this.#growth = undefined
    })
    return this.#growth
  }

  /** Appends until the reserve is there; false when that is not possible. */
  async #append(): Promise<boolean> {
    try {
      this.#triedMs = performance.now()
      for (let pieces = 0; this.#lacksPages(pieces); pieces++) {
        if (this.#diskIsShort()) throw new Error('the disk is full')
        const { bytesWritten } = await writeAsync(this.#fd, ZEROS)
        if (bytesWritten === 0) throw new Error('nothing was written')
      }
      // A file that is long enough does not help where the disk itself must have room.
      if (this.#diskIsShort()) throw new Error('the disk is full')
      this.#failure = undefined
    } catch (error) {
      this.#failure = failureOf(error, this.#path)
    }
    const enoughPages = this.#low ? RESERVE_EASED * RESERVE_PAGES : RESERVE_PAGES
    this.#low =
      this.#failure !== undefined && (this.#roomPages() < enoughPages || this.#diskIsShort())
    // Others may have made room meanwhile, and nobody is told.
    if (this.#low && !this.#closed) this.#lookAgain.refresh()
    return this.#failure === undefined
  }

  /** With ample room lmdb may use up what is appended meanwhile: one does not run after it. */
  #lacksPages(piecesAppended: number): boolean {
    if (!this.#isAmple()) return this.#tailPages() < 2 * RESERVE_PAGES
    return piecesAppended < TOP_UP_PIECES && this.#tailPages(0) < 2 * RESERVE_PAGES
  }

  /** All that is claimed can be written. */
  #fits(): boolean {
    return (this.#tailPages() >= 0 && !this.#diskIsShort()) || this.#isAmple()
  }

  /** Pages of the file behind the used ones that nobody has claimed. */
  #tailPages(claimedPages = this.#claimedPages()): number {
    // Claims come first: what is released after that is among the used ones.
    const takenPages = this.#usedPages() + claimedPages
    if (this.#filePages < takenPages + 2 * RESERVE_PAGES) {
      this.#filePages = Math.floor(fstatSync(this.#fd).size / this.#pageBytes)
    }
    return this.#filePages - takenPages
  }

  #usedPages(): number {
    return lastPageOf(this.#fd, this.#pageBytes) + 1
  }

  #claimedPages(): number {
    return Atomics.load(this.#shared, SharedSlot.CLAIMED_PAGES)
  }

  /** Where zeros in the file are no reserve, the disk has to have one. */
  #diskIsShort(): boolean {
    if (!this.#copiesOnWrite) return false
    return this.#freeBytes() < (this.#claimedPages() + RESERVE_PAGES) * this.#pageBytes
  }

  /** As above, with half of the free pages inside: the rest may still be in use by readers. */
  #roomPages(): number {
    return this.#tailPages() + Math.floor(this.#freePagesInside() / 2)
  }

  #isAmple(): boolean {
    if (this.#failure !== undefined || this.#fileLimited) return false
    return this.#freeBytes() >= AMPLE_BYTES + this.#claimedPages() * this.#pageBytes
  }

  #freeBytes(): number {
    const { bavail, bsize } = this.#lookAtDisk(this.#path)
    return bavail * bsize
  }
}

function failureOf(error: unknown, path: string): StoreFailure {
  const reason = error instanceof Error ? error.message : String(error)
  const isFault = error instanceof Error && 'code' in error && error.code === 'EIO'
  return { kind: isFault ? 'io' : 'full', message: `${path}: no room for more: ${reason}` }
}

/** True when this process may not write files of any size (`ulimit -f`), as far as can be told. */
function isFileLimited(): boolean {
  try {
    return !/^Max file size\s+unlimited/m.test(readFileSync('/proc/self/limits', 'latin1'))
  } catch {
    return false
  }
}
