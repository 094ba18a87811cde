import { postgresqlAuthentication } from '#config/fields/authentication/sql.ts'
import { defineAuthenticator } from '#plugin/define-authenticator.ts'
import { openConfiguredPostgresql } from '../backends/open-sql.ts'
import { sqlAuthenticator } from './sql-authenticator.ts'

/** Passwords in a PostgreSQL database. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'postgresql',
  fields: [postgresqlAuthentication],
  create(config, context) {
    const asker = openConfiguredPostgresql(config, context)
    return sqlAuthenticator(asker, config.password_hash_algorithm, context)
  },
})
