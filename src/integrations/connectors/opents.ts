import { opents } from '#config/fields/integrations/opents.ts'
import { DriverError } from '#drivers/driver-error.ts'
import { defineConnector } from '#plugin/define-connector.ts'
import { isMap } from '#plugin/value.ts'
import type { Value, ValueMap } from '#plugin/value.ts'
import { compileTemplate } from '#streams/rules/template.ts'
import { toText } from '#streams/values/to-text.ts'
import { type HttpApi, openHttpApi } from '../http-api.ts'

interface Server {
  readonly api: HttpApi
  readonly path: string
}

interface PointTemplate {
  readonly timestamp: string | undefined
  readonly metric: string
  readonly tags: string
  readonly value: string
}

/** What a record without templates is taken as. */
const PLAIN: PointTemplate = {
  timestamp: '${timestamp}',
  metric: '${metric}',
  tags: '${tags}',
  value: '${value}',
}

/** `opents`: data points, those of a batch in one request. */
export default defineConnector({
  description: opents,
  async open(config, context): Promise<Server> {
    const { summary, details } = config
    const query = [summary ? 'summary' : '', details ? 'details' : ''].filter(Boolean).join('&')
    const { origin } = new URL(config.server)
    const api = await openHttpApi(origin, config, context, {})
    return { api, path: query === '' ? '/api/put' : `/api/put?${query}` }
  },
  check: ({ api }) => api.check(),
  close: ({ api }) => api.close(),
  sink: {
    open({ data }, { api, path }) {
      const points = (data.length > 0 ? data : [PLAIN]).map(compilePoint)
      const headers = { 'content-type': 'application/json' }
      return {
        async write(records, signal) {
          const all = records.flatMap((record) => points.map((point) => point(record)))
          const body = JSON.stringify(all)
          await api.request({ method: 'POST', path, headers, body }, signal)
        },
      }
    },
  },
})

function compilePoint(point: PointTemplate): (record: ValueMap) => object {
  const metric = compileTemplate(point.metric)
  const tags = compileTemplate(point.tags)
  const value = compileTemplate(point.value)
  const time = point.timestamp === undefined ? undefined : compileTemplate(point.timestamp)
  return (record) => {
    const number = Number(toText(value.value(record)))
    const at = Number(toText(time?.value(record)))
    if (!Number.isFinite(number)) throw new DriverError('fatal', 'OpenTSDB: the value is no number')
    return {
      metric: metric.text(record),
      timestamp: Number.isFinite(at) ? at : Date.now(),
      value: number,
      tags: tagsOf(tags.value(record)),
    }
  }
}

function tagsOf(value: Value): Readonly<Record<string, string>> {
  if (!isMap(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, tag]) => [name, toText(tag)]))
}
