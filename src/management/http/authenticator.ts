import type { ApiKeys } from '../identity/api-keys.ts'
import type { LoginTokens } from '../identity/login-tokens.ts'
import type { LocalAccess } from '../identity/local-access.ts'
import type { User, Users } from '../identity/users.ts'
import type { Sso } from '../sso/sso.ts'
import { ApiError } from './api-error.ts'
import { unauthorized } from './authorize.ts'
import type { Caller } from './caller.ts'

export interface AuthenticatorParts {
  readonly users: Users
  readonly keys: ApiKeys
  readonly tokens: LoginTokens
  readonly local: LocalAccess
  /** Who knows the users that this node does not. */
  readonly sso: Pick<Sso, 'running'>
}

/** A request, as far as it says who makes it. */
export interface Credentials {
  /** Its Authorization header. */
  readonly header: string | undefined
  /** It comes from the host of the node. */
  readonly isFromThisHost: boolean
  /** False where it is looked at once more: that does not put off the end of a login. */
  readonly isUse: boolean
}

/** Finds out who makes a request. */
export class Authenticator {
  readonly #parts: AuthenticatorParts

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts
  }

  /** @throws ApiError 401 for credentials that are not valid; without any it is nobody */
  identify({ header, isFromThisHost, isUse }: Credentials): Caller {
    if (header === undefined) return { kind: 'nobody' }
    const [scheme = '', value = ''] = header.split(' ', 2)
    switch (scheme.toLowerCase()) {
      case 'bearer':
        return this.#bearer(value, isFromThisHost, isUse)
      case 'basic':
        return this.#basic(value)
      default:
        throw unauthorized()
    }
  }

  #bearer(token: string, isFromThisHost: boolean, isUse: boolean): Caller {
    const { tokens, users, local } = this.#parts
    if (isFromThisHost && local.isRight(token)) {
      return { kind: 'local', name: 'cli', role: 'administrator' }
    }
    const login = tokens.find(token, isUse)
    if (login === undefined) {
      throw new ApiError(401, 'BAD_TOKEN', 'The token is not known: log in again.')
    }
    const user = users.get(login.username)
    if (login.isExpired || user === undefined || !this.#isKnownStill(user)) {
      tokens.end(token)
      throw new ApiError(401, 'TOKEN_TIME_OUT', 'The login has expired: log in again.')
    }
    const { username: name, role, mustChangePassword } = user
    return { kind: 'user', name, role, token, mustChangePassword }
  }

  /** Whether who knows the user may be asked yet: whoever switches that off wants its users out. */
  #isKnownStill({ backend }: User): boolean {
    return backend === 'local' || this.#parts.sso.running.includes(backend)
  }

  #basic(value: string): Caller {
    const [key, secret] = splitOnce(Buffer.from(value, 'base64').toString('utf8'))
    const found = this.#parts.keys.check(key, secret)
    if (found === undefined) {
      const message =
        'There is no such API key, it has expired or is switched off, or the secret is wrong. ' +
        'Names and passwords of users are not accepted here: use POST /api/v5/login.'
      throw new ApiError(401, 'BAD_API_KEY_OR_SECRET', message)
    }
    const { name, role, scopes } = found
    return { kind: 'key', name, role, scopes }
  }
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf(':')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
