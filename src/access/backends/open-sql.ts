import {
  MYSQL_PORT,
  type MysqlConnectionConfig,
  POSTGRESQL_PORT,
  type PostgresqlConnectionConfig,
} from '#config/fields/backends/sql.ts'
import { openMysql } from '#drivers/mysql.ts'
import { openPostgres, type SqlDriver, type SqlRow } from '#drivers/postgres.ts'
import {
  commonLimits,
  type ConnectionContext,
  secretOf,
  serverOf,
  tlsOf,
} from './driver-settings.ts'
import type { ValueOf } from './fill-template.ts'
import { compileSql, fillSql } from './sql-statement.ts'

/** A database that is asked the same query for each client, filled with its values. */
export interface SqlAsker {
  readonly driver: SqlDriver
  ask(valueOf: ValueOf, signal: AbortSignal): Promise<readonly SqlRow[]>
}

/** Opens the PostgreSQL server that the configuration describes. */
export function openConfiguredPostgresql(
  config: PostgresqlConnectionConfig & { readonly query: string },
  context: ConnectionContext,
): SqlAsker {
  const driver = openPostgres({
    ...commonLimits(config, context),
    server: serverOf(config.server, POSTGRESQL_PORT),
    database: config.database,
    username: config.username,
    password: secretOf(config.password, context) ?? '',
    disablePreparedStatements: config.disable_prepared_statements,
    tls: tlsOf(config.ssl, context),
  })
  return askerOf(driver, config.query, 'numbers')
}

/** Opens the MySQL server that the configuration describes. */
export function openConfiguredMysql(
  config: MysqlConnectionConfig & { readonly query: string },
  context: ConnectionContext,
): SqlAsker {
  const driver = openMysql({
    ...commonLimits(config, context),
    server: serverOf(config.server, MYSQL_PORT),
    database: config.database,
    username: config.username,
    password: secretOf(config.password, context) ?? '',
    tls: tlsOf(config.ssl, context),
  })
  return askerOf(driver, config.query, 'marks')
}

function askerOf(driver: SqlDriver, query: string, style: 'numbers' | 'marks'): SqlAsker {
  const statement = compileSql(query, style)
  return {
    driver,
    ask: (valueOf, signal) => driver.query(statement.sql, fillSql(statement, valueOf), signal),
  }
}
