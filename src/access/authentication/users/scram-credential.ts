import type { ScramConfig } from '#config/fields/authentication/scram.ts'
import type { PasswordService } from '../password/password-service.ts'
import { scramKeys } from '../scram/scram-keys.ts'
import type { CredentialMaker } from './user-directory.ts'
import type { Credential } from './user-table.ts'

/** A user of `scram:built_in_database`; bytes in Base64. */
export interface ScramCredential extends Credential {
  /** The digest it was made with: it is of no use for another one. */
  readonly digest: 'sha256' | 'sha512'
  readonly iterations: number
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
}

/** Makes credentials for an authenticator. */
export function scramCredentials(
  config: Pick<ScramConfig, 'algorithm' | 'iteration_count'>,
  passwords: Pick<PasswordService, 'hash'>,
): CredentialMaker {
  const { algorithm: digest, iteration_count: iterations } = config
  return {
    async fromPassword(password, isSuperuser) {
      const pbkdf2 = { name: 'pbkdf2', mac_fun: digest, iterations, dk_length: undefined } as const
      const bytes = Buffer.from(password.normalize('NFKC'), 'utf8')
      const { hash, salt } = await passwords.hash(pbkdf2, bytes)
      const { storedKey, serverKey } = scramKeys(digest, Buffer.from(hash, 'hex'))
      return {
        isSuperuser,
        digest,
        iterations,
        salt: Buffer.from(salt, 'utf8').toString('base64'),
        storedKey: storedKey.toString('base64'),
        serverKey: serverKey.toString('base64'),
      } satisfies ScramCredential
    },
  }
}
