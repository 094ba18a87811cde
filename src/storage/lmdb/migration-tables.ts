import type { Table } from '#broker/ports.ts'
import type { LmdbEnvironment } from './lmdb-environment.ts'

const ENTRIES_AT_ONCE = 1_000

/**
 * The tables as a migration step sees them: keys and values as they are stored, so a key longer
 * than `SHORT_KEY_BYTES_MAX` shows in the form of long-key.ts. Writes are seen at once.
 */
export class MigrationTables {
  readonly #environment: LmdbEnvironment

  constructor(environment: LmdbEnvironment) {
    this.#environment = environment
  }

  get(table: Table, key: string): Uint8Array | undefined {
    return this.#environment.tables[table].getBinary(key)
  }

  put(table: Table, key: string, value: Uint8Array): void {
    this.#environment.tables[table].putSync(key, value)
  }

  remove(table: Table, key: string): void {
    this.#environment.tables[table].removeSync(key)
  }

  /**
   * All entries of a table in ascending order. Entries may be written meanwhile: they are read a
   * thousand at a time, and what is written behind the last of those is seen.
   */
  *entries(table: Table): Generator<{ readonly key: string; readonly value: Uint8Array }> {
    let start: string | undefined
    for (;;) {
      // Named even when undefined: lmdb's own default leaves out some first bytes.
      const range = { start: start!, limit: ENTRIES_AT_ONCE }
      const entries = [...this.#environment.tables[table].getRange(range)]
      yield* entries
      const last = entries.at(-1)
      if (last === undefined || entries.length < ENTRIES_AT_ONCE) return
      start = `${last.key}\0`
    }
  }
}
