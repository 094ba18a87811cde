import { timescale } from '#config/fields/integrations/sql.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { openPostgresServer } from '../drivers/open-sql.ts'
import { compileFor, sqlSink } from '../sql-sink.ts'

/** `timescale`: as `pgsql`. */
export default defineConnector({
  description: timescale,
  open: openPostgresServer,
  check: (driver) => driver.check(),
  close: (driver) => driver.close(),
  sink: {
    check: ({ sql }) => void compileFor('numbers', sql),
    open: ({ sql }, driver) => sqlSink(driver, 'numbers', sql),
  },
})
