/** Connectors, actions and sources: data that goes to other systems and comes from them. */
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { oneOf, pathText, Timestamp } from './common.ts'
import { empty, operation } from './operation.ts'

const IntegrationId = pathText('id', '`type:name`, such as `http:orders`.')
const Operation = Type.String({ description: 'What to do. `start`: connect again now.' })
const Status = oneOf(['connected', 'connecting', 'disconnected'])
const Names = Type.Array(Type.String())
const Count = Type.Integer()

const NodeStatus = Type.Object({
  node: Type.String(),
  status: Status,
  status_reason: Type.String({ description: 'What is wrong and what to do; empty: nothing.' }),
})

const state = {
  type: Type.String(),
  name: Type.String(),
  enable: Type.Boolean(),
  description: Type.String(),
  tags: Type.Array(Type.String()),
  created_at: Timestamp,
  last_modified_at: Timestamp,
  status: Status,
  status_reason: Type.String(),
  node_status: Type.Array(NodeStatus),
}

/** One of them as a request brings it; what else it has is told by `getIntegrationSchema`. */
const Input = Type.Object(
  {
    type: Type.String({ minLength: 1, maxLength: 255 }),
    name: Type.String({ pattern: '^[0-9A-Za-z][-_0-9A-Za-z]{0,254}$' }),
  },
  { additionalProperties: true },
)
export type IntegrationInput = Static<typeof Input>

/** The same where type and name stand in the path. */
const Change = Type.Unsafe<Readonly<Record<string, unknown>>>({
  type: 'object',
  additionalProperties: true,
})

const ALSO_USERS = Type.Boolean({
  description:
    'An action is taken out of the rules that use it; ' +
    'a connector is removed with its actions and sources, all or nothing.',
})

const ConnectorInfo = Type.Object(
  { ...state, actions: Names, sources: Names, rules: Names },
  { additionalProperties: true, description: 'With the keys of its type, secrets hidden.' },
)
const UserInfo = Type.Object(
  { ...state, connector: Type.String(), rules: Names },
  { additionalProperties: true, description: 'With the keys of its type, secrets hidden.' },
)
const Summary = Type.Object({ ...state, rules: Names })

/** One of them as a reply shows it. */
export type IntegrationInfo = Static<typeof ConnectorInfo> & Static<typeof UserInfo>
export type IntegrationSummary = Static<typeof Summary>

const Metrics = Type.Object({
  matched: Count,
  success: Count,
  failed: Count,
  dropped: Count,
  'dropped.expired': Count,
  'dropped.queue_full': Count,
  'dropped.resource_not_found': Count,
  'dropped.resource_stopped': Count,
  'dropped.other': Count,
  late_reply: Count,
  retried: Count,
  'retried.success': Count,
  'retried.failed': Count,
  received: Count,
  queuing: Count,
  queuing_bytes: Count,
  inflight: Count,
  rate: Type.Number({ description: 'Records per second.' }),
  rate_max: Type.Number(),
  rate_last5m: Type.Number(),
})
export type IntegrationMetrics = Static<typeof Metrics>
const MetricsReply = Type.Object({
  metrics: Metrics,
  node_metrics: Type.Array(Type.Object({ node: Type.String(), metrics: Metrics })),
})

function common<const K extends string, const R extends string>(
  kind: K,
  root: R,
  tag: string,
  summaryOf: string,
) {
  return {
    enable: operation({
      id: `enable${kind}`,
      method: 'PUT',
      path: `/${root}/{id}/enable/{enable}`,
      tag,
      summary: `Switch ${summaryOf} on or off.`,
      permission: 'write',
      params: Type.Object({
        ...IntegrationId.properties,
        enable: Type.String({ description: '`true` or `false`.' }),
      }),
      replies: { 204: empty('It is switched.') },
      errors: [400, 404],
    }),
    operate: operation({
      id: `operate${kind}`,
      method: 'POST',
      path: `/${root}/{id}/{operation}`,
      tag,
      summary: `Connect ${summaryOf} again now.`,
      permission: 'write',
      params: Type.Object({ ...IntegrationId.properties, operation: Operation }),
      replies: { 204: empty('It is connected.') },
      errors: [400, 404],
    }),
    operateOnNode: operation({
      id: `operate${kind}OnNode`,
      method: 'POST',
      path: `/nodes/{node}/${root}/{id}/{operation}`,
      tag,
      summary: `Connect ${summaryOf} again now, on one node.`,
      permission: 'write',
      params: Type.Object({
        node: Type.String(),
        ...IntegrationId.properties,
        operation: Operation,
      }),
      replies: { 204: empty('It is connected.') },
      errors: [400, 404],
    }),
    probe: operation({
      id: `probe${kind}`,
      method: 'POST',
      path: `/${root}_probe`,
      tag,
      summary: `Try ${summaryOf} without keeping it.`,
      permission: 'write',
      body: Input,
      replies: { 204: empty('It works.') },
      errors: [400],
    }),
  } as const
}

function counting<const K extends string, const R extends string>(
  kind: K,
  root: R,
  tag: string,
  summaryOf: string,
) {
  const types = root.replace(/s$/, '_types')
  return {
    metrics: operation({
      id: `get${kind}Metrics`,
      method: 'GET',
      path: `/${root}/{id}/metrics`,
      tag,
      summary: `Numbers of ${summaryOf}.`,
      permission: 'read',
      params: IntegrationId,
      replies: { 200: MetricsReply },
      errors: [404],
    }),
    resetMetrics: operation({
      id: `reset${kind}Metrics`,
      method: 'PUT',
      path: `/${root}/{id}/metrics/reset`,
      tag,
      summary: `Set the numbers of ${summaryOf} to zero.`,
      permission: 'write',
      params: IntegrationId,
      replies: { 204: empty('They are zero.') },
      errors: [404],
    }),
    summary: operation({
      id: `list${kind}Summaries`,
      method: 'GET',
      path: `/${root}_summary`,
      tag,
      summary: `All ${root} in short.`,
      permission: 'read',
      replies: { 200: Type.Array(Summary) },
    }),
    types: operation({
      id: `list${kind}Types`,
      method: 'GET',
      path: `/${types}`,
      tag,
      summary: `Types of ${root} that there are.`,
      permission: 'read',
      replies: { 200: Names },
    }),
  } as const
}

function keeping<const K extends string, const R extends string>(
  kind: K,
  root: R,
  tag: string,
  summaryOf: string,
) {
  return {
    list: operation({
      id: `list${kind}s`,
      method: 'GET',
      path: `/${root}`,
      tag,
      summary: `All ${root}.`,
      permission: 'read',
      replies: { 200: Type.Array(root === 'connectors' ? ConnectorInfo : UserInfo) },
    }),
    create: operation({
      id: `create${kind}`,
      method: 'POST',
      path: `/${root}`,
      tag,
      summary: `Make ${summaryOf}.`,
      permission: 'write',
      body: Input,
      replies: { 201: root === 'connectors' ? ConnectorInfo : UserInfo },
      errors: [400],
    }),
    get: operation({
      id: `get${kind}`,
      method: 'GET',
      path: `/${root}/{id}`,
      tag,
      summary: `Show ${summaryOf}.`,
      permission: 'read',
      params: IntegrationId,
      replies: { 200: root === 'connectors' ? ConnectorInfo : UserInfo },
      errors: [404],
    }),
    update: operation({
      id: `update${kind}`,
      method: 'PUT',
      path: `/${root}/{id}`,
      tag,
      summary: `Replace ${summaryOf}; its numbers and what waits go on.`,
      permission: 'write',
      params: IntegrationId,
      body: Change,
      replies: { 200: root === 'connectors' ? ConnectorInfo : UserInfo },
      errors: [400, 404],
    }),
    remove: operation({
      id: `delete${kind}`,
      method: 'DELETE',
      path: `/${root}/{id}`,
      tag,
      summary: `Remove ${summaryOf}.`,
      permission: 'write',
      params: IntegrationId,
      query: Type.Object({
        also_delete_dep_actions: Type.Optional(ALSO_USERS),
      }),
      replies: { 204: empty('It is gone.') },
      errors: [400, 404],
    }),
  } as const
}

export const connectorOperations = {
  ...keeping('Connector', 'connectors', 'Connectors', 'a connector'),
  ...common('Connector', 'connectors', 'Connectors', 'a connector'),
}
export const actionOperations = {
  ...keeping('Action', 'actions', 'Actions', 'an action'),
  ...common('Action', 'actions', 'Actions', 'an action'),
  ...counting('Action', 'actions', 'Actions', 'an action'),
}
export const sourceOperations = {
  ...keeping('Source', 'sources', 'Sources', 'a source'),
  ...common('Source', 'sources', 'Sources', 'a source'),
  ...counting('Source', 'sources', 'Sources', 'a source'),
}

export const getIntegrationSchema = operation({
  id: 'getIntegrationSchema',
  method: 'GET',
  path: '/schemas/{name}',
  tag: 'Connectors',
  summary: 'What connectors, actions or sources of each type are made of, for forms.',
  permission: 'read',
  params: Type.Object({ name: oneOf(['connectors', 'actions', 'sources']) }),
  replies: {
    200: Type.Object({
      types: Type.Array(
        Type.Object({ type: Type.String(), title: Type.String(), text: Type.String() }),
      ),
      schema: Change,
    }),
  },
})
