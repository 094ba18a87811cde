import { DriverError } from '#drivers/driver-error.ts'
import type { HttpAnswer, HttpDriver, HttpRequest } from '#drivers/http.ts'
import { type AwsLogin, encodeAws, queryText, signAws } from './aws-signature.ts'

/** An S3 service, or one that speaks its protocol. */
export interface S3Settings {
  readonly login: AwsLogin
  readonly host: string
  /** Absent: that of the scheme. */
  readonly port: number | undefined
  /** How a bucket is named: in the path, or as the first part of the host. */
  readonly access: 'path' | 'vhost'
  /** Further headers of all requests. */
  readonly headers: Readonly<Record<string, string>>
}

/** Where an object goes. */
export interface S3Place {
  readonly bucket: string
  readonly key: string
}

/** Codes of errors that time heals, though their status does not say so. */
const RETRYABLE = /^(?:RequestTimeout|RequestTimeTooSkewed|SlowDown|OperationAborted|NoSuchUpload)$/
const CREDENTIALS = /^(?:InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|ExpiredToken)$/

const BUCKET = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$/
const KEY_BYTES_MAX = 1024

interface Call {
  readonly method: HttpRequest['method']
  readonly place?: S3Place
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** Requests to S3, signed. */
export class S3Client {
  readonly #driver: HttpDriver
  readonly #settings: S3Settings

  /** @param driver connections to the service; buckets as hosts are told by the host header */
  constructor(driver: HttpDriver, settings: S3Settings) {
    this.#driver = driver
    this.#settings = settings
  }

  /**
   * Tries whether keys are right. A user who may not list buckets is let in all the same.
   * @throws DriverError
   */
  async check(): Promise<void> {
    const answer = await this.#send({ method: 'GET' })
    if (codeOf(answer) === 'AccessDenied') return
    this.#refuse(answer, '')
  }

  /**
   * Stores an object.
   * @throws DriverError
   */
  async put(
    place: S3Place,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.#ask({ method: 'PUT', place, body, headers }, signal)
  }

  /**
   * Stores an object part by part; what was stored is taken back when one fails.
   * @param parts each as large as S3 asks for, except the last
   * @throws DriverError
   */
  async putParts(
    place: S3Place,
    parts: AsyncIterable<Uint8Array>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const begin: Call = { method: 'POST', place, query: { uploads: '' }, headers }
    const begun = await this.#ask(begin, signal)
    const uploadId = elementOf(begun.body.toString(), 'UploadId')
    if (uploadId === undefined) throw this.#error('retryable', 'the answer has no UploadId')
    try {
      const tags: string[] = []
      for await (const body of parts) {
        const query = { partNumber: String(tags.length + 1), uploadId }
        const { headers: answered } = await this.#ask({ method: 'PUT', place, query, body }, signal)
        tags.push([answered['etag']].flat()[0] ?? '')
      }
      const list = tags.map((tag, index) => {
        return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`
      })
      const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`
      await this.#ask({ method: 'POST', place, query: { uploadId }, body }, signal)
    } catch (error) {
      await this.#send({ method: 'DELETE', place, query: { uploadId } }).catch(() => {})
      throw error
    }
  }

  close(): Promise<void> {
    return this.#driver.close()
  }

  async #ask(call: Call, signal?: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.#send(call, signal)
    this.#refuse(answer, call.place?.bucket ?? '')
    return answer
  }

  async #send(call: Call, signal?: AbortSignal): Promise<HttpAnswer> {
    const { method, place, query = {}, body = '' } = call
    const { access, login, headers: common } = this.#settings
    if (place !== undefined) this.#checkPlace(place)
    const isInHost = access === 'vhost' && place !== undefined
    const segments = [
      ...(place === undefined || isInHost ? [] : [place.bucket]),
      ...(place === undefined ? [] : place.key.split('/')),
    ]
    const host = isInHost ? `${place.bucket}.${this.#host}` : this.#host
    const path = `/${segments.map(encodeAws).join('/')}`
    const headers = { ...common, ...call.headers }
    const signed = signAws({ method, host, path, query, headers, body }, login, new Date())
    const question = queryText(query)
    const whole = question === '' ? path : `${path}?${question}`
    const request = { method, path: whole, headers: { ...signed, host } }
    return this.#driver.request(body === '' ? request : { ...request, body }, signal)
  }

  /** @throws DriverError for places that would mean something else than an object */
  #checkPlace({ bucket, key }: S3Place): void {
    if (!BUCKET.test(bucket)) {
      throw this.#error('fatal', `${JSON.stringify(bucket)} is no name of a bucket`)
    }
    const isKey = key !== '' && Buffer.byteLength(key) <= KEY_BYTES_MAX
    if (isKey && !key.split('/').some((segment) => segment === '.' || segment === '..')) return
    throw this.#error('fatal', `${JSON.stringify(key)} is no key of an object`)
  }

  get #host(): string {
    const { host, port } = this.#settings
    return port === undefined ? host : `${host}:${port}`
  }

  /** @throws DriverError unless the answer is good */
  #refuse(answer: HttpAnswer, bucket: string): void {
    const { status } = answer
    const code = codeOf(answer)
    if (status >= 200 && status < 300 && code === undefined) return
    const message = elementOf(answer.body.toString(), 'Message') ?? ''
    const text = `it answered ${status} ${code ?? ''} ${message}`.trim()
    if (code === 'NoSuchBucket') {
      throw this.#error('retryable', `${text} (${bucket}). Make the bucket, or check its name`)
    }
    if (status === 401 || CREDENTIALS.test(code ?? '')) {
      throw this.#error('credentials', `${text}. Check access_key_id, secret_access_key and rights`)
    }
    const isRetryable = status >= 500 || status === 429 || RETRYABLE.test(code ?? '')
    throw this.#error(isRetryable ? 'retryable' : 'fatal', text)
  }

  #error(kind: 'retryable' | 'fatal' | 'credentials', text: string): DriverError {
    return new DriverError(kind, `S3 ${this.#host}: ${text}`)
  }
}

/** Code of an error; S3 may send one with a status of success. */
function codeOf({ body }: HttpAnswer): string | undefined {
  const text = body.toString('utf8', 0, 10_000)
  return text.includes('<Error>') ? elementOf(text, 'Code') : undefined
}

function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}
