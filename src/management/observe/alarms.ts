import type { ValueMap } from '#plugin/value.ts'
import type { SqliteDatabase, SqlRow } from '#storage/sqlite/sqlite-database.ts'
import type { NodePort } from '../node-port.ts'

/** Alarms kept after they ended, and for how long. */
const ENDED_MAX = 1000
const ENDED_MS_MAX = 24 * 3_600_000

export interface Alarm {
  readonly name: string
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly activatedAtMs: number
  /** Undefined while it is active. */
  readonly deactivatedAtMs: number | undefined
}

/** What is wrong with the node, now and before. Every change is logged and published. */
export class Alarms {
  readonly #node: NodePort
  readonly #database: SqliteDatabase
  readonly #active = new Map<string, Alarm>()

  constructor(node: NodePort, database: SqliteDatabase) {
    this.#node = node
    this.#database = database
    // What was active when the process ended is found again by those who look for it.
    database.run(
      'UPDATE alarms SET deactivated_at_ms = ? WHERE deactivated_at_ms IS NULL',
      node.nowMs(),
    )
  }

  /** Active ones, the latest first. */
  active(): readonly Alarm[] {
    return [...this.#active.values()].toReversed()
  }

  /** Those of the last day that have ended, the latest first. */
  ended(): readonly Alarm[] {
    const sql = `SELECT * FROM alarms WHERE deactivated_at_ms IS NOT NULL
       ORDER BY deactivated_at_ms DESC, id DESC`
    return this.#database.all(sql).map(toAlarm)
  }

  /** Activates or ends an alarm as `isActive` says; nothing happens when it is so already. */
  set(
    name: string,
    isActive: boolean,
    message: string,
    details: Readonly<Record<string, unknown>>,
  ): void {
    if (isActive && !this.#active.has(name)) this.#activate(name, message, details)
    else if (!isActive) this.deactivate(name)
  }

  /** Ends an alarm; false when it is not active. */
  deactivate(name: string): boolean {
    const alarm = this.#active.get(name)
    if (alarm === undefined) return false
    this.#active.delete(name)
    const nowMs = this.#node.nowMs()
    this.#keep(
      'UPDATE alarms SET deactivated_at_ms = ? WHERE name = ? AND deactivated_at_ms IS NULL',
      [nowMs, name],
    )
    this.#keep(
      `DELETE FROM alarms WHERE deactivated_at_ms < ? OR (deactivated_at_ms IS NOT NULL
         AND id <= (SELECT max(id) FROM alarms) - ?)`,
      [nowMs - ENDED_MS_MAX, ENDED_MAX],
    )
    this.#tell('deactivate', { ...alarm, deactivatedAtMs: nowMs })
    return true
  }

  /** Forgets ended alarms. */
  clearEnded(): void {
    this.#database.run('DELETE FROM alarms WHERE deactivated_at_ms IS NOT NULL')
  }

  #activate(name: string, message: string, details: Readonly<Record<string, unknown>>): void {
    const activatedAtMs = this.#node.nowMs()
    const alarm = { name, message, details, activatedAtMs, deactivatedAtMs: undefined }
    this.#active.set(name, alarm)
    const sql = 'INSERT INTO alarms (name, message, details, activated_at_ms) VALUES (?, ?, ?, ?)'
    this.#keep(sql, [name, message, JSON.stringify(details), activatedAtMs])
    this.#tell('activate', alarm)
  }

  /** An alarm holds whether or not it can be written: it may be about the disk. */
  #keep(sql: string, values: readonly (string | number)[]): void {
    try {
      this.#database.run(sql, ...values)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#node.log.error('alarm_not_written', { reason })
    }
  }

  #tell(change: 'activate' | 'deactivate', alarm: Alarm): void {
    const { name, message, details, activatedAtMs, deactivatedAtMs } = alarm
    this.#node.log.warn(`alarm_is_${change}d`, { name, message, ...details })
    const payload = JSON.stringify({
      name,
      message,
      details,
      activated: change === 'activate',
      activate_at: activatedAtMs * 1000,
      deactivate_at: deactivatedAtMs === undefined ? 'infinity' : deactivatedAtMs * 1000,
    })
    const times = { activated_at: activatedAtMs * 1000 }
    const ended = deactivatedAtMs !== undefined && { deactivated_at: deactivatedAtMs * 1000 }
    const columns = { name, message, details: details as ValueMap, ...times, ...ended }
    const topic = `$SYS/brokers/${this.#node.name}/alarms/${change}`
    Promise.all([
      this.#node.operate(0, 'announce', [{ topic, payload, retain: false }]),
      this.#node.rules.happened(`alarm.${change}d`, columns),
    ]).catch(() => {
      // The shard has failed: the process is about to end, and says so.
    })
  }
}

function toAlarm(row: SqlRow): Alarm {
  const ended = row['deactivated_at_ms']
  return {
    name: String(row['name']),
    message: String(row['message']),
    details: JSON.parse(String(row['details'])) as Record<string, unknown>,
    activatedAtMs: Number(row['activated_at_ms']),
    deactivatedAtMs: ended === null ? undefined : Number(ended),
  }
}
