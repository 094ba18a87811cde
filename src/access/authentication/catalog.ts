import type { AuthenticatorDefinition } from '#plugin/define-authenticator.ts'
import builtInDatabase from './built-in-database.ts'

/** Every authenticator there is. */
export const AUTHENTICATORS: readonly AuthenticatorDefinition[] = [builtInDatabase]
