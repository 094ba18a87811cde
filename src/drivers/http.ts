import type { Dispatcher, Pool } from 'undici'
import { once } from 'node:events'
import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type ConnectionKind, ConnectionPool } from './connection-pool.ts'
import type { Driver, DriverLimits, TlsClientOptions } from './driver.ts'
import { DriverError, explainNetworkError, readLibraryError } from './driver-error.ts'

/** An HTTP server. */
export interface HttpSettings extends DriverLimits {
  /** Scheme, host and port: `https://auth.example.org:8443`. */
  readonly origin: string
  /** Requests sent on one connection before the first is answered; 1 = none ahead. */
  readonly pipelining: number
  /** Longest answer read. */
  readonly answerBytesMax: number
  readonly tls: TlsClientOptions | undefined
}

/** A request; `path` begins with `/` and holds the query. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Time for the answer, when it is not that of the driver. */
  readonly timeoutMs?: number
}

/** A whole answer. Header names are in lower case. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** An HTTP server that can be asked. */
export interface HttpDriver extends Driver {
  /**
   * Sends a request and reads the answer, whatever its status. Redirects are not followed.
   * @throws DriverError when there is no answer, or it is too long
   */
  request(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>
}

/** Opens connections to an HTTP server when they are needed. */
export function openHttp(settings: HttpSettings): HttpDriver {
  const { origin, poolSize, pipelining, answerBytesMax } = settings
  const kind: ConnectionKind<Pool> = {
    title: `HTTP ${origin}`,
    secrets: [],
    usesMax: poolSize * pipelining, // The pool of the library has connections of its own.
    isSelfHealing: true,
    isCheckConclusive: false,
    open: (signal) => open(settings, signal),
    // A request that nobody asked for might do something.
    check: (_, signal) => knock(settings, signal),
    drop: (pool) => void pool.destroy().catch(() => {}),
    explain,
  }
  const pool = new ConnectionPool(kind, { ...settings, poolSize: poolSize * pipelining })
  return Object.assign(pool, {
    request: ({ method, path, headers, body, timeoutMs }: HttpRequest, signal?: AbortSignal) => {
      const run = async (client: Pool, stop: AbortSignal): Promise<HttpAnswer> => {
        const limits = timeoutMs && { headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
        const options = { method, path, headers: { ...headers }, signal: stop, ...limits }
        const sent = await client.request(body === undefined ? options : { ...options, body })
        return readAnswer(sent, answerBytesMax)
      }
      return pool.use(run, body === undefined ? [path] : [path, body], signal)
    },
  })
}

async function open(settings: HttpSettings, signal: AbortSignal): Promise<Pool> {
  await knock(settings, signal)
  const { Pool: HttpPool } = await import('undici')
  const { origin, poolSize, pipelining, connectTimeoutMs, requestTimeoutMs, tls } = settings
  return new HttpPool(origin, {
    connections: poolSize,
    pipelining,
    connect: { timeout: connectTimeoutMs, ...tls },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  })
}

/** Whether anybody listens there, with a certificate that is accepted where TLS is spoken. */
async function knock({ origin, tls }: HttpSettings, signal: AbortSignal): Promise<void> {
  const { protocol, hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isSecure = protocol === 'https:'
  const address = { host, port: Number(port) || (isSecure ? 443 : 80) }
  const name = isIP(host) === 0 ? { servername: host } : {}
  const stream = isSecure ? connectTls({ ...address, ...name, ...tls }) : connect(address)
  try {
    await once(stream, isSecure ? 'secureConnect' : 'connect', { signal })
  } finally {
    stream.destroy()
  }
}

async function readAnswer(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  bytesMax: number,
): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) {
      throw new DriverError('fatal', `its answer is longer than ${bytesMax} bytes`)
    }
    chunks.push(chunk)
  }
  return { status: statusCode, headers, body: Buffer.concat(chunks) }
}

function explain(error: unknown): DriverError {
  const { code, message } = readLibraryError(error)
  const network = explainNetworkError(error)
  if (network !== undefined) return network
  if (code === 'UND_ERR_INVALID_ARG') return new DriverError('fatal', message)
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new DriverError('retryable', 'no connection is made in time', true)
  }
  if (code.startsWith('HPE_')) {
    return new DriverError('retryable', `what it answers is not HTTP (${code})`, true)
  }
  return new DriverError('retryable', `the connection failed (${code || message})`, true)
}
