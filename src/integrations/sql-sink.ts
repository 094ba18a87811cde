import type { SqlDriver } from '#drivers/postgres.ts'
import type { Sink } from '#plugin/define-connector.ts'
import { MYSQL, POSTGRESQL } from './sql-pieces.ts'
import { compileSqlTemplate, sqlValue } from './sql-template.ts'
import type { SqlTemplate } from './sql-template.ts'
import { writeEach } from './write-each.ts'

/** Parameters that one statement may have, in PostgreSQL and MySQL. */
const PARAMETERS_MAX = 65_000

/** How parameters are written. */
export type ParameterStyle = 'numbers' | 'marks'

/**
 * Compiles the statement of an action.
 * @throws Error when a place stands where no parameter can
 */
export function compileFor(style: ParameterStyle, sql: string): SqlTemplate {
  if (style === 'marks') return compileSqlTemplate(sql, () => '?', MYSQL)
  return compileSqlTemplate(sql, (number) => `$${number}`, POSTGRESQL)
}

/** Writes records as rows: those of a batch in one statement where that is possible. */
export function sqlSink(driver: SqlDriver, style: ParameterStyle, sql: string): Sink {
  const template = compileFor(style, sql)
  const rowsMax = Math.floor(PARAMETERS_MAX / Math.max(1, template.valuesPerRecord))
  return {
    async write(records, signal) {
      const run = async (some: typeof records) => {
        const query = template.query(some)
        await driver.query(query.sql, query.values.map(sqlValue), signal)
      }
      if (!template.isBatchable && records.length > 1) {
        return writeEach(records, (record) => run([record]))
      }
      for (let at = 0; at < records.length; at += rowsMax) {
        await run(records.slice(at, at + rowsMax))
      }
      return undefined
    },
  }
}
