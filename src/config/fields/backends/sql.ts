/** Connections to SQL databases. */
import { bool, string } from '../../field.ts'
import type { InferFields } from '../../field.ts'
import { backendPassword, clientSsl, poolSize, serverKey, timeoutKey } from './connection.ts'

export const POSTGRESQL_PORT = 5432
export const MYSQL_PORT = 3306

const database = string({
  text: 'Name of the database.',
  required: true,
  example: 'mqtt',
})

/** Connection to a PostgreSQL server. */
export const postgresqlConnection = {
  server: serverKey(POSTGRESQL_PORT),
  database,
  username: string({ text: 'User who logs in.', default: 'postgres' }),
  password: backendPassword,
  pool_size: poolSize,
  disable_prepared_statements: bool({
    text:
      'Prepare no statements, for poolers such as PgBouncer that give each transaction another ' +
      'connection. Values are sent as parameters all the same.',
    default: false,
  }),
  query_timeout: timeoutKey('A query that takes longer is given up.', '5s'),
  connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
  ssl: clientSsl,
} as const

/** Connection to a MySQL or MariaDB server. */
export const mysqlConnection = {
  server: serverKey(MYSQL_PORT),
  database,
  username: string({ text: 'User who logs in.', default: 'root' }),
  password: backendPassword,
  pool_size: poolSize,
  query_timeout: timeoutKey('A query that takes longer is given up.', '5s'),
  connect_timeout: timeoutKey('A connection that takes longer to open is given up.', '5s'),
  ssl: clientSsl,
} as const

/** The decoded keys. */
export type PostgresqlConnectionConfig = InferFields<typeof postgresqlConnection>
export type MysqlConnectionConfig = InferFields<typeof mysqlConnection>
