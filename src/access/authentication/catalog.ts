import type { AuthenticatorDefinition } from '#plugin/define-authenticator.ts'
import builtInDatabase from './built-in-database.ts'
import jwt from './jwt/jwt.ts'

/** Every authenticator there is. */
export const AUTHENTICATORS: readonly AuthenticatorDefinition[] = [builtInDatabase, jwt]
