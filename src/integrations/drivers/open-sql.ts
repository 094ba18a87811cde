import {
  type ConnectionContext,
  secretOf,
  serverOf,
  tlsOf,
} from '#access/backends/driver-settings.ts'
import {
  MYSQL_PORT,
  type MysqlConnectionConfig,
  POSTGRESQL_PORT,
  type PostgresqlConnectionConfig,
} from '#config/fields/backends/sql.ts'
import { openMysql } from '#drivers/mysql.ts'
import { openPostgres, type SqlDriver } from '#drivers/postgres.ts'
import { driverLimits, openDriver } from './open-driver.ts'

/** Connects to the PostgreSQL server that the configuration describes. */
export function openPostgresServer(
  config: PostgresqlConnectionConfig,
  context: ConnectionContext,
): Promise<SqlDriver> {
  return openDriver(() =>
    openPostgres({
      ...driverLimits(config.pool_size, config.connect_timeout, context, config.query_timeout),
      server: serverOf(config.server, POSTGRESQL_PORT),
      database: config.database,
      username: config.username,
      password: secretOf(config.password, context) ?? '',
      disablePreparedStatements: config.disable_prepared_statements,
      tls: tlsOf(config.ssl, context),
    }),
  )
}

/** Connects to the MySQL server that the configuration describes. */
export function openMysqlServer(
  config: MysqlConnectionConfig,
  context: ConnectionContext,
): Promise<SqlDriver> {
  return openDriver(() =>
    openMysql({
      ...driverLimits(config.pool_size, config.connect_timeout, context, config.query_timeout),
      server: serverOf(config.server, MYSQL_PORT),
      database: config.database,
      username: config.username,
      password: secretOf(config.password, context) ?? '',
      tls: tlsOf(config.ssl, context),
    }),
  )
}
