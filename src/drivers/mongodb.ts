import type { Db, Document, MongoClient, MongoClientOptions } from 'mongodb'
import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import type { Driver, DriverLimits, ServerAddress, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'
import {
  FAILOVER_CODES,
  type NewDocument,
  readDocuments,
  type RefusedDocument,
  refusedBy,
} from './mongodb-documents.ts'

/** A MongoDB deployment. */
export interface MongodbSettings extends DriverLimits {
  readonly type: 'single' | 'rs' | 'sharded'
  readonly servers: readonly ServerAddress[]
  /** The servers are found by the SRV record of the one host that is given. */
  readonly srvRecord: boolean
  readonly replicaSetName: string | undefined
  /** Secondaries may answer. */
  readonly readsFromSecondaries: boolean
  readonly database: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** Database that knows the user. Default: `admin`. */
  readonly authSource: string | undefined
  readonly tls: TlsClientOptions | undefined
}

/** A MongoDB deployment that can be asked. */
export interface MongodbDriver extends Driver {
  /**
   * Documents that match, at most `limit`.
   * @throws DriverError
   */
  find(
    collection: string,
    filter: Readonly<Record<string, unknown>>,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>
  /**
   * Inserts documents, in order.
   * @param isAcknowledged wait until the server has them
   * @returns those that were refused; the others are there
   * @throws DriverError when it is not known which are there; they can be given again
   */
  insert(
    collection: string,
    documents: readonly NewDocument[],
    isAcknowledged: boolean,
    signal?: AbortSignal,
  ): Promise<readonly RefusedDocument[]>
}

/** Opens connections to MongoDB in the background. */
export function openMongodb(settings: MongodbSettings): MongodbDriver {
  const kind: ConnectionKind<MongoClient> = {
    title: `MongoDB ${addressesOf(settings)}`,
    secrets: [settings.password],
    usesMax: settings.poolSize, // The client of the library has a pool of its own.
    isSelfHealing: true,
    isCheckConclusive: true,
    open: (signal) => open(settings, signal),
    check: async (client) => void (await client.db(settings.database).command({ ping: 1 })),
    drop: (client) => void client.close(true).catch(() => {}),
    explain,
  }
  const pool = new ConnectionPool(kind, settings)
  return Object.assign(pool, {
    find: (
      collection: string,
      filter: Readonly<Record<string, unknown>>,
      limit: number,
      signal?: AbortSignal,
    ) =>
      pool.use(
        (client, stop) =>
          client
            .db(settings.database)
            .collection(collection)
            .find(filter as Document, { limit, signal: stop, singleBatch: true })
            .toArray(),
        Object.values(filter),
        signal,
      ),
    insert: (
      collection: string,
      documents: readonly NewDocument[],
      isAcknowledged: boolean,
      signal?: AbortSignal,
    ) =>
      pool.use(
        (client) => insert(client.db(settings.database), collection, documents, isAcknowledged),
        [],
        signal,
      ),
  })
}

async function insert(
  database: Db,
  collection: string,
  written: readonly NewDocument[],
  isAcknowledged: boolean,
): Promise<readonly RefusedDocument[]> {
  const { BSON, MongoBulkWriteError } = await import('mongodb')
  const { documents, refused } = readDocuments(written, BSON)
  if (documents.length === 0) return refused
  try {
    await database.collection(collection).insertMany(
      documents.map(({ document }) => document),
      {
        ordered: false, // One that is refused does not hold up the others.
        ignoreUndefined: true,
        writeConcern: { w: isAcknowledged ? 'majority' : 0 },
      },
    )
    return refused
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    if (error.result.getWriteConcernError() !== undefined) {
      // They are there, but could be lost with their server: too few have confirmed them.
      throw new DriverError('retryable', `not enough servers confirm: ${error.message}`)
    }
    if ([error.writeErrors].flat().length === 0) throw error
    return [...refused, ...refusedBy(error, documents)]
  }
}

function addressesOf({ servers, srvRecord }: MongodbSettings): string {
  return servers.map(({ host, port }) => (srvRecord ? host : `${host}:${port}`)).join(',')
}

async function open(settings: MongodbSettings, signal: AbortSignal): Promise<MongoClient> {
  const { MongoClient: Mongo } = await import('mongodb')
  const { type, srvRecord, username, password, authSource, tls, poolSize } = settings
  const options: MongoClientOptions = {
    appName: 'tideway',
    maxPoolSize: poolSize,
    // The pool's own limit comes first: it counts, and says what took too long.
    waitQueueTimeoutMS: 2 * settings.requestTimeoutMs,
    connectTimeoutMS: settings.connectTimeoutMs,
    // Less than the limits of the pool: the library knows better what is wrong.
    serverSelectionTimeoutMS: Math.ceil(settings.connectTimeoutMs * 0.9),
    socketTimeoutMS: 2 * settings.requestTimeoutMs,
    heartbeatFrequencyMS: settings.retryMostMs,
    retryReads: false, // Whoever asks decides.
    retryWrites: false,
    directConnection: type === 'single' && !srvRecord,
    ...(settings.replicaSetName !== undefined && { replicaSet: settings.replicaSetName }),
    ...(settings.readsFromSecondaries && { readPreference: 'secondaryPreferred' as const }),
    ...(username !== undefined && { auth: { username, password: password ?? '' } }),
    ...(username !== undefined && { authSource: authSource ?? 'admin' }),
    ...(tls === undefined ? { tls: false } : { tls: true, ...tls }),
  }
  const scheme = srvRecord ? 'mongodb+srv' : 'mongodb'
  const client = new Mongo(`${scheme}://${addressesOf(settings)}/`, options)
  const drop = () => void client.close(true).catch(() => {})
  signal.addEventListener('abort', drop)
  try {
    await client.connect()
    await client.db(settings.database).command({ ping: 1 })
  } catch (error) {
    drop()
    throw error
  }
  return client
}

/** Error codes of the server: not authorized, authentication failed. */
const CREDENTIALS_CODES: ReadonlySet<string> = new Set(['13', '18'])
const LOST_ERRORS =
  /^Mongo(?:ClientClosed|Network|NotConnected|PoolCleared|ServerSelection|TopologyClosed)/

function explain(error: unknown): DriverError {
  const { code, name, message } = readLibraryError(error)
  const cause = error instanceof Error ? error.cause : undefined
  const inner = cause === undefined ? undefined : explainNetworkError(cause)
  const network = inner ?? explainNetworkError(error) ?? explainText(message)
  if (network !== undefined) return network
  if (CREDENTIALS_CODES.has(code) || /Authentication failed/i.test(message)) {
    const text = `${message}. Check username, password and auth_source`
    return new DriverError('credentials', text, code !== '13')
  }
  const isLost = FAILOVER_CODES.has(code) || LOST_ERRORS.test(name)
  if (isLost) return new DriverError('retryable', message, true)
  if (/Timeout/.test(name)) return new DriverError('retryable', message, true)
  return new DriverError('fatal', message)
}

/** The library tells the cause in the text only. */
function explainText(message: string): DriverError | undefined {
  const code = /\b(E[A-Z]{4,})\b/.exec(message)?.[1]
  return code === undefined ? undefined : explainNetworkError({ code })
}
