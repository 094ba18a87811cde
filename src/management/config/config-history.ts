import type { Log } from '#broker/ports.ts'
import type { Change } from '#config/diff.ts'
import type { SqliteDatabase, SqlRow } from '#storage/sqlite/sqlite-database.ts'
import type { ConfigPlan } from '../config-port.ts'
import { callerName } from '../http/caller.ts'
import { currentCaller } from '../http/current-caller.ts'
import type { NodePort } from '../node-port.ts'

/** Versions kept; the oldest goes when there is one more. */
const VERSIONS_MAX = 200

/** A state that the configuration had. */
export interface ConfigVersion {
  readonly version: number
  readonly createdAtMs: number
  /** `start`: found when the process started. */
  readonly origin: 'dashboard' | 'rest_api' | 'cli' | 'start'
  /** Name of the user or of the API key. */
  readonly actor: string
  /** From the version before; secrets hidden. */
  readonly changes: readonly Change[]
}

/** Every state that the configuration had at run time, and who made it so. */
export class ConfigHistory {
  readonly #database: SqliteDatabase
  readonly #nowMs: () => number
  readonly #log: Log

  constructor(
    database: SqliteDatabase,
    { config, log, nowMs }: Pick<NodePort, 'config' | 'log' | 'nowMs'>,
  ) {
    this.#database = database
    this.#nowMs = nowMs
    this.#log = log
    // The file may have been edited, or brought from elsewhere, while no process ran.
    const text = config.snapshot()
    const latest = database.get('SELECT overlay FROM config_history ORDER BY version DESC LIMIT 1')
    if (latest?.['overlay'] !== text) this.#insert('start', '', [], text)
    config.watch((plan) => this.#record(plan))
  }

  get count(): number {
    return Number(this.#database.get('SELECT count(*) AS n FROM config_history')?.['n'])
  }

  /** The latest first. */
  list(
    limit: number,
    offset: number,
    before: number = Number.MAX_SAFE_INTEGER,
  ): readonly ConfigVersion[] {
    const sql = `SELECT * FROM config_history WHERE version < ?
       ORDER BY version DESC LIMIT ? OFFSET ?`
    return this.#database.all(sql, before, limit, offset).map(toVersion)
  }

  get(version: number): ConfigVersion | undefined {
    if (!Number.isSafeInteger(version)) return undefined
    const row = this.#database.get('SELECT * FROM config_history WHERE version = ?', version)
    return row && toVersion(row)
  }

  /** What was changed at run time as of a version, with its secrets. */
  textOf(version: number): string | undefined {
    if (!Number.isSafeInteger(version)) return undefined
    const sql = 'SELECT overlay FROM config_history WHERE version = ?'
    const text = this.#database.get(sql, version)?.['overlay']
    return typeof text === 'string' ? text : undefined
  }

  /** A version that cannot be written is logged: the change has happened. */
  #record({ changes, text }: ConfigPlan): void {
    const caller = currentCaller()
    const origins = { user: 'dashboard', key: 'rest_api', local: 'cli', nobody: 'start' } as const
    try {
      this.#insert(origins[caller.kind], callerName(caller), changes, text)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('config_version_not_written', { reason })
    }
  }

  #insert(origin: string, actor: string, changes: readonly Change[], text: string): void {
    this.#database.run(
      `INSERT INTO config_history (created_at_ms, origin, actor, changes, overlay)
       VALUES (?, ?, ?, ?, ?)`,
      Math.floor(this.#nowMs()),
      origin,
      actor,
      JSON.stringify(changes),
      text,
    )
    this.#database.run(
      'DELETE FROM config_history WHERE version <= (SELECT max(version) FROM config_history) - ?',
      VERSIONS_MAX,
    )
  }
}

function toVersion(row: SqlRow): ConfigVersion {
  return {
    version: Number(row['version']),
    createdAtMs: Number(row['created_at_ms']),
    origin: String(row['origin']) as ConfigVersion['origin'], // Written above.
    actor: String(row['actor']),
    changes: JSON.parse(String(row['changes'])) as readonly Change[],
  }
}
