import {
  beginSsoLogin,
  deleteSso,
  exchangeSsoCode,
  getSso,
  listRunningSso,
  listSso,
  oidcCallback,
  putSso,
} from '../contract/sso.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, notFound } from '../http/api-error.ts'
import { type Call, noContent, ok, type Route, route } from '../http/route.ts'
import { plainName, type User } from '../identity/users.ts'
import { SsoRefusal } from '../sso/sso.ts'
import { tooManyLogins } from './login.ts'

const COOKIE = 'tideway_sso'
const COOKIE_PATH = '/api/v5/sso'
/** Who knows the user is asked again after so long at the latest. */
const LOGIN_MS_MAX = 24 * 3_600_000
const BUSY = { 'retry-after': '60' }
const ROOT: readonly string[] = ['dashboard', 'sso']

/** Signing in by somebody else. */
export function ssoRoutes(context: ManagementContext): readonly Route[] {
  const { sso } = context
  return [
    route(listRunningSso, () => ok([...sso.running])),
    route(beginSsoLogin, (call) => begin(context, call)),
    route(oidcCallback, (call) => finish(context, call)),
    route(exchangeSsoCode, ({ body, header }) => {
      try {
        return ok(loginOf(context, sso.outcome(body.code, cookieOf(header('cookie')))))
      } catch (error) {
        throw told(error)
      }
    }),
    ...settingsRoutes(context),
  ]
}

function settingsRoutes({ node, configChanges, sso }: ManagementContext): readonly Route[] {
  const shown = (backend: string): Readonly<Record<string, unknown>> => {
    const config = node.config.shown([...ROOT, backend])
    if (config === undefined) throw noWay(backend)
    return config as Readonly<Record<string, unknown>> // A group of keys.
  }
  return [
    route(listSso, () => ok([...sso.status()])),
    route(getSso, ({ params }) => ok(shown(params.backend))),
    route(putSso, async ({ params: { backend }, body }) => {
      if (body['backend'] !== backend) throw badRequest(`body.backend must be ${backend}.`)
      await configChanges.inTurn((turn) => turn.replace([...ROOT, backend], body))
      return ok(shown(backend))
    }),
    route(deleteSso, async ({ params: { backend } }) => {
      shown(backend)
      await configChanges.inTurn((turn) => turn.set([...ROOT, backend], null))
      return noContent()
    }),
  ]
}

async function begin(context: ManagementContext, call: Call<typeof beginSsoLogin>) {
  const { sso, node } = context
  const { params, body, header, address } = call
  if (params.backend !== 'oidc' && params.backend !== 'ldap') throw noWay(params.backend)
  if (body.backend !== params.backend) throw badRequest(`body.backend must be ${params.backend}.`)
  if (params.backend === 'ldap') return ok(await loginLdap(context, call))
  try {
    const { url, browser } = await sso.beginOidc(address)
    const isSafe = node.config.current.dashboard.sso['oidc']
    const secure =
      isSafe?.backend === 'oidc' && isSafe.dashboard_addr.startsWith('https:') ? '; Secure' : ''
    const cookie = `${COOKIE}=${browser}; Path=${COOKIE_PATH}; HttpOnly; SameSite=Lax${secure}`
    const headers = { 'set-cookie': cookie }
    if (header('accept')?.includes('application/json') === true) {
      return { ...ok({ location: url }), headers }
    }
    return { status: 302 as const, body: undefined, headers: { ...headers, location: url } }
  } catch (error) {
    throw told(error)
  }
}

async function loginLdap(
  context: ManagementContext,
  { body, address }: Call<typeof beginSsoLogin>,
) {
  const { sso, backoff } = context
  const { username, password } = body
  if (username === undefined || password === undefined) {
    throw badRequest('body.username and body.password must be there.')
  }
  const waitMs = backoff.waitMs(address)
  if (waitMs > 0) throw tooManyLogins(waitMs)
  backoff.failed(address)
  try {
    const user = await sso.loginLdap(username, password)
    backoff.succeeded(address)
    return loginOf(context, user)
  } catch (error) {
    throw told(error)
  }
}

async function finish(context: ManagementContext, call: Call<typeof oidcCallback>) {
  const { query, header, address, caller } = call
  try {
    const text = new URLSearchParams(query as Record<string, string>).toString()
    const { url, result } = await context.sso.finishOidc(text, cookieOf(header('cookie')))
    const location = { status: 302 as const, body: undefined, headers: { location: url } }
    if (result === undefined) return location
    const isRefused = result instanceof SsoRefusal
    context.audit.record({
      caller,
      address,
      operation: oidcCallback,
      params: { backend: 'oidc', ...(!isRefused && { username: result.username }) },
      query: {},
      body: undefined,
      status: isRefused ? 401 : 200,
      failure: isRefused ? result.message : '',
      durationMs: 0,
    })
    return location
  } catch (error) {
    throw told(error)
  }
}

function loginOf({ tokens, node }: ManagementContext, user: User) {
  const { role, backend } = user
  if (backend === 'local') throw new Error('a local user signs in with a password')
  return {
    username: plainName(user),
    role,
    token: tokens.begin(user.username, LOGIN_MS_MAX),
    version: node.version,
    license: { edition: 'opensource' },
    backend,
  }
}

function noWay(backend: string): ApiError {
  return notFound(`There is no ${backend} that users could sign in by.`)
}

/** A refusal as the API tells it. */
function told(error: unknown): unknown {
  if (!(error instanceof SsoRefusal)) return error
  const { kind, message } = error
  if (kind === 'absent') return notFound(message)
  if (kind === 'busy') return new ApiError(429, 'TOO_MANY_REQUESTS', message, BUSY)
  if (kind === 'away') return new ApiError(503, 'SERVICE_UNAVAILABLE', message)
  return new ApiError(401, 'BAD_USERNAME_OR_PWD', message)
}

function cookieOf(header: string | undefined): string | undefined {
  const parts = (header ?? '').split(';').map((part) => part.trim())
  return parts.find((part) => part.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
}
