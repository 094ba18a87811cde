import { AUTO_SUBSCRIBE_MAX } from '#broker/topics/auto-subscribe.ts'
import { REWRITE_RULES_MAX } from '#broker/topics/rewrite.ts'
import {
  getAutoSubscribe,
  getDelayedSettings,
  getRetainerSettings,
  getTopicRewrite,
  putAutoSubscribe,
  putDelayedSettings,
  putRetainerSettings,
  putTopicRewrite,
} from '../contract/settings.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError } from '../http/api-error.ts'
import { ok, type Route, route } from '../http/route.ts'

/** Settings that are changed at run time as a whole. */
export function settingsRoutes(context: ManagementContext): readonly Route[] {
  const { node, configChanges } = context
  // What the configuration shows has the fields that are described: both follow one file format.
  const shown = <Value>(...path: readonly string[]): Value => node.config.shown(path) as Value
  const change = async (path: readonly string[], value: unknown): Promise<void> => {
    await configChanges.inTurn((turn) => turn.set(path, value))
  }
  return [
    route(getTopicRewrite, () => ok(shown('rewrite'))),
    route(putTopicRewrite, async ({ body }) => {
      if (body.length > REWRITE_RULES_MAX) {
        throw new ApiError(413, 'EXCEED_LIMIT', `There may be ${REWRITE_RULES_MAX} rules at most.`)
      }
      await change(['rewrite'], body)
      return ok(shown('rewrite'))
    }),
    route(getAutoSubscribe, () => ok(shown('auto_subscribe', 'topics'))),
    route(putAutoSubscribe, async ({ body }) => {
      if (body.length > AUTO_SUBSCRIBE_MAX) {
        const message = `There may be ${AUTO_SUBSCRIBE_MAX} subscriptions at most.`
        throw new ApiError(409, 'EXCEED_LIMIT', message)
      }
      await change(['auto_subscribe', 'topics'], body)
      return ok(shown('auto_subscribe', 'topics'))
    }),
    route(getDelayedSettings, () => ok(shown('delayed'))),
    route(putDelayedSettings, async ({ body }) => {
      await change(['delayed'], body)
      return ok(shown('delayed'))
    }),
    route(getRetainerSettings, () => ok(shown('retainer'))),
    route(putRetainerSettings, async ({ body }) => {
      await change(['retainer'], body)
      return ok(shown('retainer'))
    }),
  ]
}
