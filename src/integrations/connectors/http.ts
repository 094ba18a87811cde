import { tlsOf } from '#access/backends/driver-settings.ts'
import { http } from '#config/fields/integrations/http.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { type HttpDriver, type HttpRequest, openHttp } from '#drivers/http.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { bodyTemplate } from '#streams/rules/json-template.ts'
import type { Template } from '#streams/rules/template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { tracedHeaders } from '#streams/tracing/trace-context.ts'
import { driverLimits, openDriver } from '../drivers/open-driver.ts'
import { bodyOf, pathTemplate } from '../templates.ts'
import { writeEach } from '../write-each.ts'

const ANSWER_BYTES_MAX = 1_048_576
const ANSWER_CHARS_SHOWN = 200
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
/** What the connection does by itself and must not be set. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** A server, and what every request to it has. */
interface HttpServer {
  readonly driver: HttpDriver
  readonly basePath: string
  readonly headers: Readonly<Record<string, string>>
}

/** `http`: one request per record. Order is kept within a queue whose window is 1. */
export default defineConnector({
  description: http,
  async open(config, context): Promise<HttpServer> {
    const { origin, pathname } = new URL(config.url)
    const driver = await openDriver(() =>
      openHttp({
        ...driverLimits(config.pool_size, config.connect_timeout, context),
        origin,
        pipelining: config.enable_pipelining,
        answerBytesMax: ANSWER_BYTES_MAX,
        tls: origin.startsWith('https:') ? tlsOf(config.ssl, context, true) : undefined,
      }),
    )
    return { driver, basePath: pathname.replace(/\/$/, ''), headers: config.headers }
  },
  check: ({ driver }) => driver.check(),
  close: ({ driver }) => driver.close(),
  sink: {
    open({ method, path, headers, body, request_timeout: limitMs }, server) {
      const target = pathTemplate(joined(server.basePath, path))
      const all = compileHeaders({ ...server.headers, ...headers })
      const headersOf = (record: ValueMap) =>
        all.map(([name, value]) => [name, headerText(value, record)] as const)
      const content = bodyTemplate(body)
      const hasBody = method === 'post' || method === 'put'
      const requestOf = (record: ValueMap): HttpRequest => ({
        // The words of the configuration, in capitals.
        method: method.toUpperCase() as HttpRequest['method'],
        path: target.text(record),
        headers: Object.fromEntries(tracedHeaders(record, headersOf(record))),
        timeoutMs: limitMs,
        ...(hasBody && { body: bodyOf(content, record) }),
      })
      return {
        async write(records, signal) {
          const send = async (record: ValueMap) => {
            checkAnswer(await server.driver.request(requestOf(record), signal))
          }
          const [only] = records
          if (records.length > 1 || only === undefined) return writeEach(records, send)
          await send(only)
          return undefined
        },
      }
    },
  },
})

/** @throws DriverError unless the answer says that all is well */
function checkAnswer({ status, body }: { readonly status: number; readonly body: Buffer }): void {
  if (status >= 200 && status < 300) return
  const text = body.toString('utf8', 0, ANSWER_CHARS_SHOWN).trim()
  const reason = `it answered ${status}${text === '' ? '' : `: ${text}`}`
  throw new DriverError(RETRYABLE.has(status) ? 'retryable' : 'fatal', reason)
}

function joined(base: string, path: string): string {
  if (path === '') return base === '' ? '/' : base
  return /^[/?]/.test(path) ? base + path : `${base}/${path}`
}

function compileHeaders(
  headers: Readonly<Record<string, string>>,
): readonly (readonly [name: string, value: Template])[] {
  return Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), compileTemplate(value)] as const)
    .filter(([name]) => !OWN_HEADERS.has(name))
}

/** A value cannot add a header: what ends a line is left out, and so is what no header may hold. */
function headerText(value: Template, record: ValueMap): string {
  return value.text(record).replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
}
