import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type ExportAnswer, readExportAnswer } from '#codec/otlp/export-answer.ts'
import { DRIVER_LIMITS, type TlsClientOptions } from '#drivers/driver.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { openHttp } from '#drivers/http.ts'

/** What is exported. */
export type Signal = 'metrics' | 'logs' | 'traces'

/** A collector as the configuration names it. */
export interface CollectorSettings {
  /** Scheme, host and port, and the first part of the path. */
  readonly endpoint: string
  readonly protocol: 'grpc' | 'http_protobuf'
  readonly compression: 'none' | 'gzip'
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsClientOptions | undefined
}

/** Sends requests to a collector. */
export interface OtlpClient {
  /**
   * Sends an encoded export request.
   * @throws DriverError; `retryable` when the same request may be taken later
   */
  send(signal: Signal, body: Buffer, timeoutMs: number): Promise<ExportAnswer>
  close(): Promise<void>
}

const ANSWER_BYTES_MAX = 1024 * 1024
/** Statuses after which OTLP over HTTP asks to send again. */
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** Statuses of gRPC after which OTLP asks to send again. */
const RETRYABLE_GRPC: ReadonlySet<number> = new Set([1, 4, 8, 10, 11, 14, 15])
const GRPC_HEADER_BYTES = 5
const SERVICES: Readonly<Record<Signal, string>> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
}

const compressed = promisify(gzip)

/** Makes the client that the protocol asks for; it connects when it is used. */
export function openOtlp(settings: CollectorSettings): OtlpClient {
  return settings.protocol === 'grpc' ? new GrpcClient(settings) : httpClient(settings)
}

function httpClient({ endpoint, headers, compression, tls }: CollectorSettings): OtlpClient {
  const { origin, pathname } = new URL(endpoint)
  const base = pathname.replace(/\/$/, '')
  const driver = openHttp({
    ...DRIVER_LIMITS,
    origin,
    poolSize: 3, // One for each signal.
    pipelining: 1,
    answerBytesMax: ANSWER_BYTES_MAX,
    tls: origin.startsWith('https:') ? (tls ?? {}) : undefined,
  })
  const isGzip = compression === 'gzip'
  const usual = {
    ...headers,
    'content-type': 'application/x-protobuf',
    ...(isGzip && { 'content-encoding': 'gzip' }),
  }
  return {
    async send(signal, body, timeoutMs) {
      const { status, body: answer } = await driver.request(
        {
          method: 'POST',
          path: `${base}/v1/${signal}`,
          headers: usual,
          body: isGzip ? await compressed(body) : body,
          timeoutMs,
        },
        AbortSignal.timeout(timeoutMs),
      )
      if (status >= 200 && status < 300) return readExportAnswer(answer)
      const kind = RETRYABLE_STATUS.has(status) ? 'retryable' : 'fatal'
      throw new DriverError(kind, `the collector answers with status ${status}`)
    },
    close: () => driver.close(),
  }
}

/** OTLP over gRPC: unary calls on one connection of HTTP/2. */
class GrpcClient implements OtlpClient {
  readonly #settings: CollectorSettings
  #session: ClientHttp2Session | undefined

  constructor(settings: CollectorSettings) {
    this.#settings = settings
  }

  async send(signal: Signal, body: Buffer, timeoutMs: number): Promise<ExportAnswer> {
    const isGzip = this.#settings.compression === 'gzip'
    const message = isGzip ? framed(await compressed(body), true) : framed(body, false)
    const headers = {
      ...lowerCase(this.#settings.headers),
      ...(isGzip && { 'grpc-encoding': 'gzip' }),
    }
    return new Promise((resolve, reject) => {
      const session = this.#connected()
      // Who does not answer may be gone without a word: the next request connects anew.
      const call = new GrpcCall(resolve, reject, timeoutMs, () => session.destroy())
      try {
        call.start(session, SERVICES[signal], headers, message)
      } catch (error) {
        call.fail(error)
      }
    })
  }

  close(): Promise<void> {
    this.#session?.destroy()
    this.#session = undefined
    return Promise.resolve()
  }

  #connected(): ClientHttp2Session {
    const former = this.#session
    if (former !== undefined && !former.closed && !former.destroyed) return former
    const { endpoint, tls } = this.#settings
    const { origin } = new URL(endpoint)
    const session = connect(origin, { ...tls })
    this.#session = session
    session.unref()
    // The call that is under way is told as well.
    session.on('error', () => this.#drop(session))
    session.on('goaway', () => this.#drop(session))
    session.on('close', () => this.#drop(session))
    return session
  }

  #drop(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined
  }
}

/** One call: a request and its answer, or what went wrong. */
class GrpcCall {
  readonly #resolve: (answer: ExportAnswer) => void
  readonly #reject: (error: DriverError) => void
  readonly #timer: NodeJS.Timeout
  #cancel: () => void = () => {}

  constructor(
    resolve: (answer: ExportAnswer) => void,
    reject: (error: DriverError) => void,
    timeoutMs: number,
    timedOut: () => void,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(() => {
      this.fail(
        new DriverError('retryable', `the collector does not answer within ${timeoutMs} ms`),
      )
      timedOut()
    }, timeoutMs)
  }

  start(
    session: ClientHttp2Session,
    path: string,
    headers: Readonly<Record<string, string>>,
    message: Buffer,
  ): void {
    const stream = session.request({
      ...headers,
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    this.#cancel = () => stream.close()
    const chunks: Buffer[] = []
    let bytes = 0
    let last: IncomingHttpHeaders = {}
    stream.on('response', (answer) => {
      last = answer
    })
    stream.on('trailers', (trailers) => {
      last = { ...last, ...trailers }
    })
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= ANSWER_BYTES_MAX) chunks.push(chunk)
    })
    stream.on('error', (error) => this.fail(error))
    stream.on('close', () => this.#ended(last, Buffer.concat(chunks)))
    stream.end(message)
  }

  fail(error: unknown): void {
    clearTimeout(this.#timer)
    this.#cancel()
    if (error instanceof DriverError) this.#reject(error)
    else {
      const reason = error instanceof Error ? reasonOf(error) : String(error)
      this.#reject(new DriverError('retryable', `the collector cannot be reached: ${reason}`, true))
    }
  }

  #ended(headers: IncomingHttpHeaders, body: Buffer): void {
    clearTimeout(this.#timer)
    const { 'grpc-status': status, 'grpc-message': message } = headers
    if (status === '0') {
      this.#resolve(readExportAnswer(body.subarray(GRPC_HEADER_BYTES)))
      return
    }
    if (status === undefined) {
      const got = headers[':status']
      const reason =
        got === undefined ? 'closes the connection' : `answers HTTP status ${String(got)}`
      const kind = got === undefined || RETRYABLE_STATUS.has(Number(got)) ? 'retryable' : 'fatal'
      this.fail(new DriverError(kind, `the collector ${reason} in the place of gRPC`))
      return
    }
    const kind = RETRYABLE_GRPC.has(Number(status)) ? 'retryable' : 'fatal'
    const text = typeof message === 'string' && message !== '' ? `: ${message}` : ''
    this.fail(
      new DriverError(kind, `the collector answers with gRPC status ${String(status)}${text}`),
    )
  }
}

/** A message of gRPC: whether it is compressed, and its length. */
function framed(body: Buffer, isCompressed: boolean): Buffer {
  const frame = Buffer.allocUnsafe(GRPC_HEADER_BYTES + body.length)
  frame[0] = Number(isCompressed)
  frame.writeUInt32BE(body.length, 1)
  body.copy(frame, GRPC_HEADER_BYTES)
  return frame
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([key, text]) => [key.toLowerCase(), text]))
}

function reasonOf(error: Error): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : error.message
}
