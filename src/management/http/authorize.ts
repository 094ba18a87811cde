import { type OperationSpec, type Permission, scopeOf } from '../contract/operation.ts'
import { ApiError } from './api-error.ts'
import type { Caller } from './caller.ts'

type Role = Exclude<Caller, { kind: 'nobody' }>['role']

/** What each role may do; `public` needs none. */
const ALLOWED: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  administrator: new Set(['read', 'write', 'publish', 'own']),
  viewer: new Set(['read', 'own']),
  publisher: new Set(['publish']),
}

/**
 * Checks that the caller may call the operation.
 * @throws ApiError 401 without a caller, 403 for a role that is not enough
 */
export function authorize(caller: Caller, operation: OperationSpec): void {
  const { permission, usersOnly } = operation
  if (permission === 'public') return
  if (caller.kind === 'nobody') throw unauthorized()
  if (usersOnly === true && caller.kind === 'key') {
    const message = 'API keys may not use this path: log in as a user.'
    throw new ApiError(401, 'API_KEY_NOT_ALLOW', message)
  }
  if (!ALLOWED[caller.role].has(permission)) {
    const message = `The role ${caller.role} may not use ${operation.method} ${operation.path}.`
    throw new ApiError(403, 'UNAUTHORIZED_ROLE', message)
  }
  checkScopes(caller, operation)
  const mustChange = caller.kind === 'user' && caller.mustChangePassword
  if (mustChange && permission !== 'read' && permission !== 'own') {
    const message =
      'The password of this user is the initial one. Change it first: ' +
      `POST /api/v5/users/${caller.name}/change_pwd {"old_pwd", "new_pwd"}.`
    throw new ApiError(403, 'PASSWORD_MUST_BE_CHANGED', message)
  }
}

function checkScopes(caller: Caller, { tag }: OperationSpec): void {
  if (caller.kind !== 'key' || caller.scopes.length === 0) return
  const scope = scopeOf(tag)
  if (caller.scopes.includes(scope)) return
  const message = `The scopes of this API key do not have ${scope}, which this path needs.`
  throw new ApiError(403, 'UNAUTHORIZED_ROLE', message)
}

/** 401 for a request without credentials. */
export function unauthorized(): ApiError {
  return new ApiError(
    401,
    'AUTHORIZATION_HEADER_ERROR',
    'Send "Authorization: Basic <API key:secret>", or "Authorization: Bearer <token>" with a ' +
      'token of POST /api/v5/login.',
    { 'www-authenticate': 'Basic Realm="tideway-dashboard"' },
  )
}
