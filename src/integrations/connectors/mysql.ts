import { mysql } from '#config/fields/integrations/sql.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { openMysqlServer } from '../drivers/open-sql.ts'
import { compileFor, sqlSink } from '../sql-sink.ts'

/** `mysql`: a statement per record, batches of rows in one. */
export default defineConnector({
  description: mysql,
  open: openMysqlServer,
  check: (driver) => driver.check(),
  close: (driver) => driver.close(),
  sink: {
    check: ({ sql }) => void compileFor('marks', sql),
    open: ({ sql }, driver) => sqlSink(driver, 'marks', sql),
  },
})
