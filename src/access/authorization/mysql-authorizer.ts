import { mysqlSource } from '#config/fields/authorization/sql.ts'
import { defineAuthorizer } from '#plugin/define-authorizer.ts'
import { openConfiguredMysql } from '../backends/open-sql.ts'
import { sqlAuthorizer } from './sql-authorizer.ts'

/** `type = mysql`: rules in rows of a MySQL or MariaDB database. */
export const mysqlAuthorizer = defineAuthorizer({
  type: 'mysql',
  fields: [mysqlSource],
  create: (config, context) => sqlAuthorizer(openConfiguredMysql(config, context)),
})
