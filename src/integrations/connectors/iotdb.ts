import { secretOf } from '#access/backends/driver-settings.ts'
import { iotdb } from '#config/fields/integrations/iotdb.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { HttpAnswer } from '#drivers/http.ts'
import { defineConnector, type WriteFault } from '#plugin/define-connector.ts'
import { basicLogin, type HttpApi, openHttpApi } from '../http-api.ts'
import { compileIotdbRows, type IotdbRow } from '../iotdb-rows.ts'

interface Server {
  readonly api: HttpApi
  readonly takesMany: boolean
}

const SUCCESS = 200
/** Codes of the server: it is starting, stopping, overloaded, or something has failed inside. */
const RETRYABLE: ReadonlySet<number> = new Set([301, 305, 306, 602, 606, 700, 901])
const HEADERS = { 'content-type': 'application/json' }

/** `iotdb`: rows of devices, those of a batch in one request. */
export default defineConnector({
  description: iotdb,
  async open(config, context): Promise<Server> {
    const { authentication, base_url: url, iotdb_version: version } = config
    const login = basicLogin(authentication.username, secretOf(authentication.password, context))
    const body = JSON.stringify({ sql: 'SHOW CHILD PATHS root' })
    const trial = { method: 'POST', path: '/rest/v2/query', headers: HEADERS, body } as const
    const api = await openHttpApi(new URL(url).origin, config, context, login, trial)
    return { api, takesMany: version !== 'v1.0.x' }
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    open(parameters, { api, takesMany }) {
      const rowsOf = compileIotdbRows(parameters)
      const { is_aligned: isAligned } = parameters
      const send = async (path: string, value: object, signal: AbortSignal): Promise<void> => {
        const body = JSON.stringify(value)
        checkAnswer(await api.request({ method: 'POST', path, headers: HEADERS, body }, signal))
      }
      return {
        async write(records, signal) {
          const faults: WriteFault[] = []
          const rows = records.flatMap((record, index) => {
            try {
              return rowsOf(record)
            } catch (error) {
              if (!(error instanceof DriverError)) throw error
              faults.push({ index, kind: 'fatal', reason: error.message })
              return []
            }
          })
          if (rows.length === 0) return faults
          if (takesMany) await send('/rest/v2/insertRecords', recordsOf(rows, isAligned), signal)
          else
            for (const row of rows)
              await send('/rest/v2/insertTablet', tabletOf(row, isAligned), signal)
          return faults
        },
      }
    },
  },
})

function recordsOf(rows: readonly IotdbRow[], isAligned: boolean): object {
  return {
    timestamps: rows.map(({ timestamp }) => timestamp),
    devices: rows.map(({ device }) => device),
    measurements_list: rows.map(({ cells }) => cells.map(({ measurement }) => measurement)),
    data_types_list: rows.map(({ cells }) => cells.map(({ type }) => type)),
    values_list: rows.map(({ cells }) => cells.map(({ value }) => value)),
    is_aligned: isAligned,
  }
}

function tabletOf({ device, timestamp, cells }: IotdbRow, isAligned: boolean): object {
  return {
    timestamps: [timestamp],
    measurements: cells.map(({ measurement }) => measurement),
    data_types: cells.map(({ type }) => type),
    values: cells.map(({ value }) => [value]),
    is_aligned: isAligned,
    device,
  }
}

/** Failures come with status 200 as well. @throws DriverError */
function checkAnswer({ body }: HttpAnswer): void {
  let answer: { readonly code?: unknown; readonly message?: unknown }
  try {
    answer = JSON.parse(body.toString('utf8')) as typeof answer
  } catch {
    throw new DriverError('retryable', 'IoTDB: the answer is no JSON')
  }
  const code = Number(answer.code)
  if (code === SUCCESS) return
  const kind = RETRYABLE.has(code) ? 'retryable' : 'fatal'
  throw new DriverError(kind, `IoTDB: ${String(answer.message)} (code ${String(answer.code)})`)
}
