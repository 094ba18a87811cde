import type { TableSetName } from '../contract/data.ts'

/** A table of a backup: all of its rows, and how rows come back. */
export interface TableSet {
  readonly name: TableSetName
  rows(): Promise<readonly unknown[]>
  /** What a row is about: of rows with the same key there is one. */
  keyOf(row: unknown): string
  /**
   * Checks what is to be restored, beside the form of each row.
   * @throws an Error that says why it cannot be
   */
  check?(rows: readonly unknown[]): void
  /**
   * Rows that exist are replaced.
   * @param rows are of the form of `TABLE_ROWS`
   * @returns what was passed over, and why
   */
  restore(rows: readonly unknown[]): Promise<readonly string[]>
  /** Removes rows that are there. */
  remove(rows: readonly unknown[]): Promise<void>
}

/** A table whose rows have a type. */
export interface TypedTableSet<Row> extends TableSet {
  rows(): Promise<readonly Row[]>
  keyOf(row: Row): string
  check?(rows: readonly Row[]): void
  restore(rows: readonly Row[]): Promise<readonly string[]>
  remove(rows: readonly Row[]): Promise<void>
}
