import { join } from 'node:path'
import type { StoreFailure } from '#broker/ports.ts'
import { StorageError } from '../storage-error.ts'
import { DATA_FILE, hasRoom } from './data-file.ts'

/** Codes of lmdb (negative) and of the operating system that say what is wrong. */
const Code = {
  EIO: 5,
  EFBIG: 27,
  ENOSPC: 28,
  EDQUOT: 122,
  MDB_PAGE_NOTFOUND: -30_797,
  MDB_CORRUPTED: -30_796,
  MDB_PANIC: -30_795,
  MDB_VERSION_MISMATCH: -30_794,
  MDB_INVALID: -30_793,
  MDB_MAP_FULL: -30_792,
  MDB_PROBLEM: -30_779,
} as const

const FULL: ReadonlySet<number> = new Set([Code.EFBIG, Code.ENOSPC, Code.EDQUOT, Code.MDB_MAP_FULL])

const CORRUPT: ReadonlySet<number> = new Set([
  Code.MDB_PAGE_NOTFOUND,
  Code.MDB_CORRUPTED,
  Code.MDB_VERSION_MISMATCH,
  Code.MDB_INVALID,
  Code.MDB_PROBLEM,
])

/** A failed commit as the core sees it, and whether lmdb can go on after it. */
export interface CommitFailure {
  readonly failure: StoreFailure
  /** No transaction can be started in this process any more. */
  readonly final: boolean
}

/**
 * Judges an error of lmdb. `path` is the directory of the environment, `batchBytes` what was to be
 * written: a write that is cut short, by a full disk, a quota or a limit on the size of files, is
 * an I/O error to lmdb, so it is tried out whether there is room.
 */
export function judgeCommitError(error: unknown, path: string, batchBytes: number): CommitFailure {
  const code = codeOf(error)
  const text = `${path}: ${error instanceof Error ? error.message : String(error)}`
  if (isCorruption(error)) return { failure: { kind: 'corrupt', message: text }, final: true }
  const cutShort = code === Code.EIO && !hasRoom(path, batchBytes)
  if (cutShort || (code !== undefined && FULL.has(code))) {
    const message = cutShort ? `${text} (no space left on the disk)` : text
    return { failure: { kind: 'full', message }, final: false }
  }
  return { failure: { kind: 'io', message: text }, final: code === Code.MDB_PANIC }
}

/** True for errors that mean that the file is damaged or is no environment of lmdb. */
export function isCorruption(error: unknown): boolean {
  const code = codeOf(error)
  return code !== undefined && CORRUPT.has(code)
}

/** What to throw for an error while reading from the environment in `path`. */
export function readError(error: unknown, path: string): unknown {
  if (!isCorruption(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new StorageError('corrupt', damagedMessage(path, reason), error)
}

/** What is wrong with the file and what can be done. */
export function damagedMessage(path: string, reason: string): string {
  return (
    `the storage file ${join(path, DATA_FILE)} is damaged (${reason}): restore the directory ` +
    `${path} from a backup, or move it away to start empty`
  )
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'number' ? error.code : undefined
}
