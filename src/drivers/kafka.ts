/** What producers and consumers of Kafka have in common. */
import { isIP, type Socket } from 'node:net'
import type * as Library from '@platformatic/kafka'
import type { BaseOptions, Connection, SASLOptions } from '@platformatic/kafka'
import type { ServerAddress, TlsClientOptions } from './driver.ts'
import {
  DriverError,
  explainNetworkError,
  type FaultKind,
  readLibraryError,
  withoutSecrets,
} from './driver-error.ts'

/** A cluster of Kafka servers. */
export interface KafkaSettings {
  /** Some of its servers; they know the others. */
  readonly servers: readonly ServerAddress[]
  readonly clientId: string
  readonly sasl: KafkaLogin | undefined
  readonly connectTimeoutMs: number
  readonly metadataTimeoutMs: number
  /** After a failure the leaders are asked for again, not more often than so. */
  readonly refreshIntervalMs: number
  /** A topic that must be there. */
  readonly healthTopic: string | undefined
  readonly tls: TlsClientOptions | undefined
}

/** A user with a password. */
export interface KafkaLogin {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
}

/**
 * Loads the client library, and makes up for what it forgets: a connection that failed stays open
 * on this side, and when it fails once more, nobody listens, which would end the process.
 */
export async function loadKafka(): Promise<typeof Library> {
  const library = await import('@platformatic/kafka')
  library.instancesChannel.unsubscribe(watch)
  library.instancesChannel.subscribe(watch)
  return library
}

function watch(made: unknown): void {
  const { type, instance } = made as { readonly type: string; readonly instance: Connection }
  // There is no socket yet when the attempt itself has failed.
  if (type === 'connection')
    instance.on('error', () => void (instance.socket as Socket | undefined)?.destroy())
}

/** Options of the client library. It tries nothing again by itself: whoever asks decides. */
export function clientOptions(settings: KafkaSettings): BaseOptions {
  const { servers, clientId, sasl, tls } = settings
  return {
    clientId,
    bootstrapBrokers: servers.map(({ host, port }) => ({ host, port })),
    connectTimeout: settings.connectTimeoutMs,
    retries: 0,
    autocreateTopics: false,
    ...(sasl !== undefined && { sasl: { ...sasl } satisfies SASLOptions }),
    ...(tls !== undefined && { tls, tlsServerName: tls.servername ?? namesServers(settings) }),
  }
}

/** Whether TLS tells the server the name that it is looked for by (SNI): no address is a name. */
function namesServers({ servers, tls }: KafkaSettings): boolean {
  if (tls === undefined || tls.servername !== undefined) return false
  return tls.checkServerIdentity === undefined && servers.every(({ host }) => isIP(host) === 0)
}

/**
 * Checks that the servers that a cluster has named can be connected to.
 * @throws DriverError
 */
export function checkBrokers(settings: KafkaSettings, hosts: readonly string[]): void {
  const address = hosts.find((host) => isIP(host) !== 0)
  if (address === undefined || !namesServers(settings)) return
  const remedy = 'Set ssl.server_name_indication, or give addresses in bootstrap_hosts'
  const text = `a server is named to others as ${address}, which TLS takes for no name. ${remedy}`
  throw new DriverError('retryable', `${titleOf(settings)}: ${text}`)
}

/** Runs a request with a time limit, and says what its failure means. */
export async function ask<T>(
  settings: KafkaSettings,
  limitMs: number,
  request: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([request, over])
  } catch (error) {
    throw explainIn(settings, error)
  } finally {
    clearTimeout(timer)
  }
}

/** What errors of the library may carry. */
interface Fault {
  readonly apiId?: string
  readonly code?: string
  readonly message?: string
  readonly cause?: unknown
  readonly errors?: readonly unknown[]
}

/** An error and all that stand behind it, the outermost first. */
function* chainOf(error: unknown, depth = 0): Generator<Fault> {
  if (typeof error !== 'object' || error === null || depth > 10) return
  const fault = error as Fault
  yield fault
  for (const inner of fault.errors ?? []) yield* chainOf(inner, depth + 1)
  yield* chainOf(fault.cause, depth + 1)
}

/** Whether there is no such topic. */
export function isUnknownTopic(error: unknown): boolean {
  return chainOf(error).some((fault) => {
    // The library gives the answer of the server in words of its own when it is that to metadata.
    return fault.apiId === UNKNOWN_TOPIC || fault.message?.startsWith('Unknown topic ') === true
  })
}

const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION'

/** Answers that will be the same next time. */
const FATAL: ReadonlySet<string> = new Set([
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
])

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['MESSAGE_TOO_LARGE', 'Check max_batch_bytes, and message.max.bytes of the server'],
  ['RECORD_LIST_TOO_LARGE', 'Check max_batch_bytes, and message.max.bytes of the server'],
  ['NOT_ENOUGH_REPLICAS', 'Check the servers that hold the topic'],
])

function titleOf({ servers }: KafkaSettings): string {
  return `Kafka ${servers.map(({ host, port }) => `${host}:${port}`).join(',')}`
}

/** What a failure means. */
export function explainIn(settings: KafkaSettings, error: unknown): DriverError {
  if (error instanceof DriverError) return error
  const { sasl } = settings
  const title = titleOf(settings)
  const told = (kind: FaultKind, text: string, isLost: boolean): DriverError => {
    return new DriverError(kind, `${title}: ${withoutSecrets(text, [sasl?.password])}`, isLost)
  }
  const chain = [...chainOf(error)]
  const refused = chain.find(({ code }) => code === 'PLT_KFK_AUTHENTICATION')
  if (refused !== undefined) {
    const text = `${innermost(refused)}. Check authentication`
    return told('credentials', text, true)
  }
  if (isUnknownTopic(error)) {
    return told('retryable', `${innermost(error)} Make the topic, or check its name`, false)
  }
  const answer = chain.find(({ apiId }) => apiId !== undefined)
  if (answer?.apiId !== undefined) return explainAnswer(answer, answer.apiId, told)
  for (const fault of chain) {
    const network = explainNetworkError(fault)
    if (network !== undefined) return told(network.kind, network.message, true)
  }
  return told('retryable', innermost(error), true)
}

function explainAnswer(
  { message = '' }: Fault,
  apiId: string,
  told: (kind: FaultKind, text: string, isLost: boolean) => DriverError,
): DriverError {
  if (/AUTHORIZATION_FAILED|SASL/.test(apiId)) {
    const text = `${message} (${apiId}). Check authentication and what the user may do`
    return told('credentials', text, apiId.includes('SASL'))
  }
  const remedy = REMEDIES.get(apiId)
  const text = `${message} (${apiId})${remedy === undefined ? '' : ` ${remedy}`}`
  return told(FATAL.has(apiId) ? 'fatal' : 'retryable', text, false)
}

function innermost(error: unknown): string {
  const texts = [...chainOf(error)].map((fault) => readLibraryError(fault).message)
  return texts.findLast((text) => text !== '') ?? String(error)
}
