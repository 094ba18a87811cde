import type { HttpConnectionConfig } from '#config/fields/backends/http.ts'
import { type HttpAnswer, type HttpDriver, type HttpRequest, openHttp } from '#drivers/http.ts'
import { type ConnectionContext, limitsOf, tlsOf } from './driver-settings.ts'
import { compileText, fillText, type TextTemplate, type ValueOf } from './fill-template.ts'

const ANSWER_BYTES_MAX = 1_048_576
const FORM = 'application/x-www-form-urlencoded'
const JSON_TYPE = 'application/json'
/** What the connection does by itself and must not be set. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** A server that is sent the same request for each client, filled with its values. */
export interface HttpAsker {
  readonly driver: HttpDriver
  ask(valueOf: ValueOf, signal: AbortSignal): Promise<HttpAnswer>
}

/** Opens the server that the configuration describes. */
export function openConfiguredHttp(
  config: HttpConnectionConfig,
  context: ConnectionContext,
): HttpAsker {
  const { origin } = new URL(config.url.replace(/[?#].*$/s, ''))
  const isSecure = origin.startsWith('https:')
  const timeouts = {
    connectTimeoutMs: config.connect_timeout,
    requestTimeoutMs: config.request_timeout,
  }
  const driver = openHttp({
    ...limitsOf(config.pool_size, timeouts, context),
    origin,
    pipelining: config.method === 'get' ? config.enable_pipelining : 1,
    answerBytesMax: ANSWER_BYTES_MAX,
    tls: isSecure ? tlsOf(config.ssl, context, true) : undefined,
  })
  const fill = compileRequest(config)
  return { driver, ask: (valueOf, signal) => driver.request(fill(valueOf), signal) }
}

/** Segments that servers take for this folder or the one above, encoded or not. */
const DOTS = /^(?:\.|%2e){1,2}$/i

/**
 * Makes requests of the templates; a value that a client does not have is empty. What is made
 * throws an Error for a client whose values would lead to another path.
 */
export function compileRequest(config: HttpConnectionConfig): (valueOf: ValueOf) => HttpRequest {
  const target = compileText(config.url.replace(/^https?:\/\/[^/?#]*/, ''))
  const headers = compileEntries(config.headers, (name) => !OWN_HEADERS.has(name.toLowerCase()))
  const body = compileEntries(config.body)
  return (valueOf) => {
    const known: ValueOf = (name) => valueOf(name) ?? ''
    const path = fillText(target, known, encodeURIComponent) ?? ''
    checkSegments(path)
    const filled = headers.map(([name, value]) => {
      return [name.toLowerCase(), headerText(fillText(value, known) ?? '')] as const
    })
    const fields = body.map(([name, value]) => [name, fillText(value, known) ?? ''] as const)
    const base = { accept: JSON_TYPE, 'cache-control': 'no-cache', ...Object.fromEntries(filled) }
    if (config.method === 'get') {
      const { 'content-type': _, ...rest } = base as Record<string, string>
      return { method: 'GET', path: withQuery(path, fields), headers: rest }
    }
    const type = (base as Record<string, string>)['content-type'] ?? JSON_TYPE
    const isForm = type.toLowerCase().startsWith(FORM)
    return {
      method: 'POST',
      path: path.startsWith('/') ? path : `/${path}`,
      headers: { ...base, 'content-type': type },
      body: isForm ? formText(fields) : JSON.stringify(Object.fromEntries(fields)),
    }
  }
}

function checkSegments(target: string): void {
  const [path = ''] = target.split('?', 1)
  if (!path.split('/').some((segment) => DOTS.test(segment))) return
  throw new Error(`the path ${JSON.stringify(path)} has a segment of dots`)
}

type Entries = readonly (readonly [name: string, value: TextTemplate])[]

function compileEntries(
  record: Readonly<Record<string, string>>,
  isWanted: (name: string) => boolean = () => true,
): Entries {
  return Object.entries(record)
    .filter(([name]) => isWanted(name))
    .map(([name, text]) => [name, compileText(text)])
}

/** A value cannot add a header: what ends a line is left out, and so is what no header may hold. */
function headerText(value: string): string {
  return value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
}

function formText(fields: readonly (readonly [string, string])[]): string {
  return new URLSearchParams(fields.map(([name, value]) => [name, value])).toString()
}

function withQuery(path: string, fields: readonly (readonly [string, string])[]): string {
  const start = path.startsWith('/') ? path : `/${path}`
  if (fields.length === 0) return start
  return `${start}${start.includes('?') ? '&' : '?'}${formText(fields)}`
}

/**
 * The fields of an answer with status 200: JSON, or a form.
 * @throws an Error when it is neither
 */
export function readAnswerFields({ headers, body }: HttpAnswer): Readonly<Record<string, unknown>> {
  const type = String(headers['content-type'] ?? JSON_TYPE).toLowerCase()
  const text = body.toString('utf8')
  if (type.startsWith(FORM)) return Object.fromEntries(new URLSearchParams(text))
  if (!type.startsWith(JSON_TYPE)) throw new Error(`the answer has the content type ${type}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('the answer is no JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new Error('the answer is no JSON object')
}
