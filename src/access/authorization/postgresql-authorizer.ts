import { postgresqlSource } from '#config/fields/authorization/sql.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { openConfiguredPostgresql } from '../backends/open-sql.ts'
import { sqlAuthorizer } from './sql-authorizer.ts'

/** `type = postgresql`: rules in rows of a PostgreSQL database. */
export const postgresqlAuthorizer = defineAuthorizer({
  type: 'postgresql',
  fields: [postgresqlSource],
  create: (config, context) => sqlAuthorizer(openConfiguredPostgresql(config, context)),
})
