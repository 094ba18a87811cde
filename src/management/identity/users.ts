import type { SqliteDatabase, SqlRow } from '#storage/sqlite/sqlite-database.ts'
import { hashPassword, isPassword } from './passwords.ts'

export type UserRole = 'administrator' | 'viewer'

/** Who checks that a user is who it says: this node by a password, or somebody else. */
export type UserBackend = 'local' | 'oidc' | 'ldap'

/** A user of dashboard and REST API. */
export interface User {
  /** Unique: of users that others know with `<backend>:` in front, which no local name has. */
  readonly username: string
  readonly backend: UserBackend
  readonly role: UserRole
  readonly description: string
  /** The password is one that everybody knows. */
  readonly mustChangePassword: boolean
}

export const USERS_MAX = 1000
/** What is kept for users whose password somebody else checks. Nothing is equal to it. */
export const NO_PASSWORD = ''
/** The password of the first user as shipped. */
export const INITIAL_PASSWORD = 'public'

/** The unique name of a user that this backend knows under a name. */
export function userKey(backend: UserBackend, name: string): string {
  return backend === 'local' ? name : `${backend}:${name}`
}

/** The name of a user as its backend knows it. */
export function plainName({ username, backend }: Pick<User, 'username' | 'backend'>): string {
  return backend === 'local' ? username : username.slice(backend.length + 1)
}

/** Who checks the user of a unique name. */
export function backendOf(username: string): UserBackend {
  const [prefix] = username.split(':', 1)
  return username.includes(':') && (prefix === 'oidc' || prefix === 'ldap') ? prefix : 'local'
}

/** Users in the database, with a copy in memory: each request asks for one. */
export class Users {
  readonly #database: SqliteDatabase
  readonly #nowMs: () => number
  readonly #users = new Map<string, User>()
  /** Compared with when there is no such user, so that it takes as long. */
  readonly #nobodysPassword: Promise<string>

  constructor(database: SqliteDatabase, nowMs: () => number) {
    this.#database = database
    this.#nowMs = nowMs
    this.#nobodysPassword = hashPassword('')
    for (const row of database.all('SELECT * FROM users ORDER BY username')) {
      const user = toUser(row)
      this.#users.set(user.username, user)
    }
  }

  /** Makes the first user when there is none. */
  async ensureFirst(username: string, password: string): Promise<void> {
    if (this.#users.size > 0) return
    const stored = await hashPassword(password)
    const mustChangePassword = password === INITIAL_PASSWORD
    const description = 'the first administrator'
    const role = 'administrator'
    this.#put({ username, backend: 'local', role, description, mustChangePassword }, stored)
  }

  /** True while somebody has the password that everybody knows. */
  get someMustChange(): boolean {
    for (const user of this.#users.values()) if (user.mustChangePassword) return true
    return false
  }

  get(username: string): User | undefined {
    return this.#users.get(username)
  }

  list(): readonly User[] {
    return [...this.#users.values()].toSorted((a, b) => (a.username < b.username ? -1 : 1))
  }

  get count(): number {
    return this.#users.size
  }

  /**
   * Whether an administrator would be left without this user: one with a password here, as others
   * get in only while their provider answers.
   */
  isAdministratedWithout(username: string): boolean {
    return [...this.#users.values()].some((user) => {
      return user.username !== username && isLocalAdministrator(user)
    })
  }

  /** The user, if the password is theirs. Takes as long when there is no such user. */
  async verify(username: string, password: string): Promise<User | undefined> {
    const isLocal = this.#users.get(username)?.backend === 'local'
    const sql = 'SELECT password FROM users WHERE username = ?'
    const row = isLocal ? this.#database.get(sql, username) : undefined
    const stored = row === undefined ? await this.#nobodysPassword : String(row['password'])
    const isRight = await isPassword(password, stored)
    return isRight && row !== undefined ? this.#users.get(username) : undefined
  }

  async create(username: string, password: string, role: UserRole, description: string) {
    const stored = await hashPassword(password)
    this.#put({ username, backend: 'local', role, description, mustChangePassword: false }, stored)
  }

  /** Makes a user whose password somebody else checks. */
  createOf(backend: Exclude<UserBackend, 'local'>, name: string, role: UserRole): User {
    const username = userKey(backend, name)
    const user = { username, backend, role, description: '', mustChangePassword: false }
    this.#put(user, NO_PASSWORD)
    return user
  }

  /** Changes role and description; false when there is no such user. */
  update(username: string, role: UserRole, description: string): boolean {
    const user = this.#users.get(username)
    if (user === undefined) return false
    const sql = 'UPDATE users SET role = ?, description = ? WHERE username = ?'
    this.#database.run(sql, role, description, username)
    this.#users.set(username, { ...user, role, description })
    return true
  }

  async setPassword(username: string, password: string): Promise<void> {
    const stored = await hashPassword(password)
    const user = this.#users.get(username)
    if (user === undefined) return
    const sql = 'UPDATE users SET password = ?, must_change = 0 WHERE username = ?'
    this.#database.run(sql, stored, username)
    this.#users.set(username, { ...user, mustChangePassword: false })
  }

  /** False when there is no such user. */
  remove(username: string): boolean {
    this.#database.run('DELETE FROM users WHERE username = ?', username)
    return this.#users.delete(username)
  }

  /** All users with what is kept of their passwords, for backups. */
  dump(): readonly SqlRow[] {
    return this.#database.all('SELECT * FROM users ORDER BY username')
  }

  /**
   * Checks users of a backup.
   * @throws an Error when no administrator would be left, or there would be too many users
   */
  checkRestore(rows: readonly SqlRow[]): void {
    const after = new Map(this.#users)
    for (const user of rows.map(toUser)) after.set(user.username, user)
    if (after.size > USERS_MAX) throw new Error(`there may be ${USERS_MAX} users at most`)
    // Where there was none, others let them in.
    const isLost = (users: ReadonlyMap<string, User>): boolean => {
      return ![...users.values()].some(isLocalAdministrator)
    }
    if (isLost(after) && !isLost(this.#users)) throw new Error('no administrator would be left')
  }

  /** Takes users of a backup, which were checked, and gives their names. */
  restore(rows: readonly SqlRow[]): readonly string[] {
    const restored = rows.map(toUser)
    this.#database.transaction(() => {
      for (const [index, user] of restored.entries()) {
        this.#database.run('DELETE FROM users WHERE username = ?', user.username)
        this.#insert(user, String(rows[index]?.['password']))
      }
    })
    for (const user of restored) this.#users.set(user.username, user)
    return restored.map(({ username }) => username)
  }

  #put(user: User, stored: string): void {
    this.#insert(user, stored)
    this.#users.set(user.username, user)
  }

  #insert(user: User, stored: string): void {
    const { username, role, description, mustChangePassword } = user
    this.#database.run(
      `INSERT INTO users (username, password, role, description, must_change, created_at_ms)
       VALUES (?, ?, ?, ?, ?, ?)`,
      username,
      stored,
      role,
      description,
      mustChangePassword ? 1 : 0,
      this.#nowMs(),
    )
  }
}

function isLocalAdministrator({ role, backend }: User): boolean {
  return role === 'administrator' && backend === 'local'
}

function toUser(row: SqlRow): User {
  const username = String(row['username'])
  return {
    username,
    backend: backendOf(username),
    role: row['role'] === 'administrator' ? 'administrator' : 'viewer',
    description: String(row['description']),
    mustChangePassword: row['must_change'] === 1,
  }
}
