import { login, logout } from '../contract/login.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError } from '../http/api-error.ts'
import { noContent, ok, type Route, route } from '../http/route.ts'

/** Passwords being checked at the same time: each takes 40 ms of a core and 16 MiB. */
const CHECKS_MAX = 8

/** Logging in and out. */
export function loginRoutes({ users, tokens, backoff, node }: ManagementContext): readonly Route[] {
  let checks = 0
  return [
    route(login, async ({ body, address }) => {
      const waitMs = backoff.waitMs(address)
      if (waitMs > 0) throw tooManyLogins(waitMs)
      if (checks >= CHECKS_MAX) throw tooManyLogins(1000)
      // Counted before it is known, so that many at the same time are counted as well.
      backoff.failed(address)
      checks++
      const user = await users.verify(body.username, body.password).finally(() => checks--)
      if (user === undefined) {
        throw new ApiError(401, 'BAD_USERNAME_OR_PWD', 'User name or password is wrong.')
      }
      backoff.succeeded(address)
      return ok({
        token: tokens.begin(user.username),
        version: node.version,
        role: user.role,
        license: { edition: 'opensource' },
        must_change_password: user.mustChangePassword,
      })
    }),
    route(logout, ({ caller }) => {
      if (caller.kind === 'user') tokens.end(caller.token)
      return noContent()
    }),
  ]
}

/** 429: the address has to wait. */
export function tooManyLogins(waitMs: number): ApiError {
  const seconds = Math.ceil(waitMs / 1000)
  const message = `Too many logins have failed: try again in ${seconds} s.`
  return new ApiError(429, 'TOO_MANY_REQUESTS', message, { 'retry-after': String(seconds) })
}
