/** Logging in and out. */
import { Type } from 'typebox'
import { closed, oneOf } from './common.ts'
import { empty, operation } from './operation.ts'

/** Roles of users. Keys can also be publishers. */
export const UserRole = oneOf(['administrator', 'viewer'])
export const KeyRole = oneOf(['administrator', 'viewer', 'publisher'])

export const NAME_PATTERN = '^[A-Za-z0-9_][-A-Za-z0-9_.@]*$'
const Username = Type.String({ minLength: 1, maxLength: 100, description: 'Name of the user.' })
const Password = Type.String({ minLength: 1, maxLength: 1000 })

export const login = operation({
  id: 'login',
  method: 'POST',
  path: '/login',
  tag: 'Dashboard',
  summary: 'Log in: gives a token for the header `Authorization: Bearer …`.',
  permission: 'public',
  body: closed({ username: Username, password: Password }),
  replies: {
    200: Type.Object({
      token: Type.String(),
      version: Type.String({ description: 'Version of the server.' }),
      role: UserRole,
      license: Type.Object({ edition: Type.String() }),
      must_change_password: Type.Boolean({
        description: 'The password is the one everybody knows. Until it is changed: read only.',
      }),
    }),
  },
  errors: [401, 429],
})

export const logout = operation({
  id: 'logout',
  method: 'POST',
  path: '/logout',
  tag: 'Dashboard',
  summary: 'Log out: the token of this request ends.',
  permission: 'own',
  usersOnly: true,
  replies: { 204: empty('Logged out.') },
})
