/** Keys for programs. */
import { Type } from 'typebox'
import { closed, pathText, Timestamp } from './common.ts'
import { KeyRole, NAME_PATTERN } from './login.ts'
import { empty, operation } from './operation.ts'

const tag = 'API Keys'
const KeyName = pathText('name', 'Name of the key.')

/** `infinity`, RFC 3339, or seconds since 1970. */
const Expiry = Type.Union([
  Type.Integer({ minimum: 0, description: 'Seconds since 1970.' }),
  Type.String({ maxLength: 64, description: 'RFC 3339, or `infinity`.' }),
])

const changeable = {
  expired_at: Type.Optional(Expiry),
  desc: Type.Optional(Type.String({ maxLength: 1000 })),
  enable: Type.Optional(Type.Boolean()),
  role: Type.Optional(KeyRole),
  scopes: Type.Optional(
    Type.Array(Type.String({ maxLength: 100 }), {
      maxItems: 100,
      description: 'Groups of operations, see `/api_key_scopes`. Empty: all that the role allows.',
    }),
  ),
  // Sent back by those who read a key, change it and write it; computed here.
  expired: Type.Optional(Type.Boolean()),
}

const shown = {
  name: Type.String(),
  api_key: Type.String(),
  role: KeyRole,
  scopes: Type.Array(Type.String()),
  desc: Type.String(),
  enable: Type.Boolean(),
  expired: Type.Boolean(),
  expired_at: Type.String({ description: 'RFC 3339, or `infinity`.' }),
  created_at: Timestamp,
}
export const ApiKey = Type.Object(shown)
export const NewApiKey = Type.Object({
  ...shown,
  api_secret: Type.String({ description: 'Shown here and never again.' }),
})

export const listApiKeys = operation({
  id: 'listApiKeys',
  method: 'GET',
  path: '/api_key',
  tag,
  summary: 'API keys, without their secrets.',
  permission: 'read',
  usersOnly: true,
  replies: { 200: Type.Array(ApiKey) },
})

export const createApiKey = operation({
  id: 'createApiKey',
  method: 'POST',
  path: '/api_key',
  tag,
  summary: 'Make an API key; its secret is in this reply only.',
  permission: 'write',
  usersOnly: true,
  body: closed({ name: Type.String({ pattern: NAME_PATTERN, maxLength: 256 }), ...changeable }),
  replies: { 200: NewApiKey },
  errors: [409, 413],
})

export const getApiKey = operation({
  id: 'getApiKey',
  method: 'GET',
  path: '/api_key/{name}',
  tag,
  summary: 'One API key.',
  permission: 'read',
  usersOnly: true,
  params: KeyName,
  replies: { 200: ApiKey },
  errors: [404],
})

export const updateApiKey = operation({
  id: 'updateApiKey',
  method: 'PUT',
  path: '/api_key/{name}',
  tag,
  summary: 'Change an API key; its secret stays.',
  permission: 'write',
  usersOnly: true,
  params: KeyName,
  body: closed(changeable),
  replies: { 200: ApiKey },
  errors: [404],
})

export const deleteApiKey = operation({
  id: 'deleteApiKey',
  method: 'DELETE',
  path: '/api_key/{name}',
  tag,
  summary: 'Remove an API key.',
  permission: 'write',
  usersOnly: true,
  params: KeyName,
  replies: { 204: empty('Removed.') },
  errors: [404],
})

export const listApiKeyScopes = operation({
  id: 'listApiKeyScopes',
  method: 'GET',
  path: '/api_key_scopes',
  tag,
  summary: 'Scopes that an API key can be limited to, with the operations of each.',
  permission: 'read',
  usersOnly: true,
  replies: {
    200: Type.Array(
      Type.Object({
        name: Type.String(),
        operations: Type.Array(Type.String(), { description: 'Such as `GET /clients`.' }),
      }),
    ),
  },
})
