import { Table } from '#broker/ports.ts'
import { checkRecord, encodeRecord, recordPayload } from '#kernel/record.ts'
import { StorageError } from '../storage-error.ts'
import { DATA_FILE } from './data-file.ts'
import type { LmdbEnvironment } from './lmdb-environment.ts'
import { damagedMessage } from './lmdb-failure.ts'
import { MigrationTables } from './migration-tables.ts'

/** Key in `Table.META`. Keys that begin with `storage.` belong to the storage itself. */
const FORMAT_KEY = 'storage.format'

const FORMAT_RECORD_VERSION = 1

/** One step of the format of the whole storage, from `from` to `from + 1`. */
export interface Migration {
  readonly from: number
  /** What changes, for the log. */
  readonly summary: string
  /** Runs inside one transaction together with the new version number; a throw undoes all of it. */
  run(tables: MigrationTables): void
}

/** The format that this version writes, and the way to it. */
export interface StorageFormat {
  readonly version: number
  /** One step for each older version that can still be read. */
  readonly steps: readonly Migration[]
}

/** Format of the storage as it is today. */
export const STORAGE_FORMAT: StorageFormat = { version: 1, steps: [] }

/** Writes the version into a new environment. */
export function markFormat(environment: LmdbEnvironment, version: number): void {
  const tables = new MigrationTables(environment)
  environment.root.transactionSync(() => tables.put(Table.META, FORMAT_KEY, versionValue(version)))
}

/**
 * Brings an environment to `format`, one step at a time, each durable before the next. Runs on the
 * main thread before any shard opens the storage.
 * @param applied told of every step, before it runs
 * @returns the version that was found
 * @throws StorageError `newer_version` (nothing was touched), `migration` (the steps before the
 *   failed one are done, the failed one is undone) or `corrupt`
 */
export function migrate(
  environment: LmdbEnvironment,
  path: string,
  format: StorageFormat,
  applied: (step: Migration) => void,
): number {
  const tables = new MigrationTables(environment)
  const found = readVersion(tables, path)
  if (found > format.version) throw newerError(path, found, format.version)
  for (let version = found; version < format.version; version++) {
    const step = format.steps.find(({ from }) => from === version)
    if (step === undefined) {
      const message = `the storage in ${path} has format ${found}, too old for this version`
      throw new StorageError('migration', message)
    }
    applied(step)
    runStep(environment, tables, path, step)
  }
  return found
}

function runStep(
  environment: LmdbEnvironment,
  tables: MigrationTables,
  path: string,
  step: Migration,
): void {
  try {
    environment.root.transactionSync(() => {
      step.run(tables)
      tables.put(Table.META, FORMAT_KEY, versionValue(step.from + 1))
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message =
      `the storage in ${path} could not be brought from format ${step.from} to ` +
      `${step.from + 1} (${step.summary}): ${reason}; it is still in format ${step.from}`
    throw new StorageError('migration', message, error)
  }
}

function readVersion(tables: MigrationTables, path: string): number {
  const record = tables.get(Table.META, FORMAT_KEY)
  if (record === undefined) {
    const message = damagedMessage(path, 'it does not say its format version')
    throw new StorageError('corrupt', message)
  }
  const text = Buffer.from(recordPayload(record)).toString('latin1')
  const readable = checkRecord(record) === FORMAT_RECORD_VERSION && /^\d{1,9}$/.test(text)
  if (readable) return Number(text)
  throw new StorageError('corrupt', damagedMessage(path, 'its format version is unreadable'))
}

function versionValue(version: number): Uint8Array {
  return encodeRecord(FORMAT_RECORD_VERSION, Buffer.from(String(version), 'latin1'))
}

function newerError(path: string, found: number, known: number): StorageError {
  const message =
    `the storage file ${path}/${DATA_FILE} has format ${found}, this version knows formats up ` +
    `to ${known}: start the newer version again, or restore the backup made before the upgrade; ` +
    'nothing was changed'
  return new StorageError('newer_version', message)
}
