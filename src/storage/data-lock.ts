import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageError } from './storage-error.ts'

const LOCK_FILE = 'tideway.lock'
const OWNER_FILE = 'tideway.owner.json'
const SQLITE_BUSY = 5

/** Holds a data directory for this process. */
export interface DataLock {
  /** Lets go of the directory. A process that dies lets go as well. */
  release(): void
}

/**
 * Takes a data directory for this process, creating it if needed.
 *
 * The lock is one of the operating system on the file `tideway.lock`, taken by an SQLite connection
 * in an exclusive transaction that never writes: it ends with the process however that ends, so it
 * is never stale, and it holds between containers of one host. Nobody may open that file otherwise
 * in this process, for POSIX gives up its locks when any handle on the file closes; who holds it
 * is written into a file beside it.
 * @throws StorageError `locked` or `io`
 */
export function lockDataDirectory(dataDir: string): DataLock {
  let connection: DatabaseSync | undefined
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    connection = new DatabaseSync(join(dataDir, LOCK_FILE), { timeout: 0 })
    connection.exec('BEGIN EXCLUSIVE')
    writeFileSync(join(dataDir, OWNER_FILE), ownerText())
  } catch (error) {
    connection?.close()
    throw isBusy(error) ? lockedError(dataDir) : unusableError(dataDir, error)
  }
  const held = connection
  return { release: () => held.close() }
}

function ownerText(): string {
  const since = new Date(Date.now()).toISOString()
  return `${JSON.stringify({ pid: process.pid, host: hostname(), since })}\n`
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function lockedError(dataDir: string): StorageError {
  const message =
    `the data directory ${dataDir} is in use by ${describeOwner(dataDir)}; stop that one, or ` +
    'give this one a data directory of its own'
  return new StorageError('locked', message)
}

function describeOwner(dataDir: string): string {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(dataDir, OWNER_FILE), 'utf8'))
    if (typeof owner === 'object' && owner !== null && 'pid' in owner) {
      const { pid, host, since } = owner as { pid: unknown; host?: unknown; since?: unknown }
      return `another Tideway: process ${String(pid)} on ${String(host)}, since ${String(since)}`
    }
  } catch {
    // Not there yet, or half-written: the message does without.
  }
  return 'another Tideway process'
}

function unusableError(dataDir: string, error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `the data directory ${dataDir} cannot be used: ${reason}`
  return new StorageError('io', message, error)
}
