/** The configuration: shown, explained, changed, and taken back. */
import { Type } from 'typebox'
import { oneOf, pageOf, pageQuery, pathText, Timestamp } from './common.ts'
import { operation, text } from './operation.ts'

const TAG = 'Configs'
const Root = pathText('root', 'First key, such as `mqtt`; or `global_zone`.')
const Key = Type.String({ maxLength: 1000, description: 'Path of a key, such as `mqtt`.' })
/** A value as it would be written, secrets hidden. */
const Written = Type.Unsafe<unknown>({})

const Effect = oneOf(
  ['live', 'new-connections', 'restart-listener', 'restart-node'],
  'When a change takes effect: `restart-node` waits for the next start.',
)
export const ConfigChange = Type.Object({
  key: Type.String({ description: 'Path.' }),
  before: Type.Optional(Written),
  after: Type.Optional(Written),
  effect: Effect,
})
const Plan = Type.Object({
  changes: Type.Array(ConfigChange),
  waits_for_restart: Type.Boolean({ description: 'Some take effect with the next start.' }),
})
const WriteQuery = Type.Object({
  mode: Type.Optional(
    oneOf(['merge', 'replace'], '`replace`: roots in the body replace what was changed of them.'),
  ),
  ignore_readonly: Type.Optional(
    Type.Boolean({ description: 'Pass over the roots `node`, `cluster` and `rpc`.' }),
  ),
})

export const getConfigs = operation({
  id: 'getConfigs',
  method: 'GET',
  path: '/configs',
  tag: TAG,
  summary: 'The configuration, or a part of it; as JSON with `Accept: application/json`.',
  permission: 'read',
  query: Type.Object({ key: Type.Optional(Key), node: Type.Optional(Type.String()) }),
  replies: { 200: text('HOCON.', 'text/plain', 'application/json') },
  errors: [404],
})

const BODY_BYTES_MAX = 4 * 1024 * 1024

export const putConfigs = operation({
  id: 'putConfigs',
  method: 'PUT',
  path: '/configs',
  tag: TAG,
  summary: 'Change what the body, HOCON or JSON, holds. All of it or nothing is done.',
  permission: 'write',
  query: WriteQuery,
  body: Type.String({ description: 'HOCON.' }),
  bodyType: 'text/plain',
  bodyBytesMax: BODY_BYTES_MAX,
  replies: { 200: Plan },
  errors: [409],
})

export const planConfigs = operation({
  id: 'planConfigs',
  method: 'POST',
  path: '/configs/plan',
  tag: TAG,
  summary: 'What `PUT /configs` would change and when it would take effect; changes nothing.',
  permission: 'write',
  query: WriteQuery,
  body: Type.String({ description: 'HOCON.' }),
  bodyType: 'text/plain',
  bodyBytesMax: BODY_BYTES_MAX,
  replies: { 200: Plan },
  errors: [409],
})

export const getConfigKeys = operation({
  id: 'getConfigKeys',
  method: 'GET',
  path: '/configs/keys',
  tag: TAG,
  summary: 'Every key at and below a path: its value, where it comes from, and what it does.',
  permission: 'read',
  query: Type.Object({ key: Type.Optional(Key) }),
  replies: {
    200: Type.Array(
      Type.Object({
        key: Type.String(),
        value: Type.Optional(Written),
        default: Type.Optional(Written),
        origin: oneOf(['default', 'file', 'api', 'environment']),
        place: Type.Optional(
          Type.String({ description: 'File with line, or variable of the environment.' }),
        ),
        pinned: Type.Boolean({ description: 'The environment decides: it cannot be changed.' }),
        effect: Effect,
        description: Type.String(),
      }),
    ),
  },
  errors: [404],
})

export const getConfigDiff = operation({
  id: 'getConfigDiff',
  method: 'GET',
  path: '/configs/diff',
  tag: TAG,
  summary: 'What differs from the defaults, or from what this process was started with.',
  permission: 'read',
  query: Type.Object({ since: Type.Optional(oneOf(['default', 'start'])) }),
  replies: { 200: Plan },
})

const version = {
  version: Type.Integer(),
  created_at: Timestamp,
  from: oneOf(['dashboard', 'rest_api', 'cli', 'start']),
  source: Type.String({ description: 'Name of the user or of the API key.' }),
  changes: Type.Array(ConfigChange, { description: 'From the version before.' }),
}

export const listConfigHistory = operation({
  id: 'listConfigHistory',
  method: 'GET',
  path: '/configs/history',
  tag: TAG,
  summary: 'States that the configuration had, the latest first; the last 200 are kept.',
  permission: 'read',
  query: Type.Object(pageQuery),
  replies: { 200: pageOf(Type.Object(version)) },
})

const Version = pathText('version', 'Number of the version.')

export const getConfigVersion = operation({
  id: 'getConfigVersion',
  method: 'GET',
  path: '/configs/history/{version}',
  tag: TAG,
  summary: 'A state that the configuration had, and what going back to it would change.',
  permission: 'read',
  params: Version,
  replies: { 200: Type.Object({ ...version, rollback: Plan }) },
  errors: [404],
})

export const rollBackConfig = operation({
  id: 'rollBackConfig',
  method: 'POST',
  path: '/configs/history/{version}/rollback',
  tag: TAG,
  summary: 'Go back to a state that the configuration had. That is a new version.',
  permission: 'write',
  params: Version,
  replies: { 200: Plan },
  errors: [404, 409],
})

export const getConfigRoot = operation({
  id: 'getConfigRoot',
  method: 'GET',
  path: '/configs/{root}',
  tag: TAG,
  summary: 'What is below a root of the configuration.',
  permission: 'read',
  params: Root,
  replies: { 200: Written },
  errors: [404],
})

export const putConfigRoot = operation({
  id: 'putConfigRoot',
  method: 'PUT',
  path: '/configs/{root}',
  tag: TAG,
  summary: 'Change keys below a root. What is not in the body stays; null takes a key away.',
  permission: 'write',
  params: Root,
  body: Written,
  replies: { 200: Written },
  errors: [404, 409],
})

export const resetConfig = operation({
  id: 'resetConfig',
  method: 'POST',
  path: '/configs_reset/{root}',
  tag: TAG,
  summary: 'Take back what was changed at run time below a root.',
  permission: 'write',
  params: Root,
  query: Type.Object({
    conf_path: Type.Optional(
      Type.String({ description: 'Only this key, such as `mqtt.max_qos`.' }),
    ),
  }),
  replies: { 200: Plan },
  errors: [404],
})

export const getConfigSchema = operation({
  id: 'getConfigSchema',
  method: 'GET',
  path: '/schemas/hotconf',
  tag: 'Schemas',
  summary: 'JSON schema of the configuration or of a part of it; `x-hot` as `effect` elsewhere.',
  permission: 'public',
  query: Type.Object({ key: Type.Optional(Key) }),
  replies: { 200: Written },
  errors: [404],
})
