import type { Log } from '#broker/ports.ts'
import type { SqliteDatabase, SqlRow, SqlValue } from '#storage/sqlite/sqlite-database.ts'
import { type Caller, callerName } from './http/caller.ts'
import { type OperationSpec, UploadedFile } from './contract/operation.ts'

/** A change, done or refused. */
export interface AuditEvent {
  readonly caller: Caller
  readonly address: string
  readonly operation: OperationSpec
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly status: number
  /** Empty when it was done. */
  readonly failure: string
  readonly durationMs: number
}

/** Records kept; older ones are removed. */
const RECORDS_MAX = 100_000
/** Records removed at a time, so that it is not done for each. */
const REMOVE_STEP = 100
const REQUEST_CHARS_MAX = 10_000
/** Fields whose values nobody may read. */
const SECRET = /passw|secret|token|pwd|^key$|private|authorization|cookie|api[-_]?key$|^headers$/i
const HIDDEN = '******'
/** What EMQX calls where a change came from. */
const ORIGINS = {
  user: 'dashboard',
  nobody: 'dashboard',
  key: 'rest_api',
  local: 'cli',
} as const

/** Conditions for a list of records, as SQL and its values. */
export interface AuditFilter {
  readonly where: readonly string[]
  readonly values: readonly SqlValue[]
}

/** Who changed what, when, and with which result. */
export class Audit {
  readonly #database: SqliteDatabase
  readonly #nowMs: () => number
  readonly #log: Log
  #sinceRemoval = 0

  constructor(database: SqliteDatabase, nowMs: () => number, log: Log) {
    this.#log = log
    this.#database = database
    this.#nowMs = nowMs
  }

  /** A record that cannot be written is logged: what it is about has happened. */
  record(event: AuditEvent): void {
    try {
      this.#write(event)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('audit_record_not_written', { operation: event.operation.id, reason })
    }
  }

  #write(event: AuditEvent): void {
    const { caller, operation, params, query, body } = event
    const request = JSON.stringify({
      bindings: redact(params ?? {}),
      query: redact(query ?? {}),
      ...(body !== undefined && { body: withoutText(redact(body)) }),
    })
    this.#database.run(
      `INSERT INTO audit (created_at_ms, origin, source, source_ip, operation_id,
         operation_type, method, status, duration_ms, failure, request)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#nowMs(),
      ORIGINS[caller.kind],
      callerName(caller),
      event.address,
      operation.path,
      operation.tag.toLowerCase().replaceAll(' ', '_'),
      operation.method.toLowerCase(),
      event.status,
      Math.round(event.durationMs),
      event.failure.slice(0, REQUEST_CHARS_MAX),
      request.length > REQUEST_CHARS_MAX ? '{"too_large":true}' : request,
    )
    if (++this.#sinceRemoval < REMOVE_STEP) return
    this.#sinceRemoval = 0
    this.#database.run('DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?', RECORDS_MAX)
  }

  /**
   * Records that match, the latest first.
   * @param before id of the record after which the list goes on
   */
  list(
    { where, values }: AuditFilter,
    limit: number,
    offset: number,
    before: number = Number.MAX_SAFE_INTEGER,
  ): readonly SqlRow[] {
    const condition = whereOf([...where, 'id < ?'])
    const sql = `SELECT * FROM audit ${condition} ORDER BY id DESC LIMIT ? OFFSET ?`
    return this.#database.all(sql, ...values, before, limit, offset)
  }

  count({ where, values }: AuditFilter): number {
    const sql = `SELECT count(*) AS n FROM audit ${whereOf(where)}`
    return Number(this.#database.get(sql, ...values)?.['n'])
  }
}

function whereOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
}

/** A body that is one text, such as a configuration, may hold secrets anywhere. */
function withoutText(body: unknown): unknown {
  return typeof body === 'string' ? { text_chars: body.length } : body
}

/** The value without what must not be read; names decide. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof UploadedFile) return value.toJSON()
  const entries = Object.entries(value).map(([name, part]) => {
    const isSecret = SECRET.test(name) && (typeof part === 'string' || typeof part === 'number')
    return [name, isSecret ? HIDDEN : redact(part)] as const
  })
  return Object.fromEntries(entries)
}
