import { secretOf } from '#access/backends/driver-settings.ts'
import { COUCHBASE_PORT, couchbase } from '#config/fields/integrations/couchbase.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { HttpAnswer, HttpRequest } from '#drivers/http.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { Value } from '#plugin/value.ts'
import { encodeJson } from '#streams/values/json.ts'
import { basicLogin, openHttpApi, originOf } from '../http-api.ts'
import { MYSQL } from '../sql-pieces.ts'
import { compileSqlTemplate } from '../sql-template.ts'
import { writeEach } from '../write-each.ts'

/** `couchbase`: a statement with parameters per record. */
export default defineConnector({
  description: couchbase,
  open(config, context) {
    const login = basicLogin(config.username, secretOf(config.password, context))
    const origin = originOf(config.server, COUCHBASE_PORT, config.ssl)
    return openHttpApi(origin, config, context, login, requestOf('SELECT 1', []))
  },
  check: (api) => api.check(),
  close: (api) => api.close(),
  sink: {
    check: ({ sql }) => void compile(sql),
    open({ sql }, api) {
      const template = compile(sql)
      return {
        write: (records, signal) =>
          writeEach(records, async (record) => {
            const { sql: statement, values } = template.query([record])
            checkAnswer(await api.request(requestOf(statement, values), signal))
          }),
      }
    },
  },
})

/** Texts and names are quoted as in MySQL. */
function compile(sql: string) {
  return compileSqlTemplate(sql, (number) => `$${number}`, MYSQL)
}

function requestOf(statement: string, args: readonly Value[]): HttpRequest {
  const body = encodeJson({ statement, args: args.map((value) => value ?? null) })
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', path: '/query/service', headers, body }
}

/** Failures of statements. @throws DriverError */
function checkAnswer({ body }: HttpAnswer): void {
  let answer: { readonly status?: unknown; readonly errors?: readonly Fault[] }
  try {
    answer = JSON.parse(body.toString('utf8')) as typeof answer
  } catch {
    throw new DriverError('retryable', 'Couchbase: the answer is no JSON')
  }
  if (answer.status === 'success') return
  const [fault] = answer.errors ?? []
  const text = `${String(fault?.msg ?? answer.status)} (code ${String(fault?.code ?? '?')})`
  throw new DriverError(fault?.retry === true ? 'retryable' : 'fatal', `Couchbase: ${text}`)
}

interface Fault {
  readonly code?: number
  readonly msg?: string
  /** The server says whether trying again may help. */
  readonly retry?: boolean
}
