import { existsSync, readFileSync } from 'node:fs'
import { PasswordService } from '#access/authentication/password/password-service.ts'
import { linkName } from '#access/authentication/shard-authentication.ts'
import { parseUsers } from '#access/authentication/users/parse-users.ts'
import type { UserFile } from '#access/authentication/users/parse-users.ts'
import { passwordCredentials } from '#access/authentication/users/password-credential.ts'
import { scramCredentials } from '#access/authentication/users/scram-credential.ts'
import { UserDirectory } from '#access/authentication/users/user-directory.ts'
import type {
  CredentialMaker,
  ImportResult,
  NewUser,
  ShownUser,
  StoredUser,
  UserList,
  UserQuery,
} from '#access/authentication/users/user-directory.ts'
import type { UserGroup } from '#access/authentication/users/user-table.ts'
import type { Log } from '#broker/ports.ts'
import {
  type AuthenticatorConfig,
  authenticatorId,
} from '#config/fields/authentication/authentication.ts'
import { BOOTSTRAP_FILE_NAME } from '#config/fields/authentication/built-in-database.ts'
import type { BuiltInDatabaseConfig } from '#config/fields/authentication/built-in-database.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { systemClock } from '#kernel/system/system-clock.ts'
import type { UserOwner, UserPort } from '#management/node-port.ts'
import { LmdbStore } from '#storage/lmdb/lmdb-store.ts'
import type { StorageTicket } from '#storage/lmdb/storage-ticket.ts'
import { toAuthenticationSettings } from './settings.ts'

/** Users of the built-in database as the main thread changes them; all shards see it at once. */
export class NodeUsers implements UserPort {
  readonly directory: UserDirectory
  /** Makes what is stored of passwords. */
  readonly passwords: PasswordService
  readonly #store: LmdbStore
  readonly #log: Log
  /** Authenticators whose file of users was read. */
  #bootstrapped: ReadonlySet<string> = new Set()

  constructor(ticket: StorageTicket, log: Log, pendingBytesMax: number) {
    this.#log = log
    this.#store = new LmdbStore(ticket, { log, clock: systemClock, pendingBytesMax })
    this.directory = new UserDirectory(this.#store)
    this.passwords = new PasswordService(systemClock.monotonicMs)
  }

  /**
   * Adds the users of bootstrap files of authenticators that were not there before. A file that
   * cannot be read is logged.
   */
  async bootstrap(config: TidewayConfig): Promise<void> {
    const present = new Set<string>()
    for (const { chain, authenticators } of toAuthenticationSettings(config).chains) {
      for (const authenticator of authenticators) {
        if (!isBuiltIn(authenticator)) continue
        const name = linkName(chain, authenticatorId(authenticator))
        present.add(name)
        if (!this.#bootstrapped.has(name)) await this.#bootstrapOne(chain, authenticator)
      }
    }
    this.#bootstrapped = present
  }

  get(owner: UserOwner, userId: string): ShownUser | undefined {
    return this.directory.get(groupOf(owner), userId)
  }

  list(owner: UserOwner, query: UserQuery): UserList {
    return this.directory.list(groupOf(owner), query)
  }

  /** See `UserDirectory.remove`. */
  remove(owner: UserOwner, userId: string): Promise<boolean> {
    return this.directory.remove(groupOf(owner), userId)
  }

  /** See `UserDirectory.dump`. */
  dump(): readonly StoredUser[] {
    return this.directory.dump()
  }

  /** See `UserDirectory.restore`. */
  restore(users: readonly StoredUser[]): Promise<void> {
    return this.directory.restore(users)
  }

  /** See `UserDirectory.forget`. */
  forget(users: readonly StoredUser[]): Promise<void> {
    return this.directory.forget(users)
  }

  /** Removes all users of an authenticator; how many there were. */
  removeAll(owner: UserOwner): Promise<number> {
    return this.directory.removeAll(groupOf(owner))
  }

  /** See `UserDirectory.set`. */
  set(owner: UserOwner, user: NewUser): Promise<void> {
    return this.directory.set(groupOf(owner), user, this.#makerOf(owner))
  }

  /**
   * Adds users, or replaces those that exist.
   * @throws UserFileError when the file is not well-formed: nothing is changed then
   */
  importUsers(owner: UserOwner, file: UserFile): Promise<ImportResult> {
    const users = parseUsers(file)
    return this.directory.importUsers(groupOf(owner), users, this.#makerOf(owner), 'replace')
  }

  async close(): Promise<void> {
    await this.passwords.close()
    await this.#store.close()
  }

  #makerOf({ config }: UserOwner): CredentialMaker {
    return config.mechanism === 'scram'
      ? scramCredentials(config, this.passwords)
      : passwordCredentials(config.password_hash_algorithm, this.passwords)
  }

  async #bootstrapOne(chain: string, config: BuiltInDatabaseConfig): Promise<void> {
    const { bootstrap_file: file } = config
    if (file === '' || (file.endsWith(BOOTSTRAP_FILE_NAME) && !existsSync(file))) return
    try {
      const { added, kept } = await this.#importFile({ chain, config })
      this.#log.info('users_bootstrapped', { file, chain, added, kept })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('users_not_bootstrapped', { file, chain, reason })
    }
  }

  #importFile(owner: {
    readonly chain: string
    readonly config: BuiltInDatabaseConfig
  }): Promise<ImportResult> {
    const { bootstrap_file: file, bootstrap_type: type } = owner.config
    const form = file.endsWith('.json') ? 'json' : 'csv'
    const users = parseUsers({ text: readFileSync(file, 'utf8'), form, type })
    return this.directory.importUsers(groupOf(owner), users, this.#makerOf(owner), 'keep')
  }
}

function groupOf({ chain, config }: UserOwner): UserGroup {
  return { chain, mechanism: config.mechanism }
}

function isBuiltIn(config: AuthenticatorConfig): config is BuiltInDatabaseConfig {
  return config.mechanism === 'password_based' && config.backend === 'built_in_database'
}
