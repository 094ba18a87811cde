import { splitSqlTemplate } from '#config/fields/backends/sql-template.ts'
import type { ValueOf } from './fill-template.ts'

/** A statement with parameters, and the names of what they are. */
export interface SqlStatement {
  readonly sql: string
  readonly names: readonly string[]
}

/** Makes parameters of the placeholders of a query: `$1`, `$2` … or `?`. */
export function compileSql(query: string, style: 'numbers' | 'marks'): SqlStatement {
  const pieces = splitSqlTemplate(query)
  const names = pieces.filter((_, index) => index % 2 === 1)
  const sql = pieces.map((piece, index) => {
    if (index % 2 === 0) return piece
    return style === 'marks' ? '?' : `$${(index + 1) / 2}`
  })
  return { sql: sql.join(''), names }
}

/** The parameters for one client; what it does not have is NULL. */
export function fillSql({ names }: SqlStatement, valueOf: ValueOf): readonly (string | null)[] {
  return names.map((name) => valueOf(name) ?? null)
}
