import { existsSync, readFileSync } from 'node:fs'
import { PasswordService } from '#access/authentication/password/password-service.ts'
import { parseUsers } from '#access/authentication/users/parse-users.ts'
import { passwordCredentials } from '#access/authentication/users/password-credential.ts'
import { UserDirectory } from '#access/authentication/users/user-directory.ts'
import type { ImportResult } from '#access/authentication/users/user-directory.ts'
import type { Log } from '#broker/ports.ts'
import type { AuthenticatorConfig } from '#config/fields/authentication/authentication.ts'
import { BOOTSTRAP_FILE_NAME } from '#config/fields/authentication/built-in-database.ts'
import type { BuiltInDatabaseConfig } from '#config/fields/authentication/built-in-database.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import type { StorageTicket } from '#storage/lmdb/storage-ticket.ts'
import { toAuthenticationSettings } from './settings.ts'

/** Users of the built-in database as the main thread changes them; all shards see it at once. */
export class NodeUsers {
  readonly directory: UserDirectory
  /** Makes what is stored of passwords. */
  readonly passwords: PasswordService
  readonly #store: LmdbStore
  readonly #log: Log

  constructor(ticket: StorageTicket, log: Log, pendingBytesMax: number) {
    this.#log = log
    this.#store = new LmdbStore(ticket, { log, clock: systemClock, pendingBytesMax })
    this.directory = new UserDirectory(this.#store)
    this.passwords = new PasswordService(systemClock.monotonicMs)
  }

  /** Adds the users of bootstrap files. A file that cannot be read is logged. */
  async bootstrap(config: TidewayConfig): Promise<void> {
    for (const { chain, authenticators } of toAuthenticationSettings(config).chains) {
      for (const authenticator of authenticators) {
        if (isBuiltIn(authenticator)) await this.#bootstrapOne(chain, authenticator)
      }
    }
  }

  async close(): Promise<void> {
    await this.passwords.close()
    await this.#store.close()
  }

  async #bootstrapOne(chain: string, config: BuiltInDatabaseConfig): Promise<void> {
    const { bootstrap_file: file } = config
    if (file === '' || (file.endsWith(BOOTSTRAP_FILE_NAME) && !existsSync(file))) return
    try {
      const { added, kept } = await this.#importFile(chain, config)
      this.#log.info('users_bootstrapped', { file, chain, added, kept })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('users_not_bootstrapped', { file, chain, reason })
    }
  }

  #importFile(chain: string, config: BuiltInDatabaseConfig): Promise<ImportResult> {
    const { bootstrap_file: file, bootstrap_type: type } = config
    const form = file.endsWith('.json') ? 'json' : 'csv'
    const users = parseUsers(readFileSync(file, 'utf8'), form, type)
    const maker = passwordCredentials(config.password_hash_algorithm, this.passwords)
    return this.directory.importUsers({ chain, mechanism: config.mechanism }, users, maker)
  }
}

function isBuiltIn(config: AuthenticatorConfig): config is BuiltInDatabaseConfig {
  return config.mechanism === 'password_based' && config.backend === 'built_in_database'
}
