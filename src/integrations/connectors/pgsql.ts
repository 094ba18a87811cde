import { pgsql } from '#config/fields/integrations/sql.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { openPostgresServer } from '../drivers/open-sql.ts'
import { compileFor, sqlSink } from '../sql-sink.ts'

/** `pgsql`: a statement per record, batches of rows in one. */
export default defineConnector({
  description: pgsql,
  open: openPostgresServer,
  check: (driver) => driver.check(),
  close: (driver) => driver.close(),
  sink: {
    check: ({ sql }) => void compileFor('numbers', sql),
    open: ({ sql }, driver) => sqlSink(driver, 'numbers', sql),
  },
})
