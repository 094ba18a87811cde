import type { ValueMap } from '#plugin/value.ts'
import { toText } from '#streams/values/to-text.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { SqlDialect } from './sql-pieces.ts'
import { partsOf, splitInsert, sqlLiteral } from './sql-template.ts'

/** Statements with literals in them, for systems without parameters. */
export interface LiteralSql {
  /** Whether the rows of several records go into one statement. */
  readonly isBatchable: boolean
  statement(records: readonly ValueMap[]): string
}

/** What a name may not have: it could end there, or nobody could ask for it again. */
const NOT_IN_NAMES = /["'`\\\u0000-\u001F\u007F]/
const NAME_CHARS_MAX = 192

/**
 * Compiles a statement. Places become literals, also those in quotes, where the whole text becomes
 * one; in the quotes of a name they become a name.
 * @param dialect where texts and names begin and end
 * @param quote writes text as a literal in which nothing is read as SQL
 * @param separator stands between the rows of a batch
 * @throws Error when a place stands where neither a literal nor a name can
 */
export function compileLiteralSql(
  source: string,
  dialect: SqlDialect,
  quote: (text: string) => string,
  separator: string,
): LiteralSql {
  const insert = splitInsert(source, dialect)
  const parts = partsOf(insert?.row ?? source, dialect).map((part) => {
    if (typeof part === 'string') return () => part
    const { template, nameQuote } = part
    if (nameQuote === undefined) return (of: ValueMap) => sqlLiteral(template.value(of), quote)
    return (of: ValueMap) => nameQuote + checkedName(toText(template.value(of))) + nameQuote
  })
  const write = (record: ValueMap): string => parts.map((part) => part(record)).join('')
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

/** @throws DriverError for what is no name */
function checkedName(name: string): string {
  if (name !== '' && name.length <= NAME_CHARS_MAX && !NOT_IN_NAMES.test(name)) return name
  throw new DriverError('fatal', `${JSON.stringify(name)} cannot be the name of a table or column`)
}
