import type { AnyAuthorizer } from '#plugin/define-authorizer.ts'
import { fileAuthorizer } from './file-authorizer.ts'
import { httpAuthorizer } from './http-authorizer.ts'
import { ldapAuthorizer } from './ldap-authorizer.ts'
import { mongodbAuthorizer } from './mongodb-authorizer.ts'
import { mysqlAuthorizer } from './mysql-authorizer.ts'
import { postgresqlAuthorizer } from './postgresql-authorizer.ts'
import { redisAuthorizer } from './redis-authorizer.ts'
import { builtInDatabaseAuthorizer } from './rules/built-in-database.ts'

/** All authorizers, by the `type` of their source. */
export const AUTHORIZERS: readonly AnyAuthorizer[] = [
  builtInDatabaseAuthorizer,
  fileAuthorizer,
  httpAuthorizer,
  ldapAuthorizer,
  mongodbAuthorizer,
  mysqlAuthorizer,
  postgresqlAuthorizer,
  redisAuthorizer,
]
