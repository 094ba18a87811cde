import type { Client, ClientConfig } from 'pg'
import { Socket } from 'node:net'
import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import type { Driver, DriverLimits, ServerAddress, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'

/** A PostgreSQL server and what speaks its protocol: Timescale, CockroachDB, Redshift … */
export interface PostgresSettings extends DriverLimits {
  readonly server: ServerAddress
  readonly database: string
  readonly username: string
  readonly password: string
  /** For poolers that give each transaction another connection. Parameters stay parameters. */
  readonly disablePreparedStatements: boolean
  readonly tls: TlsClientOptions | undefined
}

/** A row: values by the names of their columns. */
export type SqlRow = Readonly<Record<string, unknown>>

/** A value for a placeholder of a statement. */
export type SqlValue = string | number | boolean | null | Buffer

/** A system that is asked in SQL. */
export interface SqlDriver extends Driver {
  /**
   * Runs one statement with parameters.
   * @param sql with `$1`, `$2` … (PostgreSQL) or `?` (MySQL) where the values go
   * @throws DriverError
   */
  query(sql: string, values: readonly SqlValue[], signal?: AbortSignal): Promise<readonly SqlRow[]>
}

interface Session {
  readonly client: Client
  readonly stream: Socket
  /** Names of prepared statements by their text. */
  readonly statements: Map<string, string>
}

/** Statements that a connection keeps prepared; more run unprepared. */
const STATEMENTS_MAX = 200

/** Opens connections to a PostgreSQL server in the background. */
export function openPostgres(settings: PostgresSettings): SqlDriver {
  const { server, disablePreparedStatements } = settings
  const kind: ConnectionKind<Session> = {
    title: `PostgreSQL ${server.host}:${server.port}`,
    secrets: [settings.password],
    usesMax: 1,
    isSelfHealing: false,
    isCheckConclusive: true,
    open: (signal, lost) => open(settings, signal, lost),
    check: async ({ client }) => void (await client.query('SELECT 1')),
    drop: ({ stream }) => void stream.destroy(),
    explain,
  }
  const pool = new ConnectionPool(kind, settings)
  return Object.assign(pool, {
    query: (sql: string, values: readonly SqlValue[], signal?: AbortSignal) => {
      const run = async (session: Session): Promise<readonly SqlRow[]> => {
        const name = disablePreparedStatements ? undefined : statementName(session, sql)
        const query = { text: sql, values: [...values], ...(name !== undefined && { name }) }
        const { rows } = await session.client.query<Record<string, unknown>>(query)
        return rows
      }
      return pool.use(run, values, signal)
    },
  })
}

async function open(
  settings: PostgresSettings,
  signal: AbortSignal,
  lost: () => void,
): Promise<Session> {
  const { default: pg } = await import('pg')
  const stream = new Socket()
  const options: ClientConfig = {
    host: settings.server.host,
    port: settings.server.port,
    database: settings.database,
    user: settings.username,
    password: settings.password,
    ssl: settings.tls ?? false,
    stream: () => stream,
    keepAlive: true,
    application_name: 'tideway',
  }
  const client = new pg.Client(options)
  client.on('error', lost) // Also what is said after the end.
  client.on('end', lost)
  signal.addEventListener('abort', () => stream.destroy())
  try {
    await client.connect()
    // What takes longer is of no use to anybody: the server need not finish it.
    await client.query(`SET statement_timeout = ${Math.ceil(settings.requestTimeoutMs)}`)
  } catch (error) {
    stream.destroy()
    throw error
  }
  return { client, stream, statements: new Map() }
}

function statementName({ statements }: Session, sql: string): string | undefined {
  const known = statements.get(sql)
  if (known !== undefined || statements.size >= STATEMENTS_MAX) return known
  const name = `tideway_${statements.size}`
  statements.set(sql, name)
  return name
}

/** Classes of SQLSTATE (PostgreSQL, appendix A) that later may not meet again. */
const RETRYABLE_STATE = /^(?:08|40|53|55|57|58|XX)/
/** Of those, the connection is gone: 08 connection, 57P0x shutdown. */
const LOST_STATE = /^(?:08|57P0)/
const CREDENTIALS_STATE = /^28/
const NO_DATABASE_STATE = '3D000'

function explain(error: unknown): DriverError {
  const { code, message } = readLibraryError(error)
  const network = explainNetworkError(error)
  if (network !== undefined) return network
  if (/^[0-9A-Z]{5}$/.test(code)) {
    const text = `${message} (SQLSTATE ${code})`
    if (CREDENTIALS_STATE.test(code)) {
      return new DriverError('credentials', `${text}. Check username, password and database`, true)
    }
    if (code === NO_DATABASE_STATE) return new DriverError('credentials', text, true)
    if (RETRYABLE_STATE.test(code)) {
      return new DriverError('retryable', text, LOST_STATE.test(code))
    }
    return new DriverError('fatal', text)
  }
  if (/does not support SSL/.test(message)) {
    return new DriverError('credentials', 'it speaks no TLS. Set ssl.enable = false', true)
  }
  if (/^SASL|password must be a string/.test(message)) {
    return new DriverError('credentials', 'it asks for a password. Set password', true)
  }
  // Everything else that the library throws is about a connection that ended.
  return new DriverError('retryable', `the connection failed (${message})`, true)
}
