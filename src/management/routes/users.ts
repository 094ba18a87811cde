import { changePassword, createUser, deleteUser, listUsers, updateUser } from '../contract/users.ts'
import type { ManagementContext } from '../context.ts'
import { ApiError, badRequest, conflict, notFound } from '../http/api-error.ts'
import { type Call, noContent, ok, type Route, route } from '../http/route.ts'
import { passwordProblem } from '../identity/passwords.ts'
import { plainName, type User, userKey, type UserBackend, USERS_MAX } from '../identity/users.ts'

/** Users of dashboard and REST API. */
export function userRoutes(context: ManagementContext): readonly Route[] {
  const { users, tokens } = context
  return [
    route(listUsers, () => ok(users.list().map(toBody))),
    route(createUser, async ({ body }) => {
      const { username, password, role = 'viewer', description = '' } = body
      checkPassword(password, 'body.password')
      if (users.get(username) !== undefined) throw alreadyThere(username)
      if (users.count >= USERS_MAX) {
        throw new ApiError(413, 'EXCEED_LIMIT', `There are ${USERS_MAX} users already.`)
      }
      await users.create(username, password, role, description)
      return ok(toBody(requireUser(context, username)))
    }),
    route(updateUser, ({ params, query, body }) => {
      const user = requireUser(context, params.username, query.backend)
      const { role = user.role, description = user.description } = body
      if (role !== 'administrator') checkNotLast(context, user)
      users.update(user.username, role, description)
      return ok(toBody({ ...user, role, description }))
    }),
    route(deleteUser, ({ params, query, caller }) => {
      const user = requireUser(context, params.username, query.backend)
      const { username } = user
      if (caller.kind === 'user' && caller.name === username) {
        throw badRequest('Users cannot remove themselves: another administrator can.')
      }
      checkNotLast(context, user)
      users.remove(username)
      tokens.endAllOf(username)
      return noContent()
    }),
    route(changePassword, (call) => change(context, call)),
  ]
}

async function change(context: ManagementContext, call: Call<typeof changePassword>) {
  const { users, tokens, backoff } = context
  const { params, body, caller, address } = call
  const isOwn = caller.kind === 'user' && caller.name === params.username
  if (caller.kind === 'nobody' || (!isOwn && caller.role !== 'administrator')) {
    const message = 'Only administrators may change the passwords of others.'
    throw new ApiError(403, 'UNAUTHORIZED_ROLE', message)
  }
  if (caller.kind === 'user' && caller.mustChangePassword && !isOwn) {
    throw new ApiError(403, 'PASSWORD_MUST_BE_CHANGED', 'Change your own password first.')
  }
  const { username } = requireUser(context, params.username)
  checkPassword(body.new_pwd, 'body.new_pwd')
  if (isOwn) {
    const waitMs = backoff.waitMs(address)
    if (waitMs > 0) throw new ApiError(429, 'TOO_MANY_REQUESTS', 'Too many wrong passwords: wait.')
    backoff.failed(address)
    const user = await users.verify(username, body.old_pwd ?? '')
    if (user === undefined) {
      throw badRequest('body.old_pwd is not the present password.', 'BAD_USERNAME_OR_PWD')
    }
    backoff.succeeded(address)
    if (body.old_pwd === body.new_pwd) throw badRequest('body.new_pwd is the present password.')
  }
  await users.setPassword(username, body.new_pwd)
  tokens.endAllOf(username, isOwn ? caller.token : undefined)
  return noContent()
}

function requireUser(
  { users }: ManagementContext,
  username: string,
  backend: UserBackend = 'local',
): User {
  const user = users.get(userKey(backend, username))
  // A whole key is no name: `oidc:ada` is asked for as `ada` of the backend `oidc`.
  if (user?.backend !== backend) throw notFound(`There is no user ${username}.`, 'USER_NOT_FOUND')
  return user
}

function checkPassword(password: string, path: string): void {
  const problem = passwordProblem(password)
  if (problem !== undefined) throw badRequest(`${path}: ${problem}`)
}

function alreadyThere(username: string): ApiError {
  return conflict(`There is a user ${username} already.`, 'ALREADY_EXISTS')
}

/** @throws ApiError 400 when no administrator with a password here would be left */
function checkNotLast({ users }: ManagementContext, { role, username }: User): void {
  if (role !== 'administrator' || users.isAdministratedWithout(username)) return
  throw badRequest('This is the last administrator with a password here: make another one first.')
}

function toBody(user: User) {
  const { role, description, backend } = user
  return { username: plainName(user), role, description, backend }
}
