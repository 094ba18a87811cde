import {
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  updateApiKey,
} from '../contract/api-keys.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, conflict, notFound } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'
import { type ApiKey, API_KEYS_MAX } from '../identity/api-keys.ts'
import { formatTime, parseTime } from '../time-text.ts'

/** Keys for programs. */
export function apiKeyRoutes(context: ManagementContext): readonly Route[] {
  const { keys } = context
  const toBody = (key: ApiKey) => show(key, keys.isExpired(key))
  return [
    route(listApiKeys, () => ok(keys.list().map(toBody))),
    route(createApiKey, ({ body }) => {
      const { name, desc = '', enable = true, role = 'administrator', expired_at: expiry } = body
      if (keys.get(name) !== undefined) {
        throw conflict(`There is an API key ${name} already.`, 'ALREADY_EXISTS')
      }
      if (keys.count >= API_KEYS_MAX) {
        throw new ApiError(413, 'EXCEED_LIMIT', `There are ${API_KEYS_MAX} API keys already.`)
      }
      const expiresAtMs = expiryOf(expiry ?? 'infinity')
      const made = keys.create(name, { description: desc, enable, role, expiresAtMs })
      return ok({ ...toBody(made), api_secret: made.secret })
    }),
    route(getApiKey, ({ params }) => {
      const key = keys.get(params.name)
      if (key === undefined) throw noKey(params.name)
      return ok(toBody(key))
    }),
    route(updateApiKey, ({ params, body }) => {
      const { desc, enable, role, expired_at: expiry } = body
      const key = keys.update(params.name, {
        ...(desc !== undefined && { description: desc }),
        ...(enable !== undefined && { enable }),
        ...(role !== undefined && { role }),
        ...(expiry !== undefined && { expiresAtMs: expiryOf(expiry) }),
      })
      if (key === undefined) throw noKey(params.name)
      return ok(toBody(key))
    }),
    route(deleteApiKey, ({ params }) => {
      if (!keys.remove(params.name)) throw noKey(params.name)
      return noContent()
    }),
  ]
}

function expiryOf(value: string | number): number {
  if (value === 'infinity' || value === 'undefined') return Number.POSITIVE_INFINITY
  if (/^\d+$/.test(String(value))) return Number(value) * 1000
  const timeMs = parseTime(String(value))
  if (timeMs !== undefined) return timeMs
  throw badRequest('body.expired_at must be a time of RFC 3339, seconds since 1970, or infinity.')
}

function show(key: ApiKey, expired: boolean) {
  const { name, role, description: desc, enable, expiresAtMs } = key
  return {
    name,
    api_key: key.key,
    role,
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
