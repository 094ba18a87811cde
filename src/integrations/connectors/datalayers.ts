import { secretOf } from '#access/backends/driver-settings.ts'
import { datalayers } from '#config/fields/integrations/influxdb.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { basicLogin, originOf } from '../http-api.ts'
import { compileLines } from '../line-protocol.ts'
import { type LineStore, lineSink, openLineStore, queryText } from '../line-sink.ts'

const PORT = 8361

/** `datalayers`: lines by its InfluxDB API. */
export default defineConnector({
  description: datalayers,
  open(config, context) {
    const { database: db, username, password } = config.parameters
    const login = basicLogin(username, secretOf(password, context))
    const origin = originOf(config.server, PORT, config.ssl)
    const pathOf: LineStore['pathOf'] = (precision) => `/write?${queryText({ db, precision })}`
    return openLineStore(origin, config, context, login, pathOf)
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    check: ({ write_syntax: lines }) => void compileLines(lines),
    open: (parameters, store) => lineSink(store, parameters),
  },
})
