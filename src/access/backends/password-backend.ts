import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import type { Driver } from '#drivers/driver.ts'
import type { Authenticator, AuthenticatorContext } from '#plugin/define-authenticator.ts'
import { valuesOf } from '../authentication/credential-values.ts'
import { checkPassword, type KnownUser } from '../authentication/password/check-password.ts'
import { backendStatus } from './backend-status.ts'
import type { ValueOf } from './fill-template.ts'

/** How a database is asked for a user. */
export interface PasswordBackend {
  readonly driver: Driver
  /** What it knows of the client; undefined when nothing. */
  find(valueOf: ValueOf, signal: AbortSignal): Promise<KnownUser | undefined>
}

/** An authenticator over a database that keeps passwords. */
export function passwordAuthenticator(
  backend: PasswordBackend,
  algorithm: PasswordHashAlgorithm,
  { passwords }: AuthenticatorContext,
): Authenticator {
  return {
    async authenticate(request, signal) {
      const user = await backend.find(valuesOf(request), signal)
      return checkPassword(passwords, algorithm, request, user)
    },
    status: () => backendStatus(backend.driver),
    close: () => backend.driver.close(),
  }
}
