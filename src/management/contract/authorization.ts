/** What clients may do: sources of rules, and the settings that hold for all of them. */
import { Type } from 'typebox'
import { BackendStatus, onNodes, RATES, RESOURCE_METRICS } from './authentication.ts'
import { closed, mqttText, oneOf, pathText } from './common.ts'
import { empty, operation } from './operation.ts'

const tag = 'Authorization'
const TypeName = 'Type of the source, such as `file` or `redis`.'
const OfType = pathText('type', TypeName)

/** All fields that the configuration has for its kind; see the reference of the configuration. */
const Source = Type.Unsafe<Readonly<Record<string, unknown>>>(
  Type.Object(
    {
      type: Type.String(),
      enable: Type.Boolean(),
      rules: Type.Optional(Type.String({ description: 'Of a file: its text.' })),
    },
    { additionalProperties: true },
  ),
)
const SourceInput = Type.Unsafe<Readonly<Record<string, unknown>> & { readonly type: string }>(
  Type.Object(
    {
      type: Type.String(),
      rules: Type.Optional(
        Type.String({
          maxLength: 1_000_000,
          description: 'Of a file: its text, which is then kept in the data directory.',
        }),
      ),
    },
    { additionalProperties: true },
  ),
)

export const listSources = operation({
  id: 'listAuthorizationSources',
  method: 'GET',
  path: '/authorization/sources',
  tag,
  summary: 'Sources in the order in which they are asked.',
  permission: 'read',
  replies: { 200: Type.Object({ sources: Type.Array(Source) }) },
})

export const createSource = operation({
  id: 'createAuthorizationSource',
  method: 'POST',
  path: '/authorization/sources',
  tag,
  summary: 'Add a source at the end. There is one of each type.',
  permission: 'write',
  body: SourceInput,
  replies: { 204: empty('Done.') },
  errors: [409],
})

export const orderSources = operation({
  id: 'orderAuthorizationSources',
  method: 'PUT',
  path: '/authorization/sources/order',
  tag,
  summary: 'Have the sources asked in this order; all of them are to be named.',
  permission: 'write',
  body: Type.Array(closed({ type: mqttText(TypeName) })),
  replies: { 204: empty('Done.') },
  errors: [409],
})

export const getSource = operation({
  id: 'getAuthorizationSource',
  method: 'GET',
  path: '/authorization/sources/{type}',
  tag,
  summary: 'One source; secrets are shown as `******`.',
  permission: 'read',
  params: OfType,
  replies: { 200: Source },
  errors: [404],
})

export const updateSource = operation({
  id: 'updateAuthorizationSource',
  method: 'PUT',
  path: '/authorization/sources/{type}',
  tag,
  summary: 'Replace a source. A secret that comes as `******` stays as it is.',
  permission: 'write',
  params: OfType,
  body: SourceInput,
  replies: { 204: empty('Done.') },
  errors: [404, 409],
})

export const deleteSource = operation({
  id: 'deleteAuthorizationSource',
  method: 'DELETE',
  path: '/authorization/sources/{type}',
  tag,
  summary: 'Remove a source; rules in the built-in database stay.',
  permission: 'write',
  params: OfType,
  replies: { 204: empty('Removed.') },
  errors: [404, 409],
})

export const moveSource = operation({
  id: 'moveAuthorizationSource',
  method: 'POST',
  path: '/authorization/sources/{type}/move',
  tag,
  summary: 'Change the place of a source.',
  permission: 'write',
  params: OfType,
  body: closed({ position: mqttText('`front`, `rear`, `before:<type>` or `after:<type>`.') }),
  replies: { 204: empty('Done.') },
  errors: [404, 409],
})

const Metrics = Type.Object({
  total: Type.Integer({ description: 'Requests it was asked about.' }),
  allow: Type.Integer(),
  deny: Type.Integer(),
  ignore: Type.Integer({ description: 'Requests it left to others.' }),
  nomatch: Type.Integer({ description: 'As `ignore`.' }),
  failed: Type.Integer({ description: 'Requests that it could not answer: they were denied.' }),
  ...RATES,
})

export const getSourceStatus = operation({
  id: 'getAuthorizationSourceStatus',
  method: 'GET',
  path: '/authorization/sources/{type}/status',
  tag,
  summary: 'Whether its backend can be asked, and what it has decided.',
  permission: 'read',
  params: OfType,
  replies: {
    200: Type.Object({
      status: BackendStatus,
      node_status: onNodes({ status: BackendStatus }),
      node_error: onNodes({ error: Type.String() }),
      metrics: Metrics,
      node_metrics: onNodes({ metrics: Metrics }),
      ...RESOURCE_METRICS,
    }),
  },
  errors: [404],
})

const noMatch = oneOf(['allow', 'deny'], 'What holds when no rule matches.')
const denyAction = oneOf(['ignore', 'disconnect'], 'What happens to a client that is denied.')
const cache = {
  enable: Type.Optional(Type.Boolean()),
  max_size: Type.Optional(Type.Integer({ minimum: 1 })),
  ttl: Type.Optional(Type.String()),
  excludes: Type.Optional(Type.Array(Type.String())),
}
const Settings = Type.Object({
  no_match: noMatch,
  deny_action: denyAction,
  cache: Type.Object(cache),
})

export const getAuthorizationSettings = operation({
  id: 'getAuthorizationSettings',
  method: 'GET',
  path: '/authorization/settings',
  tag,
  summary: 'What holds for all sources.',
  permission: 'read',
  replies: { 200: Settings },
})

export const putAuthorizationSettings = operation({
  id: 'putAuthorizationSettings',
  method: 'PUT',
  path: '/authorization/settings',
  tag,
  summary: 'Change what holds for all sources, for connected clients too.',
  permission: 'write',
  body: closed({
    no_match: Type.Optional(noMatch),
    deny_action: Type.Optional(denyAction),
    cache: Type.Optional(closed(cache)),
  }),
  replies: { 200: Settings },
  errors: [409],
})

export const clearAuthorizationCache = operation({
  id: 'clearAuthorizationCache',
  method: 'DELETE',
  path: '/authorization/cache',
  tag,
  summary: 'Have all connections forget what was decided about them.',
  permission: 'write',
  replies: { 204: empty('Forgotten.') },
})
