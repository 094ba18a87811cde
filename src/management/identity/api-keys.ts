import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SqliteDatabase, SqlRow } from '#storage/sqlite/sqlite-database.ts'

export type KeyRole = 'administrator' | 'viewer' | 'publisher'

/** A key for programs. */
export interface ApiKey {
  readonly name: string
  readonly key: string
  readonly role: KeyRole
  readonly description: string
  readonly enable: boolean
  /** Groups of operations it may use; empty = all that its role allows. */
  readonly scopes: readonly string[]
  /** Infinity = never. */
  readonly expiresAtMs: number
  readonly createdAtMs: number
}

/** What can be changed of a key. */
export type ApiKeyChange = Partial<
  Pick<ApiKey, 'role' | 'description' | 'enable' | 'scopes' | 'expiresAtMs'>
>

export const API_KEYS_MAX = 100
const KEY_BYTES = 12
const SECRET_BYTES = 32

interface Held extends ApiKey {
  /** SHA-256 of the secret; of EMQX that of salt and secret, behind the salt. */
  readonly secretHash: Buffer
}

const HASH_BYTES = 32
/** What is stored of secrets, and comes back with a backup: with or without a salt of 4 bytes. */
export const STORED_SECRET = /^(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{48})$/

/**
 * API keys in the database, with a copy in memory. A secret is 32 random bytes, so that a plain
 * hash keeps it: there is nothing to guess.
 */
export class ApiKeys {
  readonly #database: SqliteDatabase
  readonly #nowMs: () => number
  readonly #byName = new Map<string, Held>()
  readonly #byKey = new Map<string, Held>()

  constructor(database: SqliteDatabase, nowMs: () => number) {
    this.#database = database
    this.#nowMs = nowMs
    for (const row of database.all('SELECT * FROM api_keys')) this.#hold(toHeld(row))
  }

  get count(): number {
    return this.#byName.size
  }

  list(): readonly ApiKey[] {
    return [...this.#byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  get(name: string): ApiKey | undefined {
    return this.#byName.get(name)
  }

  isExpired({ expiresAtMs }: ApiKey): boolean {
    return expiresAtMs <= this.#nowMs()
  }

  /** The key, if the secret is right and it may be used. */
  check(key: string, secret: string): ApiKey | undefined {
    const held = this.#byKey.get(key)
    const kept = held?.secretHash ?? hashSecret('')
    const salt = kept.subarray(0, -HASH_BYTES)
    const isRight = timingSafeEqual(hashSecret(secret, salt), kept.subarray(-HASH_BYTES))
    if (held === undefined || !isRight || !held.enable || this.isExpired(held)) return undefined
    return held
  }

  /** Makes a key; its secret is returned here and never again. */
  create(
    name: string,
    fields: Required<ApiKeyChange>,
    given?: { readonly key: string; readonly secret: string },
  ): ApiKey & { readonly secret: string } {
    const key = given?.key ?? randomBytes(KEY_BYTES).toString('hex')
    const secret = given?.secret ?? randomBytes(SECRET_BYTES).toString('base64url')
    const createdAtMs = this.#nowMs()
    const held = { name, key, ...fields, createdAtMs, secretHash: hashSecret(secret) }
    this.#write(held)
    return { ...held, secret }
  }

  /** All keys with the hashes of their secrets, for backups. */
  dump(): readonly SqlRow[] {
    return this.#database.all('SELECT * FROM api_keys ORDER BY name')
  }

  /**
   * Checks keys of a backup.
   * @throws an Error when there would be too many, or one has the key of another one
   */
  checkRestore(rows: readonly SqlRow[]): void {
    const after = new Map(this.#byName)
    for (const held of rows.map(toHeld)) after.set(held.name, held)
    if (after.size > API_KEYS_MAX) throw new Error(`there may be ${API_KEYS_MAX} keys at most`)
    const owners = new Map<string, string>()
    for (const { key, name } of after.values()) {
      const other = owners.get(key)
      if (other !== undefined) throw new Error(`${name} and ${other} have the same key`)
      owners.set(key, name)
    }
  }

  /**
   * Takes keys of a backup; those of the same name are replaced.
   * @throws an Error when one has the key of another one; nothing has changed then
   */
  restore(rows: readonly SqlRow[]): void {
    const before = [...this.#byName.values()]
    try {
      this.#database.transaction(() => {
        const restored = rows.map(toHeld)
        // All before the first is written: one may get the key that another one had.
        for (const { name } of restored) this.remove(name)
        for (const held of restored) this.#write(held)
      })
    } catch (error) {
      this.#byName.clear()
      this.#byKey.clear()
      for (const held of before) this.#hold(held)
      throw error
    }
  }

  #write(held: Held): void {
    this.#database.run(
      `INSERT INTO api_keys
         (name, api_key, secret_hash, role, description, enable, scopes, expires_at_ms,
          created_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      held.name,
      held.key,
      held.secretHash.toString('base64'),
      held.role,
      held.description,
      held.enable ? 1 : 0,
      JSON.stringify(held.scopes),
      Number.isFinite(held.expiresAtMs) ? held.expiresAtMs : null,
      held.createdAtMs,
    )
    this.#hold(held)
  }

  /** The changed key; undefined when there is none of this name. */
  update(name: string, change: ApiKeyChange): ApiKey | undefined {
    const before = this.#byName.get(name)
    if (before === undefined) return undefined
    const held = { ...before, ...change }
    this.#database.run(
      `UPDATE api_keys SET role = ?, description = ?, enable = ?, scopes = ?, expires_at_ms = ?
       WHERE name = ?`,
      held.role,
      held.description,
      held.enable ? 1 : 0,
      JSON.stringify(held.scopes),
      Number.isFinite(held.expiresAtMs) ? held.expiresAtMs : null,
      name,
    )
    this.#hold(held)
    return held
  }

  /** False when there is none of this name. */
  remove(name: string): boolean {
    const held = this.#byName.get(name)
    if (held === undefined) return false
    this.#database.run('DELETE FROM api_keys WHERE name = ?', name)
    this.#byName.delete(name)
    this.#byKey.delete(held.key)
    return true
  }

  #hold(held: Held): void {
    this.#byName.set(held.name, held)
    this.#byKey.set(held.key, held)
  }
}

function hashSecret(secret: string, salt: Uint8Array = Buffer.alloc(0)): Buffer {
  return createHash('sha256').update(salt).update(secret).digest()
}

function toHeld(row: SqlRow): Held {
  const expiresAtMs = row['expires_at_ms']
  const role = String(row['role'])
  return {
    name: String(row['name']),
    key: String(row['api_key']),
    role: role === 'administrator' || role === 'publisher' ? role : 'viewer',
    description: String(row['description']),
    enable: row['enable'] === 1,
    scopes: scopesOf(row['scopes']),
    expiresAtMs: expiresAtMs === null ? Number.POSITIVE_INFINITY : Number(expiresAtMs),
    createdAtMs: Number(row['created_at_ms']),
    secretHash: Buffer.from(String(row['secret_hash']), 'base64'),
  }
}

/** Backups of before have no scopes. */
function scopesOf(written: SqlRow[string] | undefined): readonly string[] {
  const scopes: unknown = typeof written === 'string' ? JSON.parse(written) : []
  return Array.isArray(scopes) ? scopes.filter((one) => typeof one === 'string') : []
}
