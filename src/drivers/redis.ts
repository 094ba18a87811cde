import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import type { Driver, DriverLimits, ServerAddress, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'

/** How Redis servers are found. */
export type RedisTopology =
  | { readonly type: 'single'; readonly server: ServerAddress }
  /** Sentinels that know the primary under the name `primary`. */
  | {
      readonly type: 'sentinel'
      readonly servers: readonly ServerAddress[]
      readonly primary: string
    }
  /** Some nodes of a cluster; they know the others. */
  | { readonly type: 'cluster'; readonly servers: readonly ServerAddress[] }

/** A Redis or Valkey server, or several. */
export interface RedisSettings extends DriverLimits {
  readonly topology: RedisTopology
  readonly username: string | undefined
  readonly password: string | undefined
  /** Number of the database; a cluster has 0 only. */
  readonly database: number
  readonly tls: TlsClientOptions | undefined
}

/** What Redis answers (RESP2); maps are lists of names and values by turns. */
export type RedisReply = string | number | null | readonly RedisReply[]

/** A Redis system. */
export interface RedisDriver extends Driver {
  /**
   * Runs one command.
   * @param words the command and its arguments; the first argument is the key
   * @throws DriverError
   */
  command(words: readonly string[], signal?: AbortSignal): Promise<RedisReply>
  /**
   * Runs commands in order on one connection, without waiting for each reply.
   * @returns those that Redis refused, by their places
   * @throws DriverError when there is no connection, or it ended
   */
  commands(
    list: readonly (readonly string[])[],
    signal?: AbortSignal,
  ): Promise<readonly { readonly index: number; readonly error: DriverError }[]>
}

/** A connection to one server, or to a cluster. */
interface Session {
  command(words: readonly string[]): Promise<RedisReply>
  drop(): void
}

/** Opens connections to Redis in the background. */
export function openRedis(settings: RedisSettings): RedisDriver {
  const { topology, poolSize } = settings
  const isCluster = topology.type === 'cluster'
  const kind: ConnectionKind<Session> = {
    title: titleOf(topology),
    secrets: [settings.password],
    usesMax: isCluster ? poolSize : 1,
    isSelfHealing: isCluster,
    isCheckConclusive: true,
    open: (signal, lost) => openSession(settings, signal, lost),
    check: async (session) => void (await session.command(['PING'])),
    drop: (session) => session.drop(),
    explain,
  }
  const pool = new ConnectionPool(kind, settings)
  return Object.assign(pool, {
    command: (words: readonly string[], signal?: AbortSignal) =>
      pool.use((session) => session.command(words), words.slice(1), signal),
    commands: (list: readonly (readonly string[])[], signal?: AbortSignal) => {
      const run = async (session: Session) => {
        const replies = await Promise.allSettled(list.map((words) => session.command(words)))
        return replies.flatMap((reply, index) => {
          if (reply.status === 'fulfilled') return []
          const error = explain(reply.reason)
          if (error.isConnectionLost) throw error
          return [{ index, error }]
        })
      }
      return pool.use(run, [], signal)
    },
  })
}

function titleOf(topology: RedisTopology): string {
  if (topology.type === 'single') return `Redis ${addressText(topology.server)}`
  return `Redis ${topology.type} ${topology.servers.map(addressText).join(',')}`
}

function addressText({ host, port }: ServerAddress): string {
  return `${host}:${port}`
}

async function openSession(
  settings: RedisSettings,
  signal: AbortSignal,
  lost: () => void,
): Promise<Session> {
  const { topology } = settings
  if (topology.type === 'cluster') return openCluster(settings, topology.servers, signal)
  if (topology.type === 'single') return openServer(settings, topology.server, signal, lost)
  const server = await findPrimary(settings, topology, signal)
  return openServer(settings, server, signal, lost)
}

async function openServer(
  settings: RedisSettings,
  server: ServerAddress,
  signal: AbortSignal,
  lost: () => void,
): Promise<Session> {
  const { createClient } = await import('redis')
  const client = createClient({ ...commonOptions(settings, server), database: settings.database })
  client.on('error', lost)
  client.on('end', lost)
  const drop = () => void (client.isOpen && client.destroy())
  signal.addEventListener('abort', drop)
  try {
    await client.connect()
  } catch (error) {
    drop()
    throw error
  }
  return { drop, command: (words) => client.sendCommand<RedisReply>([...words]) }
}

async function openCluster(
  settings: RedisSettings,
  servers: readonly ServerAddress[],
  signal: AbortSignal,
): Promise<Session> {
  const { createCluster } = await import('redis')
  const { socket: _socket, RESP: _version, ...defaults } = commonOptions(settings)
  const cluster = createCluster({
    RESP: 2,
    rootNodes: servers.map(({ host, port }) => ({ socket: { host, port } })),
    defaults: { ...defaults, socket: { ...socketOptions(settings), reconnectStrategy: 250 } },
  })
  cluster.on('error', () => {}) // Seen by the requests that it concerns.
  cluster.on('node-error', () => {})
  const drop = () => void (cluster.isOpen && cluster.destroy())
  signal.addEventListener('abort', drop)
  try {
    await cluster.connect()
  } catch (error) {
    drop()
    throw error
  }
  return {
    drop,
    command: (words) => cluster.sendCommand<RedisReply>(words[1], false, [...words]),
  }
}

/** Asks the sentinels, one after the other, where the primary is. */
async function findPrimary(
  settings: RedisSettings,
  { servers, primary }: RedisTopology & { type: 'sentinel' },
  signal: AbortSignal,
): Promise<ServerAddress> {
  let failure: unknown = new DriverError('fatal', 'no sentinel is configured')
  const anonymous = { ...settings, username: undefined, password: undefined, database: 0 }
  for (const server of servers) {
    try {
      const sentinel = await openServer(anonymous, server, signal, () => {})
      try {
        const reply = await sentinel.command(['SENTINEL', 'get-master-addr-by-name', primary])
        const [host, port] = Array.isArray(reply) ? (reply as readonly RedisReply[]) : []
        if (typeof host === 'string') return { host, port: Number(port) }
        const remedy = 'Check the name in `sentinel`'
        failure = new DriverError('fatal', `the sentinels know no primary ${primary}. ${remedy}`)
      } finally {
        sentinel.drop()
      }
    } catch (error) {
      failure = error
    }
    if (signal.aborted) break
  }
  throw failure
}

function commonOptions(settings: RedisSettings, server?: ServerAddress) {
  const { username, password } = settings
  return {
    RESP: 2 as const,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    disableOfflineQueue: true,
    socket: { ...server, ...socketOptions(settings), reconnectStrategy: false as const },
  }
}

function socketOptions({ connectTimeoutMs, tls }: RedisSettings) {
  const base = { connectTimeout: connectTimeoutMs }
  return tls === undefined ? base : { ...base, ...tls, tls: true as const }
}

const CREDENTIALS_REPLY = /^(?:WRONGPASS|NOAUTH|NOPERM|ERR (?:AUTH|invalid (?:password|username)))/
/** The server is not what it was when the connection was opened: another one has to be found. */
const LOST_REPLY = /^(?:READONLY|MASTERDOWN)/
const RETRYABLE_REPLY = /^(?:LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|OOM|MISCONF|NOREPLICAS)/

function explain(error: unknown): DriverError {
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0])
  const { message } = readLibraryError(error)
  const network = explainNetworkError(error)
  if (network !== undefined) return network
  if (CREDENTIALS_REPLY.test(message)) {
    const remedy = 'Check username and password'
    return new DriverError('credentials', `${message}. ${remedy}`, !message.startsWith('NOPERM'))
  }
  if (LOST_REPLY.test(message)) return new DriverError('retryable', message, true)
  if (RETRYABLE_REPLY.test(message)) return new DriverError('retryable', message)
  if (/^[A-Z]{3,} /.test(message)) return new DriverError('fatal', message)
  return new DriverError('retryable', `the connection failed (${message})`, true)
}
