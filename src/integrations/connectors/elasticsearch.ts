import { secretOf } from '#access/backends/driver-settings.ts'
import { elasticsearch } from '#config/fields/integrations/elasticsearch.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import type { WriteFault } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { jsonBodyTemplate } from '#streams/rules/json-template.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { encodeJson } from '#streams/values/json.ts'
import { basicLogin, openHttpApi, originOf } from '../http-api.ts'

const PORT = 9200

/** The form of an answer to `_bulk`. */
interface Answer {
  readonly errors?: boolean
  readonly items?: readonly Readonly<Record<string, Item>>[]
}

/** An item of it. */
interface Item {
  readonly status?: number
  readonly error?: { readonly type?: string; readonly reason?: string }
}

/** `elasticsearch`: documents, those of a batch in one `_bulk` request. */
export default defineConnector({
  description: elasticsearch,
  open(config, context) {
    const { username, password } = config.authentication
    const headers = basicLogin(username, secretOf(password, context))
    const origin = originOf(config.server, PORT, config.ssl)
    const trial = { method: 'GET', path: '/', headers: {} } as const
    return openHttpApi(origin, config, context, headers, trial)
  },
  check: (api) => api.check(),
  close: (api) => api.close(),
  sink: {
    check: (parameters) => void compileOperation(parameters),
    open(parameters, api) {
      const linesOf = compileOperation(parameters)
      const headers = { 'content-type': 'application/x-ndjson' }
      return {
        async write(records, signal) {
          const body = records.map(linesOf).join('')
          const request = { method: 'POST', path: '/_bulk', headers, body } as const
          return faultsOf((await api.request(request, signal)).body)
        },
      }
    },
  },
})

type Parameters =
  | {
      readonly action: 'create'
      readonly index: string
      readonly id: string | undefined
      readonly doc: string | undefined
      readonly routing: string | undefined
      readonly require_alias: boolean
      readonly overwrite: boolean
    }
  | {
      readonly action: 'update'
      readonly index: string
      readonly id: string
      readonly doc: string | undefined
      readonly routing: string | undefined
      readonly require_alias: boolean
      readonly doc_as_upsert: boolean
    }
  | {
      readonly action: 'delete'
      readonly index: string
      readonly id: string
      readonly routing: string | undefined
    }

/** The lines of `_bulk` for a record. */
function compileOperation(parameters: Parameters): (record: ValueMap) => string {
  const index = compileTemplate(parameters.index)
  const id = parameters.id === undefined ? undefined : compileTemplate(parameters.id)
  const routing = parameters.routing === undefined ? undefined : compileTemplate(parameters.routing)
  const doc =
    parameters.action === 'delete' || parameters.doc === undefined
      ? undefined
      : jsonBodyTemplate(parameters.doc)
  const name = parameters.action === 'create' && parameters.overwrite ? 'index' : parameters.action
  return (record) => {
    const place = {
      _index: index.text(record),
      ...(id !== undefined && { _id: id.text(record) }),
      ...(routing !== undefined && { routing: routing.text(record) }),
      ...(parameters.action !== 'delete' && parameters.require_alias && { require_alias: true }),
    }
    const head = `${encodeJson({ [name]: place })}\n`
    if (parameters.action === 'delete') return head
    const written = doc === undefined ? encodeJson(record) : oneLine(doc.text(record))
    if (parameters.action === 'create') return `${head}${written}\n`
    return `${head}{"doc":${written},"doc_as_upsert":${parameters.doc_as_upsert}}\n`
  }
}

/** @throws DriverError for what is no JSON: it would spoil the lines after it */
function oneLine(text: string): string {
  try {
    JSON.parse(text)
  } catch {
    throw new DriverError('fatal', 'Elasticsearch: the document is no JSON')
  }
  return text.replaceAll(/[\r\n]/g, ' ') // Between its parts only: texts have them escaped.
}

function faultsOf(body: Buffer): readonly WriteFault[] {
  let answer: Answer
  try {
    answer = JSON.parse(body.toString('utf8')) as Answer
  } catch {
    throw new DriverError('retryable', 'Elasticsearch: the answer is no JSON')
  }
  if (answer.errors !== true) return []
  return (answer.items ?? []).flatMap((item, index) => {
    const [result] = Object.values(item)
    const { status = 200, error } = result ?? {}
    if (status < 300 || error === undefined) return []
    const kind = status === 429 || status >= 500 ? ('retryable' as const) : ('fatal' as const)
    return [{ index, kind, reason: `Elasticsearch: ${error.type}: ${error.reason}` }]
  })
}
