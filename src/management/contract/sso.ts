/** Users of the dashboard whom somebody else knows. */
import { Type } from 'typebox'
import { closed, oneOf, pathText } from './common.ts'
import { UserRole } from './login.ts'
import { empty, operation } from './operation.ts'

const tag = 'Dashboard Single Sign-On'
const Backend = oneOf(['oidc', 'ldap'], 'OpenID Connect, or an LDAP directory.')
const BackendParams = pathText('backend', '`oidc` or `ldap`.')

/** All fields that the configuration has for it; see the reference of the configuration. */
const BackendConfig = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object({ backend: Backend }, { additionalProperties: true }),
)

export const SsoLogin = Type.Object({
  username: Type.String(),
  role: UserRole,
  token: Type.String(),
  version: Type.String({ description: 'Version of the server.' }),
  license: Type.Object({ edition: Type.String() }),
  backend: Backend,
})

export const listSso = operation({
  id: 'listSso',
  method: 'GET',
  path: '/sso',
  tag,
  summary: 'Who is configured to know users, and what went wrong last.',
  permission: 'read',
  usersOnly: true,
  replies: {
    200: Type.Array(
      Type.Object({
        backend: Backend,
        enable: Type.Boolean(),
        running: Type.Boolean(),
        last_error: Type.String(),
      }),
    ),
  },
})

export const listRunningSso = operation({
  id: 'listRunningSso',
  method: 'GET',
  path: '/sso/running',
  tag,
  summary: 'Ways to sign in beside a password that is kept here.',
  permission: 'public',
  replies: { 200: Type.Array(Backend) },
})

export const getSso = operation({
  id: 'getSso',
  method: 'GET',
  path: '/sso/{backend}',
  tag,
  summary: 'One of them; secrets are shown as `******`.',
  permission: 'read',
  usersOnly: true,
  params: BackendParams,
  replies: { 200: BackendConfig },
  errors: [404],
})

export const putSso = operation({
  id: 'putSso',
  method: 'PUT',
  path: '/sso/{backend}',
  tag,
  summary: 'Make or replace one of them. A secret that comes as `******` stays as it is.',
  permission: 'write',
  usersOnly: true,
  params: BackendParams,
  body: BackendConfig,
  replies: { 200: BackendConfig },
  errors: [409],
})

export const deleteSso = operation({
  id: 'deleteSso',
  method: 'DELETE',
  path: '/sso/{backend}',
  tag,
  summary: 'Remove one of them. Its users stay, and cannot sign in any more.',
  permission: 'write',
  usersOnly: true,
  params: BackendParams,
  replies: { 204: empty('Removed.') },
  errors: [404, 409],
})

export const beginSsoLogin = operation({
  id: 'beginSsoLogin',
  method: 'POST',
  path: '/sso/login/{backend}',
  tag,
  summary:
    'Sign in. `ldap`: with name and password. `oidc`: 302 to the provider, or its address as ' +
    'JSON with `Accept: application/json`.',
  permission: 'public',
  params: BackendParams,
  body: closed({
    backend: Backend,
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    password: Type.Optional(Type.String({ minLength: 1, maxLength: 1000 })),
  }),
  replies: {
    200: Type.Union([SsoLogin, Type.Object({ location: Type.String() })]),
    302: empty('To the provider.'),
  },
  errors: [401, 404, 429, 503],
})

export const oidcCallback = operation({
  id: 'oidcCallback',
  method: 'GET',
  path: '/sso/oidc/callback',
  tag,
  summary: 'Where the provider sends browsers back to; they go on to the dashboard with a code.',
  permission: 'public',
  query: Type.Object({}, { additionalProperties: true }),
  replies: { 302: empty('To the dashboard.') },
  errors: [404],
})

export const exchangeSsoCode = operation({
  id: 'exchangeSsoCode',
  method: 'POST',
  path: '/sso/token_exchange',
  tag,
  summary: 'A token for the code with which a browser came back; once, and soon.',
  permission: 'public',
  // The sign-in is in the audit when the browser comes back, where nobody can make up codes.
  audited: false,
  body: closed({ code: Type.String({ minLength: 1, maxLength: 256 }) }),
  replies: { 200: SsoLogin },
  errors: [401, 503],
})
