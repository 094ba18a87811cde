import type { ValueMap } from '#plugin/value.ts'
import { partsOf, splitInsert, sqlLiteral } from './sql-template.ts'

/** Statements with literals in them, for systems without parameters. */
export interface LiteralSql {
  /** Whether the rows of several records go into one statement. */
  readonly isBatchable: boolean
  statement(records: readonly ValueMap[]): string
}

/**
 * Compiles a statement.
 * @param quote writes text as a literal in which nothing is read as SQL
 * @param separator stands between the rows of a batch
 */
export function compileLiteralSql(
  source: string,
  quote: (text: string) => string,
  separator: string,
): LiteralSql {
  const insert = splitInsert(source)
  const parts = partsOf(insert?.row ?? source)
  const write = (record: ValueMap): string =>
    parts
      .map((part) => (typeof part === 'string' ? part : sqlLiteral(part.value(record), quote)))
      .join('')
  return {
    isBatchable: insert !== undefined,
    statement: (records) => {
      const { front, end } = insert ?? { front: '', end: '' }
      return front + records.map(write).join(separator) + end
    },
  }
}

/** Text between single quotes, with backslashes before what they would end. */
export function backslashQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
