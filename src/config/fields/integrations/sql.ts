/** `pgsql`, `timescale` and `mysql`: rows of SQL databases. */
import { object, string } from '../../field.ts'
import { mysqlConnection, postgresqlConnection } from '../backends/sql.ts'
import { describeIntegration } from './integration.ts'

const BATCH_SIZE = 100
const STATEMENT =
  'Statement; may hold places such as `${clientid}`, which become parameters: no value changes ' +
  'the statement. What is missing is NULL. A batch of `INSERT … VALUES (…)` is one statement.'

const action = object(
  {
    sql: string({
      text: STATEMENT,
      required: true,
      lengthMax: 65_536,
      lines: true,
      example: 'INSERT INTO t (device, value) VALUES (${clientid}, ${payload.value})',
    }),
  },
  { text: 'What is run for each record.' },
)

export const pgsql = describeIntegration({
  type: 'pgsql',
  title: 'PostgreSQL',
  text: 'Runs a statement for each record, batches of rows in one.',
  proof: 'server',
  connector: postgresqlConnection,
  action,
  batchSize: BATCH_SIZE,
})

export const timescale = describeIntegration({
  type: 'timescale',
  title: 'TimescaleDB',
  text: 'As PostgreSQL, whose extension it is.',
  proof: 'server',
  connector: postgresqlConnection,
  action,
  batchSize: BATCH_SIZE,
})

export const mysql = describeIntegration({
  type: 'mysql',
  title: 'MySQL, MariaDB',
  text: 'Runs a statement for each record, batches of rows in one.',
  proof: 'server',
  connector: mysqlConnection,
  action,
  batchSize: BATCH_SIZE,
})
