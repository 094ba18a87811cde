import { mysqlAuthentication } from '#config/fields/authentication/sql.ts'
import { defineAuthenticator } from '#plugin/define-authenticator.ts'
import { openConfiguredMysql } from '../backends/open-sql.ts'
import { sqlAuthenticator } from './sql-authenticator.ts'

/** Passwords in a MySQL or MariaDB database. */
export default defineAuthenticator({
  mechanism: 'password_based',
  backend: 'mysql',
  fields: [mysqlAuthentication],
  create(config, context) {
    const asker = openConfiguredMysql(config, context)
    return sqlAuthenticator(asker, config.password_hash_algorithm, context)
  },
})
