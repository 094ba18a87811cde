import type { AnyAuthorizer } from '#plugin/define-authorizer.ts'
import { fileAuthorizer } from './file-authorizer.ts'
import { builtInDatabaseAuthorizer } from './rules/built-in-database.ts'

/** All authorizers, by the `type` of their source. */
export const AUTHORIZERS: readonly AnyAuthorizer[] = [fileAuthorizer, builtInDatabaseAuthorizer]
