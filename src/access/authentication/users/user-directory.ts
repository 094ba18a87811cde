import type { KvStore, StoreFailure } from '#broker/ports.ts'
import { textKey } from '#kernel/binary-key.ts'
import type { ParsedUser } from './parse-users.ts'
import {
  type Credential,
  readUser,
  removeUser,
  scanAllUsers,
  scanUsers,
  type UserGroup,
  writeUser,
} from './user-table.ts'

/** A new user, or a new password of one. */
export interface NewUser {
  readonly userId: string
  readonly password: string
  readonly isSuperuser: boolean
}

/** Makes what is kept of a password. */
export interface CredentialMaker {
  /** @throws an Error when that is not possible at the moment */
  fromPassword(password: string, isSuperuser: boolean): Promise<Credential>
  /** Undefined for a mechanism whose credentials cannot come as a hash. */
  fromHash?(hash: string, salt: string, isSuperuser: boolean): Credential
}

/** A user as it may be shown. */
export interface ShownUser {
  readonly userId: string
  readonly isSuperuser: boolean
}

/** Which users to list. */
export interface UserQuery {
  /** Part of the user id. */
  readonly like?: string
  readonly isSuperuser?: boolean
  /** User id after which to begin. */
  readonly after?: string
  readonly skip: number
  readonly limit: number
}

/** A page of users, and how many there are in all. */
export interface UserList {
  readonly items: readonly ShownUser[]
  readonly count: number
}

/** How an import went. */
export interface ImportResult {
  readonly added: number
  /** Were there already and are now as the file says. */
  readonly replaced: number
  /** Were there already and were left as they are. */
  readonly kept: number
}

/** A user with what is kept of the password: for backups. */
export interface StoredUser extends UserGroup {
  readonly userId: string
  readonly credential: Credential
}

/** Users of a batch of an import: so much waits in memory for the store at a time. */
const IMPORT_BATCH = 1_000

/**
 * The one place where users of the built-in database are changed. It writes into the store that
 * all shards read, so that a change reaches all of them with its commit.
 */
export class UserDirectory {
  readonly #store: KvStore

  constructor(store: KvStore) {
    this.#store = store
  }

  get(group: UserGroup, userId: string): ShownUser | undefined {
    const user = readUser(this.#store, group, userId)
    return user && { userId, isSuperuser: user.isSuperuser }
  }

  /** A page of users in the order of their ids, and how many there are in all. */
  list(group: UserGroup, query: UserQuery): UserList {
    const items: ShownUser[] = []
    const after = query.after === undefined ? undefined : textKey(query.after)
    let count = 0
    let passed = 0
    scanUsers(this.#store, group, (userId, { isSuperuser }) => {
      const isWanted =
        (query.like === undefined || userId.includes(query.like)) &&
        (query.isSuperuser === undefined || query.isSuperuser === isSuperuser)
      if (!isWanted) return true
      count++
      if (after !== undefined && textKey(userId) <= after) return true
      if (passed++ >= query.skip && items.length < query.limit) items.push({ userId, isSuperuser })
      return true
    })
    return { items, count }
  }

  /**
   * Adds a user, or gives an existing one this password. Resolves when it is durable.
   * @throws an Error when the store cannot take it
   */
  async set(group: UserGroup, user: NewUser, maker: CredentialMaker): Promise<void> {
    const credential = await maker.fromPassword(user.password, user.isSuperuser)
    writeUser(this.#store, group, user.userId, credential)
    await this.#commit()
  }

  /**
   * Removes a user; false when there is none.
   * @throws an Error when the store cannot take it
   */
  async remove(group: UserGroup, userId: string): Promise<boolean> {
    if (readUser(this.#store, group, userId) === undefined) return false
    removeUser(this.#store, group, userId)
    await this.#commit()
    return true
  }

  /**
   * Removes all users; how many there were.
   * @throws an Error when the store cannot take it
   */
  async removeAll(group: UserGroup): Promise<number> {
    const ids: string[] = []
    scanUsers(this.#store, group, (userId) => {
      ids.push(userId)
      return true
    })
    for (let at = 0; at < ids.length; at += IMPORT_BATCH) {
      const batch = ids.slice(at, at + IMPORT_BATCH)
      for (const userId of batch) removeUser(this.#store, group, userId)
      await this.#commit()
    }
    return ids.length
  }

  /**
   * Adds users of a file.
   * @param mode `keep`: those that exist are left as they are
   * @throws an Error when the store cannot take them; some may have been added then
   */
  async importUsers(
    group: UserGroup,
    users: readonly ParsedUser[],
    maker: CredentialMaker,
    mode: 'keep' | 'replace',
  ): Promise<ImportResult> {
    let added = 0
    let replaced = 0
    for (const user of users) {
      const isThere = readUser(this.#store, group, user.userId) !== undefined
      if (isThere && mode === 'keep') continue
      writeUser(this.#store, group, user.userId, await credentialOf(user, maker))
      if (isThere) replaced++
      else added++
      if ((added + replaced) % IMPORT_BATCH === 0) await this.#commit()
    }
    await this.#commit()
    return { added, replaced, kept: users.length - added - replaced }
  }

  /** All users of all authenticators. */
  dump(): readonly StoredUser[] {
    const users: StoredUser[] = []
    scanAllUsers(this.#store, (group, userId, credential) => {
      users.push({ ...group, userId, credential })
    })
    return users
  }

  /**
   * Adds users of a backup, or replaces those that exist.
   * @throws an Error when one is not well-formed: none is added then; or when the store cannot
   * take them
   */
  async restore(users: readonly StoredUser[]): Promise<void> {
    const wrong = users.find(({ chain, mechanism, userId, credential }) => {
      const isText = [chain, mechanism, userId].every((part) => typeof part === 'string')
      return !isText || typeof credential?.isSuperuser !== 'boolean'
    })
    if (wrong !== undefined) throw new Error('a user of the backup is not well-formed')
    for (const [index, { chain, mechanism, userId, credential }] of users.entries()) {
      writeUser(this.#store, { chain, mechanism }, userId, credential)
      if (index % IMPORT_BATCH === IMPORT_BATCH - 1) await this.#commit()
    }
    await this.#commit()
  }

  /**
   * Removes users as they stand in a backup.
   * @throws an Error when the store cannot take it
   */
  async forget(users: readonly (UserGroup & { readonly userId: string })[]): Promise<void> {
    for (const [index, { chain, mechanism, userId }] of users.entries()) {
      removeUser(this.#store, { chain, mechanism }, userId)
      if (index % IMPORT_BATCH === IMPORT_BATCH - 1) await this.#commit()
    }
    await this.#commit()
  }

  async #commit(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<StoreFailure | undefined>()
    this.#store.barrier(resolve)
    this.#store.commit()
    const failure = await promise
    if (failure !== undefined) throw new Error(`users cannot be stored: ${failure.message}`)
  }
}

function credentialOf(user: ParsedUser, maker: CredentialMaker): Credential | Promise<Credential> {
  const { hash, salt, password, isSuperuser } = user
  if (hash === undefined) return maker.fromPassword(password ?? '', isSuperuser)
  if (maker.fromHash !== undefined) return maker.fromHash(hash, salt, isSuperuser)
  throw new Error('users of this mechanism can only be added by their passwords')
}
