/** Authenticators of the global chain and of listeners, and users in the built-in database. */
import { Type } from 'typebox'
import type { TObject, TOptional, TProperties, TString } from 'typebox'
import { closed, mqttText, oneOf, pageOf, pageQuery } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Authentication'
const USERS_FILE_BYTES_MAX = 64 * 1024 * 1024

/** All fields that the configuration has for its kind; see the reference of the configuration. */
const Authenticator = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object(
    {
      id: Type.String({ description: '`mechanism:backend`.' }),
      mechanism: Type.String(),
      backend: Type.Optional(Type.String()),
      enable: Type.Boolean(),
    },
    { additionalProperties: true },
  ),
)
const AuthenticatorInput = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object(
    { mechanism: Type.String(), backend: Type.Optional(Type.String()) },
    { additionalProperties: true },
  ),
)

export const BackendStatus = oneOf(
  ['connected', 'disconnected', 'connecting', 'inconsistent'],
  '`inconsistent`: not the same in all shards.',
)
/** How often something happens, per second. */
export const RATES = {
  rate: Type.Number({ description: 'Lately, per second.' }),
  rate_max: Type.Number(),
  rate_last5m: Type.Number(),
}
/** Requests to the system behind an authenticator or a source; 0 for those that have none. */
const ResourceMetrics = Type.Object({
  matched: Type.Integer(),
  success: Type.Integer(),
  failed: Type.Integer(),
  ...RATES,
})
const Metrics = Type.Object({
  total: Type.Integer({ description: 'Clients it was asked about.' }),
  success: Type.Integer({ description: 'Clients it accepted.' }),
  failed: Type.Integer({ description: 'Clients it refused.' }),
  nomatch: Type.Integer({ description: 'Clients it left to others.' }),
  ...RATES,
  latency: Type.Array(Type.Integer(), {
    description:
      'Clients by the time it took: up to 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, ' +
      '5000 ms, and longer.',
  }),
})

/** State of something on every node. */
export function onNodes<P extends TProperties>(properties: P) {
  return Type.Array(Type.Object({ node: Type.String(), ...properties }))
}

/** Numbers of the system behind something. */
export const RESOURCE_METRICS = {
  resource_metrics: ResourceMetrics,
  node_resource_metrics: onNodes({ metrics: ResourceMetrics }),
}

const Status = Type.Object({
  status: BackendStatus,
  node_status: onNodes({ status: BackendStatus }),
  node_error: onNodes({ error: Type.String() }),
  metrics: Metrics,
  node_metrics: onNodes({ metrics: Metrics }),
  ...RESOURCE_METRICS,
})

const User = Type.Object({ user_id: Type.String(), is_superuser: Type.Boolean() })
const Password = Type.String({ minLength: 1, maxLength: 65_535 })
const Superuser = Type.Optional(Type.Boolean({ description: 'Without it: false.' }))
const NewUser = closed({
  user_id: mqttText('User name, or client id: see `user_id_type`.'),
  password: Password,
  is_superuser: Superuser,
})
const UserUpdate = closed({ password: Password, is_superuser: Superuser })

const Id = mqttText('`mechanism:backend`, such as `password_based:redis`.')
const LISTENER_ID = { listener_id: mqttText('`type:name`, such as `tcp:default`.') }
const POSITIONS = '`front`, `rear`, `before:<id>` or `after:<id>`.'

/** Which chain: that of a listener, or without `listener_id` the global one. */
type InChain<P extends TProperties> = TObject<P & { listener_id: TOptional<TString> }>

/** Parameters of the path below a chain. */
function inChain<P extends TProperties>(scope: string, properties: P): InChain<P> {
  const all = scope === '' ? properties : { ...LISTENER_ID, ...properties }
  return Type.Object(all) as unknown as InChain<P> // As the path has it.
}

/** The same operations for every chain. */
function chainOperations<const Scope extends string>(scope: Scope, path: string) {
  return {
    ...wholeChain(scope, path),
    ...oneAuthenticator(scope, path),
    ...someUsers(scope, path),
    ...oneUser(scope, path),
  }
}

function wholeChain<const Scope extends string>(scope: Scope, path: string) {
  const params = inChain(scope, {})
  const missing = scope === '' ? [] : [404]
  return {
    list: operation({
      id: `list${scope}Authenticators`,
      method: 'GET',
      path,
      tag,
      summary: 'Authenticators in the order in which they are asked.',
      permission: 'read',
      params,
      replies: { 200: Type.Array(Authenticator) },
      errors: missing,
    }),
    create: operation({
      id: `create${scope}Authenticator`,
      method: 'POST',
      path,
      tag,
      summary: 'Add an authenticator at the end, for clients that connect from now on.',
      permission: 'write',
      params,
      body: AuthenticatorInput,
      replies: { 200: Authenticator },
      errors: [...missing, 409],
    }),
    order: operation({
      id: `order${scope}Authenticators`,
      method: 'PUT',
      path: `${path}/order`,
      tag,
      summary: 'Have the authenticators asked in this order; all of them are to be named.',
      permission: 'write',
      params,
      body: Type.Array(closed({ id: Id })),
      replies: { 204: empty('Done.') },
      errors: [...missing, 409],
    }),
  }
}

function oneAuthenticator<const Scope extends string>(scope: Scope, path: string) {
  const params = inChain(scope, { id: Id })
  return {
    get: operation({
      id: `get${scope}Authenticator`,
      method: 'GET',
      path: `${path}/{id}`,
      tag,
      summary: 'One authenticator; secrets are shown as `******`.',
      permission: 'read',
      params,
      replies: { 200: Authenticator },
      errors: [404],
    }),
    update: operation({
      id: `update${scope}Authenticator`,
      method: 'PUT',
      path: `${path}/{id}`,
      tag,
      summary: 'Replace an authenticator. A secret that comes as `******` stays as it is.',
      permission: 'write',
      params,
      body: AuthenticatorInput,
      replies: { 204: empty('Done.') },
      errors: [404, 409],
    }),
    remove: operation({
      id: `delete${scope}Authenticator`,
      method: 'DELETE',
      path: `${path}/{id}`,
      tag,
      summary: 'Remove an authenticator, with its users in the built-in database.',
      permission: 'write',
      params,
      replies: { 204: empty('Removed.') },
      errors: [404, 409],
    }),
    move: operation({
      id: `move${scope}Authenticator`,
      method: 'PUT',
      path: `${path}/{id}/position/{position}`,
      tag,
      summary: 'Change the place of an authenticator.',
      permission: 'write',
      params: inChain(scope, { id: Id, position: mqttText(POSITIONS) }),
      replies: { 204: empty('Done.') },
      errors: [404, 409],
    }),
    status: operation({
      id: `get${scope}AuthenticatorStatus`,
      method: 'GET',
      path: `${path}/{id}/status`,
      tag,
      summary: 'Whether its backend can be asked, and what it has decided.',
      permission: 'read',
      params,
      replies: { 200: Status },
      errors: [404],
    }),
  }
}

function someUsers<const Scope extends string>(scope: Scope, path: string) {
  const params = inChain(scope, { id: Id })
  return {
    listUsers: operation({
      id: `list${scope}AuthenticationUsers`,
      method: 'GET',
      path: `${path}/{id}/users`,
      tag,
      summary: 'Users of the built-in database.',
      permission: 'read',
      params,
      query: Type.Object({
        ...pageQuery,
        like_user_id: Type.Optional(mqttText('Part of the user id.')),
        is_superuser: Type.Optional(Type.Boolean()),
      }),
      replies: { 200: pageOf(User) },
      errors: [404],
    }),
    createUser: operation({
      id: `create${scope}AuthenticationUser`,
      method: 'POST',
      path: `${path}/{id}/users`,
      tag,
      summary: 'Add a user.',
      permission: 'write',
      params,
      body: NewUser,
      replies: { 201: User },
      errors: [404, 409],
    }),
    importUsers: operation({
      id: `import${scope}AuthenticationUsers`,
      method: 'POST',
      path: `${path}/{id}/import_users`,
      tag,
      summary:
        'Add the users of a CSV or JSON file, or replace those that exist. JSON may be the body.',
      permission: 'write',
      params,
      query: Type.Object({
        type: Type.Optional(oneOf(['plain', 'hash'], 'Passwords, or hashes (the default).')),
      }),
      body: Type.Object({ filename: Type.String({ format: 'binary' }) }),
      bodyType: 'multipart/form-data',
      bodyBytesMax: USERS_FILE_BYTES_MAX,
      replies: { 204: empty('Imported.') },
      errors: [404],
    }),
  }
}

function oneUser<const Scope extends string>(scope: Scope, path: string) {
  const params = inChain(scope, { id: Id, user_id: mqttText('User name or client id.') })
  return {
    getUser: operation({
      id: `get${scope}AuthenticationUser`,
      method: 'GET',
      path: `${path}/{id}/users/{user_id}`,
      tag,
      summary: 'One user.',
      permission: 'read',
      params,
      replies: { 200: User },
      errors: [404],
    }),
    updateUser: operation({
      id: `update${scope}AuthenticationUser`,
      method: 'PUT',
      path: `${path}/{id}/users/{user_id}`,
      tag,
      summary: 'Give a user another password.',
      permission: 'write',
      params,
      body: UserUpdate,
      replies: { 200: User },
      errors: [404],
    }),
    deleteUser: operation({
      id: `delete${scope}AuthenticationUser`,
      method: 'DELETE',
      path: `${path}/{id}/users/{user_id}`,
      tag,
      summary: 'Remove a user.',
      permission: 'write',
      params,
      replies: { 204: empty('Removed.') },
      errors: [404],
    }),
  }
}

/** The chain for all listeners that have none of their own. */
export const globalChain = chainOperations('', '/authentication')
/** The chains of listeners. */
export const listenerChain = chainOperations('Listener', '/listeners/{listener_id}/authentication')
