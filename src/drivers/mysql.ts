import type { Connection, ConnectionOptions, RowDataPacket, SslOptions } from 'mysql2/promise'
import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import type { DriverLimits, ServerAddress, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'
import type { SqlDriver, SqlRow, SqlValue } from './postgres.ts'

/** A MySQL or MariaDB server and what speaks its protocol: Doris, StarRocks … */
export interface MysqlSettings extends DriverLimits {
  readonly server: ServerAddress
  readonly database: string
  readonly username: string
  readonly password: string
  readonly tls: TlsClientOptions | undefined
}

/** Statements that a connection keeps prepared. */
const STATEMENTS_MAX = 200

/** Opens connections to a MySQL or MariaDB server in the background. */
export function openMysql(settings: MysqlSettings): SqlDriver {
  const { server } = settings
  const kind: ConnectionKind<Connection> = {
    title: `MySQL ${server.host}:${server.port}`,
    secrets: [settings.password],
    usesMax: 1,
    isSelfHealing: false,
    isCheckConclusive: true,
    open: (signal, lost) => open(settings, signal, lost),
    check: (connection) => connection.ping(),
    drop: (connection) => connection.destroy(),
    explain,
  }
  const pool = new ConnectionPool(kind, settings)
  return Object.assign(pool, {
    query: (sql: string, values: readonly SqlValue[], signal?: AbortSignal) => {
      const run = async (connection: Connection): Promise<readonly SqlRow[]> => {
        const [rows] = await connection.execute<RowDataPacket[]>(sql, [...values])
        return Array.isArray(rows) ? rows : []
      }
      return pool.use(run, values, signal)
    },
  })
}

async function open(
  settings: MysqlSettings,
  signal: AbortSignal,
  lost: () => void,
): Promise<Connection> {
  const { createConnection } = await import('mysql2')
  const options: ConnectionOptions = {
    host: settings.server.host,
    port: settings.server.port,
    database: settings.database,
    user: settings.username,
    password: settings.password,
    connectTimeout: settings.connectTimeoutMs,
    maxPreparedStatements: STATEMENTS_MAX,
    enableKeepAlive: true,
    ...(settings.tls !== undefined && { ssl: sslOptions(settings.tls) }),
  }
  const connection = createConnection(options)
  signal.addEventListener('abort', () => connection.destroy())
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', () => resolve())
    connection.on('error', (error: Error) => {
      reject(error) // Once connected nobody listens to that: the connection is lost.
      lost()
    })
    connection.once('end', lost)
  })
  return connection.promise()
}

/** The library checks the name of the host only when it is told to, and takes no other name. */
function sslOptions(tls: TlsClientOptions): SslOptions {
  const { checkServerIdentity, servername: _, ...rest } = tls
  const isNameChecked = tls.rejectUnauthorized !== false && checkServerIdentity === undefined
  return { ...rest, verifyIdentity: isNameChecked } as SslOptions
}

const CREDENTIALS_CODES: ReadonlySet<string> = new Set([
  'ER_ACCESS_DENIED_ERROR',
  'ER_ACCESS_DENIED_NO_PASSWORD_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_BAD_DB_ERROR',
  'ER_HOST_NOT_PRIVILEGED',
  'ER_NOT_SUPPORTED_AUTH_MODE',
  'AUTH_SWITCH_PLUGIN_ERROR',
])
const RETRYABLE_CODES: ReadonlySet<string> = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_OUT_OF_RESOURCES',
  'ER_QUERY_INTERRUPTED',
  'ER_QUERY_TIMEOUT',
])
const LOST_CODES: ReadonlySet<string> = new Set([
  'ER_CON_COUNT_ERROR',
  'ER_CONNECTION_KILLED',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
])

function explain(error: unknown): DriverError {
  const { code, message } = readLibraryError(error)
  const network = explainNetworkError(error)
  if (network !== undefined) return network
  if (CREDENTIALS_CODES.has(code)) {
    return new DriverError('credentials', `${message}. Check username, password and database`, true)
  }
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return new DriverError('credentials', 'it speaks no TLS. Set ssl.enable = false', true)
  }
  if (LOST_CODES.has(code)) return new DriverError('retryable', `${message} (${code})`, true)
  if (RETRYABLE_CODES.has(code)) return new DriverError('retryable', `${message} (${code})`)
  if (code.startsWith('ER_')) return new DriverError('fatal', `${message} (${code})`)
  if (/^Bind parameters|Malformed/.test(message)) return new DriverError('fatal', message)
  return new DriverError('retryable', `the connection failed (${code || message})`, true)
}
