import { listLogs, streamLogs } from '../contract/logs.ts'
import type { ManagementContext } from '../context.ts'
import { ok, type Route, route } from '../http/route.ts'

/** What the node logged lately, for administrators. */
export function logRoutes({ logs }: ManagementContext): readonly Route[] {
  return [
    route(listLogs, ({ query }) => {
      const { lines, hasMore } = logs.page(query)
      return ok({ data: lines, meta: { hasnext: hasMore, level: logs.level } })
    }),
    route(streamLogs, ({ query }) => ok(logs.listen(query))),
  ]
}
