import { chmodSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** What a column can hold. */
export type SqlValue = SQLInputValue
export type SqlRow = Readonly<Record<string, null | number | bigint | string | Uint8Array>>

/** One step of the schema. Steps run in order, each once; what is released is never changed. */
export interface SqlMigration {
  readonly version: number
  readonly sql: string
}

/** Statements kept prepared. */
const STATEMENTS_MAX = 200
/** Pages written to the log before it is brought into the file, 4 KiB each. */
const CHECKPOINT_PAGES = 1000
const BUSY_TIMEOUT_MS = 2000

/**
 * A relational database in one file, for data of low rate: users, keys, records of changes,
 * history. Calls are synchronous and mostly take some microseconds; a commit goes to the log of
 * the database without waiting for the medium, so that a power cut may take the last ones.
 */
export class SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /**
   * Opens or makes the file and brings its schema up to date.
   * @param path of the file; `:memory:` keeps it in memory
   * @throws the error of SQLite; an Error when the file is of a later version of the program
   */
  constructor(path: string, migrations: readonly SqlMigration[]) {
    this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
    if (path !== ':memory:') chmodSync(path, 0o600)
    this.#database.exec(`PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    this.#migrate(path, migrations)
  }

  /** Runs a statement that changes something; returns how many rows it changed. */
  run(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes)
  }

  /** The first row. */
  get(sql: string, ...values: readonly SqlValue[]): SqlRow | undefined {
    return this.#prepare(sql).get(...values)
  }

  all(sql: string, ...values: readonly SqlValue[]): readonly SqlRow[] {
    return this.#prepare(sql).all(...values)
  }

  /** All changes of `action` or, when it throws, none. */
  transaction<Result>(action: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = action()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#statements.clear()
    this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear()
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #migrate(path: string, migrations: readonly SqlMigration[]): void {
    const known = migrations.at(-1)?.version ?? 0
    const at = Number(this.get('PRAGMA user_version')?.['user_version'] ?? 0)
    if (at > known) {
      throw new Error(
        `${path} was written by a later version (schema ${at}, known ${known}). ` +
          'Start that version, or restore a backup of the data directory.',
      )
    }
    for (const { version, sql } of migrations) {
      if (version <= at) continue
      this.transaction(() => {
        this.#database.exec(sql)
        this.#database.exec(`PRAGMA user_version = ${version}`)
      })
    }
  }
}
