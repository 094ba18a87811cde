import { secretOf } from '#access/backends/driver-settings.ts'
import { greptimedb } from '#config/fields/integrations/influxdb.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { basicLogin, originOf } from '../http-api.ts'
import { compileLines } from '../line-protocol.ts'
import { type LineStore, lineSink, openLineStore, queryText } from '../line-sink.ts'

const PORT = 4000

/** `greptimedb`: lines by its InfluxDB API. */
export default defineConnector({
  description: greptimedb,
  open(config, context) {
    const login = basicLogin(config.username, secretOf(config.password, context))
    const origin = originOf(config.server, PORT, config.ssl)
    const db = config.dbname
    const pathOf: LineStore['pathOf'] = (precision) =>
      `/v1/influxdb/write?${queryText({ db, precision })}`
    return openLineStore(origin, config, context, login, pathOf)
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    check: ({ write_syntax: lines }) => void compileLines(lines),
    open: (parameters, store) => lineSink(store, parameters),
  },
})
