import {
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  listApiKeyScopes,
  updateApiKey,
} from '../contract/api-keys.ts'
import { scopeOf } from '../contract/operation.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { type ApiKey, API_KEYS_MAX } from '../identity/api-keys.ts'
import { formatTime, parseTime } from '../time-text.ts'

/**
 * Keys for programs.
 * @param others all other operations, whose tags are the scopes that keys can have
 */
export function apiKeyRoutes(
  context: ManagementContext,
  others: readonly Route[],
): readonly Route[] {
  const { keys } = context
  const scopes = scopesOf(others)
  const toBody = (key: ApiKey) => show(key, keys.isExpired(key))
  return [
    route(listApiKeys, () => ok(keys.list().map(toBody))),
    route(createApiKey, ({ body }) => {
      const { name, desc = '', enable = true, role = 'administrator' } = body
      const { scopes: wanted = [], expired_at: expiry } = body
      checkScopes(wanted, scopes)
      if (keys.get(name) !== undefined) {
        throw conflict(`There is an API key ${name} already.`, 'ALREADY_EXISTS')
      }
      if (keys.count >= API_KEYS_MAX) {
        throw new ApiError(413, 'EXCEED_LIMIT', `There are ${API_KEYS_MAX} API keys already.`)
      }
      const expiresAtMs = expiryOf(expiry ?? 'infinity')
      const made = keys.create(name, {
        description: desc,
        enable,
        role,
        scopes: wanted,
        expiresAtMs,
      })
      return ok({ ...toBody(made), api_secret: made.secret })
    }),
    route(getApiKey, ({ params }) => {
      const key = keys.get(params.name)
      if (key === undefined) throw noKey(params.name)
      return ok(toBody(key))
    }),
    route(updateApiKey, ({ params, body }) => {
      const { desc, enable, role, scopes: wanted, expired_at: expiry } = body
      checkScopes(wanted ?? [], scopes)
      const key = keys.update(params.name, {
        ...(desc !== undefined && { description: desc }),
        ...(enable !== undefined && { enable }),
        ...(role !== undefined && { role }),
        ...(wanted !== undefined && { scopes: wanted }),
        ...(expiry !== undefined && { expiresAtMs: expiryOf(expiry) }),
      })
      if (key === undefined) throw noKey(params.name)
      return ok(toBody(key))
    }),
    route(listApiKeyScopes, () => {
      return ok([...scopes].map(([name, operations]) => ({ name, operations: [...operations] })))
    }),
    route(deleteApiKey, ({ params }) => {
      if (!keys.remove(params.name)) throw noKey(params.name)
      return noContent()
    }),
  ]
}

function scopesOf(routes: readonly Route[]): ReadonlyMap<string, readonly string[]> {
  const scopes = new Map<string, readonly string[]>()
  for (const { operation } of routes) {
    const { tag, method, path, usersOnly, permission } = operation
    if (usersOnly === true || permission === 'public') continue
    const scope = scopeOf(tag)
    scopes.set(scope, [...(scopes.get(scope) ?? []), `${method} ${path}`])
  }
  return scopes
}

function checkScopes(wanted: readonly string[], known: ReadonlyMap<string, unknown>): void {
  const unknown = wanted.find((scope) => !known.has(scope))
  if (unknown === undefined) return
  throw badRequest(`body.scopes: ${unknown} is not known, see GET /api_key_scopes.`)
}

function expiryOf(value: string | number): number {
  if (value === 'infinity' || value === 'undefined') return Number.POSITIVE_INFINITY
  if (/^\d+$/.test(String(value))) return Number(value) * 1000
  const timeMs = parseTime(String(value))
  if (timeMs !== undefined) return timeMs
  throw badRequest('body.expired_at must be a time of RFC 3339, seconds since 1970, or infinity.')
}

function show(key: ApiKey, expired: boolean) {
  const { name, role, scopes, description: desc, enable, expiresAtMs } = key
  return {
    name,
    api_key: key.key,
    role,
    scopes: [...scopes],
    desc,
    enable,
    expired,
    expired_at: Number.isFinite(expiresAtMs) ? formatTime(expiresAtMs) : 'infinity',
    created_at: formatTime(key.createdAtMs),
  }
}

function noKey(name: string): ApiError {
  return notFound(`There is no API key ${name}.`)
}
