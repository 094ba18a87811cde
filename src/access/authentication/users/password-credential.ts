import type { PasswordHashAlgorithm } from '#config/fields/authentication/password-hash.ts'
import type { StoredPassword } from '#plugin/define-authenticator.ts'
import type { PasswordService } from '../password/password-service.ts'
import type { CredentialMaker } from './user-directory.ts'
import type { Credential } from './user-table.ts'

/** A user of `password_based:built_in_database`. */
export interface PasswordCredential extends Credential, StoredPassword {}

/** Makes credentials by the algorithm of an authenticator. */
export function passwordCredentials(
  algorithm: PasswordHashAlgorithm,
  passwords: Pick<PasswordService, 'hash'>,
): CredentialMaker {
  return {
    async fromPassword(password, isSuperuser) {
      const stored = await passwords.hash(algorithm, Buffer.from(password, 'utf8'))
      return { ...stored, isSuperuser } satisfies PasswordCredential
    },
    fromHash(hash, salt, isSuperuser) {
      return { hash, salt, isSuperuser } satisfies PasswordCredential
    },
  }
}
