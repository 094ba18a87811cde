import type { AnyAuthorizer } from '#plugin/define-authorizer.ts'
import { fileAuthorizer } from './file-authorizer.ts'

/** All authorizers, by the `type` of their source. */
export const AUTHORIZERS: readonly AnyAuthorizer[] = [fileAuthorizer]
