import { secretOf } from '#access/backends/driver-settings.ts'
import { influxdb } from '#config/fields/integrations/influxdb.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { basicLogin, originOf } from '../http-api.ts'
import { compileLines } from '../line-protocol.ts'
import { type LineStore, lineSink, openLineStore, queryText } from '../line-sink.ts'

const PORT = 8086
const PRECISIONS_V1 = { ns: 'n', us: 'u', ms: 'ms', s: 's' } as const

/** `influxdb`: lines, those of a batch in one request. */
export default defineConnector({
  description: influxdb,
  open(config, context) {
    const { parameters: target } = config
    const origin = originOf(config.server, PORT, config.ssl)
    if (target.influxdb_type === 'influxdb_api_v1') {
      const { database: db, username } = target
      const login = basicLogin(username, secretOf(target.password, context))
      const pathOf: LineStore['pathOf'] = (precision) =>
        `/write?${queryText({ db, precision: PRECISIONS_V1[precision] })}`
      return openLineStore(origin, config, context, login, pathOf)
    }
    const { bucket, org } = target
    const token = secretOf(target.token, context)
    const login = token === undefined ? undefined : { authorization: `Token ${token}` }
    const pathOf: LineStore['pathOf'] = (precision) =>
      `/api/v2/write?${queryText({ bucket, org, precision })}`
    return openLineStore(origin, config, context, login ?? {}, pathOf)
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    check: ({ write_syntax: lines }) => void compileLines(lines),
    open: (parameters, store) => lineSink(store, parameters),
  },
})
