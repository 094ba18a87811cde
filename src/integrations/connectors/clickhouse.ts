import { secretOf } from '#access/backends/driver-settings.ts'
import { clickhouse } from '#config/fields/integrations/clickhouse.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { type HttpApi, openHttpApi } from '../http-api.ts'
import { queryText } from '../line-sink.ts'
import { backslashQuoted, compileLiteralSql } from '../literal-sql.ts'
import { CLICKHOUSE } from '../sql-pieces.ts'
import { writeEach } from '../write-each.ts'

interface Server {
  readonly api: HttpApi
  readonly path: string
}

/** `clickhouse`: a statement per record, the rows of a batch in one; over HTTP. */
export default defineConnector({
  description: clickhouse,
  async open(config, context): Promise<Server> {
    const password = secretOf(config.password, context)
    const headers = {
      'x-clickhouse-user': config.username,
      ...(password !== undefined && { 'x-clickhouse-key': password }),
    }
    const path = `/?${queryText({ database: config.database })}`
    const { origin } = new URL(config.url)
    const trial = { method: 'POST', path, headers: {}, body: 'SELECT 1' } as const
    return { api: await openHttpApi(origin, config, context, headers, trial), path }
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    check: ({ sql }) => void compileLiteralSql(sql, CLICKHOUSE, backslashQuoted, ''),
    open({ sql, batch_value_separator: separator }, { api, path }) {
      const template = compileLiteralSql(sql, CLICKHOUSE, backslashQuoted, separator)
      return {
        async write(records, signal) {
          const run = async (some: typeof records) => {
            const body = template.statement(some)
            await api.request({ method: 'POST', path, headers: {}, body }, signal)
          }
          if (!template.isBatchable) return writeEach(records, (record) => run([record]))
          await run(records)
          return undefined
        },
      }
    },
  },
})
