/** Users of the dashboard and of the REST API. */
import { Type } from 'typebox'
import { closed, oneOf, pathText } from './common.ts'
import { NAME_PATTERN, UserRole } from './login.ts'
import { empty, operation } from './operation.ts'

const tag = 'Dashboard'
const Username = pathText('username', 'Name of the user.')
const NewName = Type.String({ pattern: NAME_PATTERN, maxLength: 100 })
const BackendQuery = Type.Object({
  backend: Type.Optional(oneOf(['local', 'oidc', 'ldap'], 'Who knows the user; absent: `local`.')),
})
const Description = Type.String({ maxLength: 1000 })
const Password = Type.String({
  maxLength: 1000,
  description: '8 to 64 characters of at least two kinds: letters, digits, special characters.',
})

export const User = Type.Object({
  username: Type.String(),
  role: UserRole,
  description: Type.String(),
  backend: Type.String({ description: 'Who checks the password.' }),
})

export const listUsers = operation({
  id: 'listUsers',
  method: 'GET',
  path: '/users',
  tag,
  summary: 'Users.',
  permission: 'read',
  usersOnly: true,
  replies: { 200: Type.Array(User) },
})

export const createUser = operation({
  id: 'createUser',
  method: 'POST',
  path: '/users',
  tag,
  summary: 'Make a user.',
  permission: 'write',
  usersOnly: true,
  body: closed({
    username: NewName,
    password: Password,
    role: Type.Optional(UserRole),
    description: Type.Optional(Description),
  }),
  replies: { 200: User },
  errors: [409, 413],
})

export const updateUser = operation({
  id: 'updateUser',
  method: 'PUT',
  path: '/users/{username}',
  tag,
  summary: 'Change role and description of a user.',
  permission: 'write',
  usersOnly: true,
  params: Username,
  query: BackendQuery,
  body: closed({ role: Type.Optional(UserRole), description: Type.Optional(Description) }),
  replies: { 200: User },
  errors: [404],
})

export const deleteUser = operation({
  id: 'deleteUser',
  method: 'DELETE',
  path: '/users/{username}',
  tag,
  summary: 'Remove a user; not oneself, and not the last administrator.',
  permission: 'write',
  usersOnly: true,
  params: Username,
  query: BackendQuery,
  replies: { 204: empty('Removed.') },
  errors: [404],
})

export const changePassword = operation({
  id: 'changePassword',
  method: 'POST',
  path: '/users/{username}/change_pwd',
  tag,
  summary: 'Change a password: the own one with the old one, or, as administrator, that of others.',
  permission: 'own',
  usersOnly: true,
  params: Username,
  body: closed({ old_pwd: Type.Optional(Type.String({ maxLength: 1000 })), new_pwd: Password }),
  replies: { 204: empty('Changed; other logins of the user have ended.') },
  errors: [404, 429],
})
