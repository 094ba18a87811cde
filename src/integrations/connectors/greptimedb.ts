import { secretOf } from '#access/backends/driver-settings.ts'
import { greptimedb } from '#config/fields/integrations/influxdb.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { basicLogin, openHttpApi, originOf } from '../http-api.ts'
import { compileLines } from '../line-protocol.ts'
import { type LineStore, lineSink, queryText } from '../line-sink.ts'

const PORT = 4000

/** `greptimedb`: lines by its InfluxDB API. */
export default defineConnector({
  description: greptimedb,
  async open(config, context): Promise<LineStore> {
    const login = basicLogin(config.username, secretOf(config.password, context))
    const api = await openHttpApi(originOf(config.server, PORT, config.ssl), config, context, login)
    const db = config.dbname
    return { api, pathOf: (precision) => `/v1/influxdb/write?${queryText({ db, precision })}` }
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    check: ({ write_syntax: lines }) => void compileLines(lines),
    open: (parameters, store) => lineSink(store, parameters),
  },
})
