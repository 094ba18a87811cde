import type { Change } from '#config/diff.ts'
import { printHocon, printPath } from '#config/hocon/print.ts'
import type { Plain } from '#config/hocon/value.ts'
import { jsonSchema } from '#config/json-schema.ts'
import { formatOrigin } from '#config/load.ts'
import { tidewayFields } from '#config/tideway-config.ts'
import { translate } from '#config/translate.ts'
import { fieldAt } from '#config/walk.ts'
import type { ConfigVersion } from '../config/config-history.ts'
import { planConfig } from '../config/plan-config.ts'
import type { ConfigEdit } from '../config-port.ts'
import {
  getConfigDiff,
  getConfigKeys,
  getConfigRoot,
  getConfigs,
  getConfigSchema,
  getConfigVersion,
  listConfigHistory,
  planConfigs,
  putConfigRoot,
  putConfigs,
  resetConfig,
  rollBackConfig,
} from '../contract/configs.ts'
import type { ManagementContext } from '../context.ts'
import { badRequest, notFound } from '../http/api-error.ts'
import { languageOf } from '../http/language.ts'
import { ok, type Route, route } from '../http/route.ts'
import { formatTime } from '../time-text.ts'
import { type Listing, readPage } from './read-page.ts'

/** What EMQX shows as one root. */
const GLOBAL_ZONE = ['mqtt', 'flapping_detect', 'force_shutdown']
/** Roots that EMQX changes by a restart only. */
const READ_ONLY = ['node', 'cluster', 'rpc']

/** The configuration: shown, explained, changed, and taken back. */
export function configRoutes(context: ManagementContext): readonly Route[] {
  return [...readingRoutes(context), ...changingRoutes(context), ...historyRoutes(context)]
}

function readingRoutes(context: ManagementContext): readonly Route[] {
  const { config } = context.node
  return [
    route(getConfigs, ({ query: { key }, header }) => {
      const shown = key === undefined ? config.shown([]) : wrap(shownAt(context, key), key)
      const wantsJson = header('accept')?.includes('application/json') === true
      if (wantsJson) return { ...ok(JSON.stringify(shown)), type: 'application/json' }
      return { ...ok(printHocon(shown ?? {})), type: 'text/plain' }
    }),
    route(getConfigKeys, ({ query: { key = '' }, header }) => {
      const language = languageOf(header)
      const keys = config.explain(pathOf(key))
      if (keys.length === 0) throw noKey(key)
      const bodies = keys.map(({ path, value, default: usual, origin, hot, text }) => ({
        key: printPath(path),
        ...(value !== undefined && { value }),
        ...(usual !== undefined && { default: usual }),
        origin: origin.kind === 'overlay' ? ('api' as const) : origin.kind,
        ...(origin.kind !== 'default' && { place: formatOrigin(origin) }),
        pinned: origin.kind === 'environment',
        effect: hot,
        description: translate(text, language),
      }))
      return ok(bodies)
    }),
    route(getConfigDiff, ({ query: { since = 'default' } }) => {
      return ok(planBody(config.changesSince(since)))
    }),
    route(getConfigRoot, ({ params: { root } }) => ok(shownRoot(context, root))),
    route(getConfigSchema, ({ query: { key = '' }, header }) => {
      const located = fieldAt(tidewayFields, pathOf(key))
      if (located === undefined) throw noKey(key)
      return ok(jsonSchema({ ...located.field, hot: located.hot }, languageOf(header)))
    }),
  ]
}

function changingRoutes(context: ManagementContext): readonly Route[] {
  return [
    route(putConfigs, async ({ query, body }) => {
      return ok(await apply(context, toEdit(query, body)))
    }),
    route(planConfigs, ({ query, body }) => {
      return ok(planBody(planConfig(context, [], toEdit(query, body)).changes))
    }),
    route(putConfigRoot, async ({ params: { root }, body }) => {
      shownRoot(context, root)
      if (body === undefined) throw badRequest('The body is missing.')
      const path = root === 'global_zone' ? [] : [root]
      if (root === 'global_zone') checkZone(body)
      // Came as JSON.
      await apply(context, { kind: 'set', path, value: body as Plain })
      return ok(shownRoot(context, root))
    }),
    route(resetConfig, async ({ params: { root }, query: { conf_path: key } }) => {
      shownRoot(context, root)
      const path = key === undefined ? [root] : pathOf(key)
      if (path[0] !== root) throw badRequest(`query.conf_path is not below ${root}.`)
      return ok(await apply(context, { kind: 'reset', path }))
    }),
  ]
}

function historyRoutes(context: ManagementContext): readonly Route[] {
  const { history } = context
  const rollback = (version: string): ConfigEdit => {
    const text = history.textOf(Number(version))
    if (text === undefined) throw noVersion(version)
    return { kind: 'overlay', text }
  }
  return [
    route(listConfigHistory, ({ query }) => {
      const listing: Listing<ConfigVersion, ['number']> = {
        shape: ['number'],
        keyOf: ({ version }) => [version],
        read: ({ after, skip, limit }) => {
          return { items: history.list(limit, skip, after?.[0]), count: history.count }
        },
      }
      return readPage(query, listing, versionBody)
    }),
    route(getConfigVersion, ({ params: { version } }) => {
      const found = history.get(Number(version))
      if (found === undefined) throw noVersion(version)
      const plan = planConfig(context, [], rollback(version))
      return ok({ ...versionBody(found), rollback: planBody(plan.changes) })
    }),
    route(rollBackConfig, async ({ params: { version } }) => {
      return ok(await apply(context, rollback(version)))
    }),
  ]
}

async function apply({ configChanges }: ManagementContext, edit: ConfigEdit) {
  const { changes } = await configChanges.inTurn((turn) => turn.edit(edit))
  return planBody(changes)
}

function toEdit(
  query: { readonly mode?: 'merge' | 'replace'; readonly ignore_readonly?: boolean },
  body: unknown,
): ConfigEdit {
  if (body === undefined || body === '') throw badRequest('The body is missing.')
  // JSON is HOCON as well.
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const without = query.ignore_readonly === true ? READ_ONLY : []
  return { kind: 'text', text, replace: query.mode === 'replace', without }
}

function checkZone(body: unknown): void {
  const roots = typeof body === 'object' && body !== null ? Object.keys(body) : ['']
  // What EMQX has besides is taken and has no effect, as in a file.
  const other = roots.find((root) => !GLOBAL_ZONE.includes(root) && !isOfZones(root))
  if (other === undefined) return
  throw badRequest(`body.${other} is not known: the zone has ${GLOBAL_ZONE.join(', ')}.`)
}

/** Whether EMQX lets a zone have it, though it has no effect here. */
function isOfZones(root: string): boolean {
  return ['force_gc', 'durable_sessions', 'session_persistence'].includes(root)
}

function shownRoot(context: ManagementContext, root: string): unknown {
  if (root !== 'global_zone') return shownAt(context, printPath([root]))
  return Object.fromEntries(GLOBAL_ZONE.map((one) => [one, shownAt(context, one)]))
}

function shownAt({ node }: ManagementContext, key: string): Plain {
  const shown = node.config.shown(pathOf(key))
  if (shown === undefined) throw noKey(key)
  return shown
}

/** A value under its path, as it would be written. */
function wrap(value: Plain, key: string): Plain {
  return pathOf(key).reduceRight<Plain>((inner, part) => ({ [part]: inner }), value)
}

/** Dots part keys; a key with a dot is in quotes. */
function pathOf(key: string): readonly string[] {
  const parts = key.match(/"[^"]*"|[^."]+/g) ?? []
  return parts.map((part) => part.replaceAll('"', ''))
}

function planBody(changes: readonly Change[]) {
  return {
    changes: changes.map(changeBody),
    waits_for_restart: changes.some(({ hot }) => hot === 'restart-node'),
  }
}

function changeBody({ path, before, after, hot }: Change) {
  return {
    key: printPath(path),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    effect: hot,
  }
}

function versionBody({ version, createdAtMs, origin, actor, changes }: ConfigVersion) {
  return {
    version,
    created_at: formatTime(createdAtMs),
    from: origin,
    source: actor,
    changes: changes.map(changeBody),
  }
}

function noKey(key: string) {
  return notFound(`There is no key ${key} in the configuration.`)
}

function noVersion(version: string) {
  return notFound(`There is no version ${version}: GET /configs/history lists them.`)
}
