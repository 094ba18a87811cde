import { secretOf } from '#access/backends/driver-settings.ts'
import { tdengine } from '#config/fields/integrations/tdengine.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { HttpAnswer } from '#drivers/http.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { basicLogin, openHttpApi, originOf } from '../http-api.ts'
import { backslashQuoted, compileLiteralSql } from '../literal-sql.ts'
import { TDENGINE } from '../sql-pieces.ts'
import { writeEach } from '../write-each.ts'

const PORT = 6041
/** Codes of the server that later may not meet again: not ready, no connection, out of memory. */
const RETRYABLE: ReadonlySet<number> = new Set([0x0b, 0x0102, 0x0107, 0x0388, 0x2603])

/** `tdengine`: a statement per record, the rows of a batch in one; over its REST interface. */
export default defineConnector({
  description: tdengine,
  open(config, context) {
    const headers = basicLogin(config.username, secretOf(config.password, context))
    const origin = originOf(config.server, PORT, config.ssl)
    const trial = { method: 'POST', path: '/rest/sql', headers: {}, body: 'SELECT 1' } as const
    return openHttpApi(origin, config, context, headers, trial)
  },
  check: (api) => api.check(),
  close: (api) => api.close(),
  sink: {
    check: ({ sql }) => void compileLiteralSql(sql, TDENGINE, backslashQuoted, ''),
    open({ database, sql }, api) {
      const template = compileLiteralSql(sql, TDENGINE, backslashQuoted, ' ')
      const path = `/rest/sql/${encodeURIComponent(database)}`
      return {
        async write(records, signal) {
          const run = async (some: typeof records) => {
            const body = template.statement(some)
            checkAnswer(await api.request({ method: 'POST', path, headers: {}, body }, signal))
          }
          if (!template.isBatchable) return writeEach(records, (record) => run([record]))
          await run(records)
          return undefined
        },
      }
    },
  },
})

/** Failures come with status 200 as well. @throws DriverError */
function checkAnswer({ body }: HttpAnswer): void {
  let answer: unknown
  try {
    answer = JSON.parse(body.toString('utf8'))
  } catch {
    throw new DriverError('retryable', 'TDengine: the answer is no JSON')
  }
  const { code, desc } = answer as { code?: unknown; desc?: unknown }
  if (code === 0) return
  const kind = RETRYABLE.has(Number(code)) ? 'retryable' : 'fatal'
  throw new DriverError(kind, `TDengine: ${String(desc)} (code ${String(code)})`)
}
