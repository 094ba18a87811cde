import type { LocalAccessFile } from '#management/contract/local-access.ts'
import { LOCAL_ACCESS_FILE } from '#management/contract/local-access.ts'
import type { OperationSpec, ReplyOf, RequestOf } from '#management/contract/operation.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataDirectory, findLocalNode } from '../node/local-node.ts'

const PREFIX = '/api/v5'
const LIMIT_MS = 60_000

/** How the API is found, and as whom. */
export interface RestFlags {
  readonly url?: string
  readonly apiKey?: string
  readonly apiSecret?: string
  readonly dataDir?: string
}

/** The API refused something; `status` is that of HTTP. */
export class RestError extends Error {
  override readonly name = 'RestError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** No node answers. */
export class NoNodeError extends Error {
  override readonly name = 'NoNodeError'
}

type Answer<O extends OperationSpec> = Extract<
  ReplyOf<O>,
  { readonly status: 200 | 201 | 202 | 204 }
>['body']
type Part<Name extends string, Value> = Value extends undefined
  ? { readonly [N in Name]?: undefined }
  : { readonly [N in Name]: Value }

/** What goes into a call: the parts that the operation has. */
export type RestCall<O extends OperationSpec> = Part<'params', RequestOf<O>['params']> &
  Partial<Part<'query', RequestOf<O>['query']>> &
  Part<'body', RequestOf<O>['body']>

/** Calls the REST API of a node. */
export class RestClient {
  readonly #url: string
  readonly #authorization: string

  /** @throws NoNodeError when it is not said where the node is and none is found on this host */
  constructor(flags: RestFlags) {
    const {
      TIDEWAY_URL: envUrl,
      TIDEWAY_API_KEY: envKey,
      TIDEWAY_API_SECRET: envSecret,
    } = process.env
    const key = flags.apiKey ?? envKey
    const local =
      flags.url === undefined && envUrl === undefined ? readLocal(flags.dataDir) : undefined
    const url = flags.url ?? envUrl ?? local?.url
    if (url === undefined) {
      throw new NoNodeError(
        `no node runs over ${dataDirectory(flags.dataDir)} here: start one, name its data ` +
          'directory with --data-dir, or its API with --url, --api-key and --api-secret',
      )
    }
    this.#url = url.replace(/\/+$/, '')
    const secret = flags.apiSecret ?? envSecret ?? ''
    const basic = Buffer.from(`${key}:${secret}`).toString('base64')
    this.#authorization = key === undefined ? `Bearer ${local?.token ?? ''}` : `Basic ${basic}`
  }

  /**
   * Calls an operation: `call<typeof listClients>('GET', '/clients', { query })`.
   * @throws RestError, NoNodeError
   */
  async call<O extends OperationSpec>(
    method: O['method'],
    path: O['path'],
    options: RestCall<O>,
  ): Promise<Answer<O>> {
    const { params, query, body } = options as {
      params?: Readonly<Record<string, string>>
      query?: Query
      body?: unknown
    }
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      return encodeURIComponent(params?.[name] ?? '')
    })
    const response = await this.send(method, `${filled}${queryText(query)}`, body)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    return (isJson ? JSON.parse(text) : text) as Answer<O> // The contract of the operation.
  }

  /**
   * What a path shows as plain text.
   * @throws RestError, NoNodeError
   */
  async text(path: string, query: Query = {}): Promise<string> {
    const response = await this.send('GET', `${path}${queryText(query)}`, undefined, 'text/plain')
    return response.text()
  }

  /**
   * Sends a request as it is; strings are sent as text, forms as forms, other bodies as JSON.
   * @throws RestError, NoNodeError
   */
  async send(
    method: string,
    path: string,
    body?: unknown,
    accept = 'application/json, */*;q=0.5',
  ): Promise<Response> {
    const isForm = body instanceof FormData
    const isText = typeof body === 'string'
    const headers: Record<string, string> = {
      authorization: this.#authorization,
      accept,
    }
    if (body !== undefined && !isForm) {
      headers['content-type'] = isText ? 'text/plain' : 'application/json'
    }
    const init: RequestInit = { method, headers, signal: AbortSignal.timeout(LIMIT_MS) }
    if (body !== undefined) init.body = isForm || isText ? body : JSON.stringify(body)
    const response = await fetch(`${this.#url}${PREFIX}${path}`, init).catch((error: unknown) => {
      throw new NoNodeError(`${this.#url} does not answer: ${reasonOf(error)}`)
    })
    if (response.ok) return response
    throw new RestError(response.status, await messageOf(response))
  }
}

function readLocal(given: string | undefined): LocalAccessFile | undefined {
  const node = findLocalNode(given)
  if (node === undefined) return undefined
  const hasHttp = node.listeners.some(({ id }) => id === 'http:dashboard')
  if (!hasHttp && node.listeners.some(({ id }) => id === 'https:dashboard')) {
    throw new NoNodeError(
      `the API of node ${node.pid} is served over HTTPS only: name it with --url https://…, ` +
        '--api-key and --api-secret; NODE_EXTRA_CA_CERTS names the file of its authority',
    )
  }
  try {
    const text = readFileSync(join(node.dataDir, LOCAL_ACCESS_FILE), 'utf8')
    return JSON.parse(text) as LocalAccessFile // Written by the node.
  } catch (error) {
    throw new NoNodeError(`the access of node ${node.pid} cannot be read: ${reasonOf(error)}`)
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>

function queryText(query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.append(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const { message } = JSON.parse(text) as { message?: string }
    return message ?? text
  } catch {
    return text === '' ? response.statusText : text
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
