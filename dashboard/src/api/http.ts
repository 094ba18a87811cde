import { expireSession, getSession } from './session.ts'
import { reportReachable } from './reachable.ts'
import { getPreferences } from '../shell/preferences.ts'

const BASE_PATH = '/api/v5'

/** What the API answered when it did not do what was asked, or that it could not be reached. */
export class ApiError extends Error {
  /** HTTP status; 0 when the broker could not be reached. */
  readonly status: number
  /** EMQX's error code, such as `BAD_REQUEST`. */
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
  }
}

export type QueryValue = string | number | boolean | readonly string[] | undefined

export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>>
  /** Sent as JSON; a text and a FormData as they are. */
  readonly body?: unknown
  /** Instead of the token of who is signed in. */
  readonly token?: string
  /** Media type that is wanted, where there are several. */
  readonly accept?: string
  readonly signal?: AbortSignal
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Calls the REST API as the person who signed in.
 * @returns the JSON of the answer, undefined when there is none
 * @throws ApiError
 */
export async function request<T>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  const response = await send(method, path, options)
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/** As `request`, for answers that are not JSON: downloads and streams. */
export async function send(
  method: Method,
  path: string,
  { query, body, token = getSession()?.token, accept, signal }: RequestOptions = {},
): Promise<Response> {
  const headers = new Headers()
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  headers.set('accept-language', getPreferences().language)
  if (accept !== undefined) headers.set('accept', accept)
  const isText = typeof body === 'string'
  const isForm = body instanceof FormData
  if (isText) headers.set('content-type', 'text/plain')
  else if (body !== undefined && !isForm) headers.set('content-type', 'application/json')
  const init: RequestInit = { method, headers }
  if (body !== undefined) init.body = isForm || isText ? body : JSON.stringify(body)
  if (signal !== undefined) init.signal = signal
  const response = await reach(`${BASE_PATH}${path}${queryText(query)}`, init)
  if (!response.ok) throw await failure(response)
  return response
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, init)
    reportReachable(response.status < 502 || response.status > 504)
    return response
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    reportReachable(false)
    throw new ApiError(0, 'UNREACHABLE', 'The broker does not answer.')
  }
}

function queryText(query: RequestOptions['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    if (typeof value === 'object') for (const one of value) parameters.append(name, one)
    else parameters.append(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

async function failure(response: Response): Promise<ApiError> {
  const text = await response.text()
  let code = `HTTP_${response.status}`
  let message = response.statusText
  try {
    const body = JSON.parse(text) as { code?: string; message?: unknown }
    code = body.code ?? code
    const reason = body.message ?? message
    message = typeof reason === 'string' ? reason : JSON.stringify(reason)
  } catch {
    if (text !== '') message = text
  }
  if (response.status === 401 && getSession() !== undefined) expireSession()
  return new ApiError(response.status, code, message)
}
