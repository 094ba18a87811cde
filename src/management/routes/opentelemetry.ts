import {
  clearTraceWhitelist,
  getOpenTelemetry,
  getTraceWhitelist,
  putOpenTelemetry,
  setTraceWhitelist,
} from '../contract/opentelemetry.ts'
import { replacing } from '../config/plan-config.ts'
import type { ManagementContext } from '../context.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'

const ROOT = 'opentelemetry'

type Settings = Readonly<Record<string, unknown>>

/** A change in which headers that do not come any more are taken away; the rest is merged. */
function withAllHeaders(before: Settings, change: Settings): Settings {
  const headers = headersOf(change)
  if (headers === undefined) return change
  const exporter = { ...(change['exporter'] as Settings) } // It has headers.
  return { ...change, exporter: { ...exporter, headers: replacing(headersOf(before), headers) } }
}

function headersOf(settings: Settings): unknown {
  // By the schema it is an object, if it is there.
  return (settings['exporter'] as Settings | undefined)?.['headers']
}

/** What is exported to a collector. */
export function openTelemetryRoutes(context: ManagementContext): readonly Route[] {
  const { node, configChanges } = context
  const shown = (): Readonly<Record<string, unknown>> =>
    node.config.shown([ROOT]) as Readonly<Record<string, unknown>> // A group of keys.
  const listAt = (type: 'clientid' | 'topic'): readonly string[] => {
    return [ROOT, 'traces', 'filter', 'e2e_tracing_options', `${type}_match_rules`]
  }
  const setList = (type: 'clientid' | 'topic', list: readonly string[]): Promise<void> => {
    return configChanges.inTurn((turn) => turn.set(listAt(type), list))
  }
  return [
    route(getOpenTelemetry, () => ok(shown())),
    route(putOpenTelemetry, async ({ body }) => {
      await configChanges.inTurn((turn) => turn.set([ROOT], withAllHeaders(shown(), body)))
      return ok(shown())
    }),
    route(getTraceWhitelist, ({ params }) => {
      return ok(node.config.shown(listAt(params.type)) as string[]) // A list of texts.
    }),
    route(setTraceWhitelist, async ({ params, body }) => {
      await setList(params.type, body)
      return noContent()
    }),
    route(clearTraceWhitelist, async ({ params }) => {
      await setList(params.type, [])
      return noContent()
    }),
  ]
}
