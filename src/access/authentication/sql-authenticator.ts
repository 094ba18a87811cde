import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import type { Authenticator, AuthenticatorContext } from '#plugin/define-authenticator.ts'
import { readKnownUser } from '../backends/known-user.ts'
import type { SqlAsker } from '../backends/open-sql.ts'
import { passwordAuthenticator } from '../backends/password-backend.ts'

/** An authenticator over a query that gives the password of a client; its first row counts. */
export function sqlAuthenticator(
  { driver, ask }: SqlAsker,
  algorithm: PasswordHashAlgorithm,
  context: AuthenticatorContext,
): Authenticator {
  const backend = {
    driver,
    async find(...[valueOf, signal]: Parameters<SqlAsker['ask']>) {
      const [row] = await ask(valueOf, signal)
      return row === undefined ? undefined : readKnownUser(row)
    },
  }
  return passwordAuthenticator(backend, algorithm, context)
}
