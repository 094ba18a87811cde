import { open, type Database, type RootDatabase } from 'lmdb'
import type { Table } from '#broker/ports.ts'
import { Durability } from '../durability.ts'
import { TABLES } from '../pending/batch.ts'

/** Address space reserved at once, in bytes; lmdb doubles it when the data grows beyond. */
const MAP_BYTES = 256 * 1024 * 1024

const DATABASES_MAX = 16
const READERS_MAX = 254

/** Only for ourselves and the group: sessions and messages are inside. */
const FILE_MODE = 0o640

/** A batch of this many writes and more would be started before it is complete. */
const NEVER = 0x7fff_ffff

export type LmdbTable = Database<Uint8Array, string>
export type LmdbRoot = RootDatabase<Uint8Array, string>

/** One thread's handles on the environment. All threads of a process share the environment. */
export interface LmdbEnvironment {
  readonly root: LmdbRoot
  readonly tables: Readonly<Record<Table, LmdbTable>>
}

/** Keys are binary strings: one char is one byte. */
const keyEncoder = {
  writeKey(key: string, target: Buffer, start: number): number {
    const length = key.length
    // For keys of a session (17 bytes) this loop is faster than a call into native code.
    for (let at = 0; at < length; at++) target[start + at] = key.charCodeAt(at)
    return start + length
  },
  readKey(source: Buffer, start: number, end: number): string {
    return source.toString('latin1', start, end)
  },
}

/** Values are bytes. The buffer given to `decode` is used again for the next value. */
const encoder = {
  encode: (value: Uint8Array): Uint8Array => value,
  decode(bytes: Buffer, size: number): Buffer {
    const copy = Buffer.allocUnsafe(size)
    bytes.copy(copy, 0, 0, size)
    return copy
  },
}

/** Opens the environment in the directory `path` with all its tables; see `openRoot`. */
export function openEnvironment(path: string, durability: Durability): LmdbEnvironment {
  return openTables(openRoot(path, durability))
}

/**
 * Opens the environment in the directory `path`, creating it if it is not there. Nothing but the
 * first two pages is read.
 *
 * - No cache and no compression: values are small, or payloads that are compressed already.
 * - `eventTurnBatching` off: a transaction holds exactly the batch given to `batch()`.
 * - Big values need no cutting: filling 60 MB, clearing and filling again with sizes from 16 KB to
 *   900 KB left the file at 2.3 times the data and no more, replacing at random at 1.3 times.
 * @throws what lmdb throws
 */
export function openRoot(path: string, durability: Durability): LmdbRoot {
  const options = {
    noSubdir: false,
    maxDbs: DATABASES_MAX,
    maxReaders: READERS_MAX,
    mapSize: MAP_BYTES,
    permissionsMode: FILE_MODE,
    encoding: 'binary' as const,
    keyEncoding: 'binary' as const,
    cache: false,
    compression: false,
    eventTurnBatching: false,
    txnStartThreshold: 1,
    batchStartThreshold: NEVER,
    overlappingSync: durability === Durability.BATCH,
    noSync: durability === Durability.MEMORY,
  }
  return open<Uint8Array, string>(path, options)
}

/**
 * Opens the tables, creating those that are not there.
 * @throws what lmdb throws
 */
export function openTables(root: LmdbRoot): LmdbEnvironment {
  const tableOptions = { encoding: 'binary' as const, keyEncoder, encoder }
  const openTable = (name: Table): LmdbTable => root.openDB(name, tableOptions)
  const handles = TABLES.map((name) => [name, openTable(name)] as const)
  const tables = Object.fromEntries(handles) as Record<Table, LmdbTable> // One of each, by TABLES.
  return { root, tables }
}

/** How much an environment holds, in bytes. */
export interface StorageUsage {
  /** All pages that were ever in use; it never shrinks. The file is longer by its reserve. */
  readonly fileBytes: number
  /** Pages of the tables; the rest of the file is free for new data. */
  readonly usedBytes: number
  readonly pageBytes: number
}

interface Stats {
  readonly pageSize: number
  readonly lastPageNumber: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

/** Bytes the file has to have for all its pages to be in it. */
export function lengthOf(root: LmdbRoot): number {
  const stats = root.getStats() as Stats // Untyped in lmdb.
  return (stats.lastPageNumber + 1) * stats.pageSize
}

/** Reads counters that lmdb keeps: costs some microseconds for each table, however much is in. */
export function usageOf(environment: LmdbEnvironment): StorageUsage {
  let usedPages = 0
  let filePages = 0
  let pageBytes = 0
  for (const table of TABLES) {
    const stats = environment.tables[table].getStats() as Stats // Untyped in lmdb.
    usedPages += stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages
    filePages = stats.lastPageNumber + 1
    pageBytes = stats.pageSize
  }
  return { fileBytes: filePages * pageBytes, usedBytes: usedPages * pageBytes, pageBytes }
}
