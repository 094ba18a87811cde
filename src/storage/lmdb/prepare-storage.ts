import { existsSync, mkdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { Table, type Log } from '#broker/ports.ts'
import { lockDataDirectory, type DataLock } from '../data-lock.ts'
import { Durability } from '../durability.ts'
import { TABLES } from '../pending/batch.ts'
import { StorageError } from '../storage-error.ts'
import { DATA_FILE, hasRoom, requireAccess, whatIsWrong } from './data-file.ts'
import {
  lengthOf,
  openEnvironment,
  openRoot,
  openTables,
  usageOf,
  type LmdbEnvironment,
  type StorageUsage,
} from './lmdb-environment.ts'
import { damagedMessage, isCorruption } from './lmdb-failure.ts'
import { STORAGE_FORMAT, markFormat, migrate, type StorageFormat } from './migrations.ts'
import { SHARED_BYTES, type StorageTicket } from './storage-ticket.ts'

const CHECK_KEY = 'storage.check'

/** What the main thread needs to know to prepare the storage. */
export interface StorageSettings {
  readonly dataDir: string
  readonly durability: Durability
  /** See `StorageTicket.bytesMax`. */
  readonly bytesMax: number
  readonly log: Log
  /** Default: `STORAGE_FORMAT`. */
  readonly format?: StorageFormat
}

/** The prepared storage; open as long as the process lives. */
export interface PreparedStorage {
  /** For every thread that opens an `LmdbStore`. */
  readonly ticket: StorageTicket
  usage(): StorageUsage
  /** Writes a compacted copy of everything committed into a directory that has none. */
  backup(path: string): Promise<void>
  /** To be called when the stores of all threads are closed; lets go of the data directory. */
  close(): Promise<void>
}

/**
 * Takes the data directory and makes it ready, on the main thread, before any thread opens a store.
 *
 * Layout: `<dataDir>/storage` holds the environment (`data.mdb`, `lock.mdb`) of the modes `batch`
 * and `sync`; `<dataDir>/storage-memory` the one of mode `memory`, emptied here. A new environment
 * is made under another name and moved into place, so what is in place is always complete.
 * @throws StorageError with the exit code for the process
 */
export async function prepareStorage(settings: StorageSettings): Promise<PreparedStorage> {
  const lock = lockDataDirectory(settings.dataDir)
  try {
    return await prepareLocked(settings, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function prepareLocked(settings: StorageSettings, lock: DataLock): Promise<PreparedStorage> {
  const { durability, bytesMax, log } = settings
  const format = settings.format ?? STORAGE_FORMAT
  const inMemory = durability === Durability.MEMORY
  const path = join(settings.dataDir, inMemory ? 'storage-memory' : 'storage')
  const environment = await guarded(path, async () => {
    if (inMemory) rmSync(path, { recursive: true, force: true })
    if (!existsSync(join(path, DATA_FILE))) await create(path, durability, format)
    requireAccess(path)
    requireSound(path)
    if (durability === Durability.SYNC) await recover(path)
    return openChecked(path, durability, log)
  })
  try {
    const found = migrate(environment, path, format, (step) => {
      log.info('storage_migrates', { path, from: step.from, summary: step.summary })
    })
    log.info('storage_ready', { path, durability, format: format.version, foundFormat: found })
  } catch (error) {
    await environment.root.close()
    throw error
  }
  return {
    ticket: { path, durability, bytesMax, shared: new SharedArrayBuffer(SHARED_BYTES) },
    usage: () => usageOf(environment),
    async backup(target) {
      mkdirSync(target, { recursive: true, mode: 0o700 })
      await environment.root.backup(target, true)
    },
    async close() {
      await environment.root.close()
      lock.release()
    },
  }
}

async function create(path: string, durability: Durability, format: StorageFormat): Promise<void> {
  const making = `${path}-new`
  rmSync(making, { recursive: true, force: true })
  rmSync(path, { recursive: true, force: true })
  mkdirSync(making, { recursive: true, mode: 0o700 })
  // lmdb must not meet a full disk, see `DiskReserve`.
  if (!hasRoom(making, 0)) throw new StorageError('io', noRoomMessage(path))
  const environment = openEnvironment(making, durability)
  markFormat(environment, format.version)
  await environment.root.close()
  renameSync(making, path)
}

function noRoomMessage(path: string): string {
  return `the storage in ${path} cannot be made: no space left on the disk; free some`
}

/**
 * With overlapping sync lmdb may have shown commits that never reached the disk, and goes back to
 * the last flushed one when it is opened in the same way; opened for `sync` it would not.
 */
async function recover(path: string): Promise<void> {
  await openRoot(path, Durability.BATCH).close()
}

function openChecked(path: string, durability: Durability, log: Log): LmdbEnvironment {
  const root = openRoot(path, durability)
  const file = join(path, DATA_FILE)
  const expectedBytes = lengthOf(root)
  const { size } = statSync(file)
  if (size >= expectedBytes) return openTables(root)
  // Reading behind the end of a mapped file kills the process. Pages of zeros instead are found out
  // by lmdb; if the missing pages were free ones, all is well.
  log.warn('storage_file_short', { file, bytes: size, expectedBytes })
  truncateSync(file, expectedBytes)
  const environment = openTables(root)
  readAll(environment)
  return environment
}

function requireSound(path: string): void {
  const problem = whatIsWrong(path)
  if (problem !== undefined) throw new StorageError('corrupt', damagedMessage(path, problem))
}

function readAll(environment: LmdbEnvironment): void {
  for (const table of TABLES) {
    for (const entry of environment.tables[table].getRange({})) void entry.value
  }
  // Takes pages from the list of free ones, which no table shows.
  const meta = environment.tables[Table.META]
  environment.root.transactionSync(() => meta.putSync(CHECK_KEY, new Uint8Array(1)))
  environment.root.transactionSync(() => void meta.removeSync(CHECK_KEY))
}

async function guarded<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof StorageError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (isCorruption(error)) {
      throw new StorageError('corrupt', damagedMessage(path, reason), error)
    }
    throw new StorageError('io', `the storage in ${path} cannot be opened: ${reason}`, error)
  }
}
