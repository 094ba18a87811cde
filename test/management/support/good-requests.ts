/** A request for every operation that succeeds, in the order in which they are made. */
import type { MqttClient } from 'mqtt'
import { packTar } from '#management/files/tar.ts'
import { formWith, type ManagedBroker } from './managed-broker.ts'

export interface GoodRequest {
  /** Values of the parameters in the path. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly body?: unknown
  readonly status?: number
}

/** What good requests talk about. */
export interface Scene {
  readonly managed: ManagedBroker
  readonly client: MqttClient
  /** Id of a delayed message. */
  readonly delayedId: string
}

const NODE = { node: 'tideway@127.0.0.1' }
const CLIENT = { clientid: 'seen' }

/** By operation id. `undefined` as a status means 200 or 204. */
export function goodRequests(scene: Scene): Readonly<Record<string, GoodRequest>> {
  return {
    ...identity(),
    ...integrations(scene),
    getStatus: {},
    ...NODES,
    ...clients(),
    listSubscriptions: { query: 'limit=10' },
    listTopics: {},
    listTopicLevels: { query: 'parent=seen&limit=1' },
    getTopic: { params: { topic: 'seen/#' } },
    publish: { body: { topic: 'seen/1', payload: 'x', qos: 1 } },
    publishBulk: { body: [{ topic: 'seen/1', payload: 'eA==', payload_encoding: 'base64' }] },
    listRetained: { query: 'topic=kept%2F%2B' },
    getRetained: { params: { topic: 'kept/1' } },
    deleteRetained: { params: { topic: 'kept/1' } },
    deleteAllRetained: { query: 'topic=kept%2F%23' },
    listDelayed: {},
    getDelayed: { params: { ...NODE, msgid: scene.delayedId } },
    cancelDelayed: { params: { ...NODE, msgid: scene.delayedId } },
    cancelDelayedByTopic: { params: { topic: 'later/+' } },
    listAudit: { query: 'limit=5' },
    ...openTelemetry(),
    ...settings(),
    ...rules(),
    ...schemas(),
    ...pipeline(),
    listTopicMetrics: {},
    createTopicMetrics: { body: { topic: 'counted' } },
    resetTopicMetrics: { body: { topic: 'counted', action: 'reset' } },
    getTopicMetrics: { params: { topic: 'counted' } },
    deleteTopicMetrics: { params: { topic: 'counted' } },
    listSlowSubscriptions: {},
    clearSlowSubscriptions: {},
    getSlowSettings: {},
    putSlowSettings: { body: { enable: true, threshold: '100ms' } },
    ...backups(),
    createTrace: { body: { name: 'made', type: 'clientid', clientid: 'seen' }, status: 200 },
    listTraces: {},
    getTraceLog: { params: { name: 'made' }, query: 'bytes=100' },
    getTraceLogDetail: { params: { name: 'made' } },
    downloadTrace: { params: { name: 'made' } },
    stopTrace: { params: { name: 'made' } },
    deleteTrace: { params: { name: 'made' } },
    deleteTraces: {},
    ...authentication(),
    ...authorization(),
    ...BANS,
    getMonitor: { query: 'latest=3600' },
    clearMonitor: {},
    getNodeMonitor: { params: NODE },
    getMonitorCurrent: {},
    getShardMonitor: { query: 'latest=3600' },
    streamMonitorCurrent: { query: 'count=1' },
    ...LOGS,
    getNodeMonitorCurrent: { params: NODE },
    listAlarms: { query: 'activated=false' },
    clearAlarms: {},
    deactivateAlarm: { body: { name: 'made' } },
    ...PROMETHEUS,

    listErrorCodes: {},
    getErrorCode: { params: { code: 'BAD_REQUEST' } },
  }
}

const BANS: Readonly<Record<string, GoodRequest>> = {
  createBan: { body: { as: 'username', who: 'someone' } },
  listBans: {},
  deleteBan: { params: { as: 'username', who: 'someone' } },
  clearBans: {},
}

const NODES: Readonly<Record<string, GoodRequest>> = {
  checkAvailability: {},
  getCluster: {},
  getTopology: {},
  countSessions: { query: 'since=0' },
  reloadNode: { params: NODE },
  listNodes: {},
  getNode: { params: NODE },
  getNodeMetrics: { params: NODE },
  getNodeStats: { params: NODE },
  getMetrics: { query: 'aggregate=true' },
  getStats: {},
}

const PROMETHEUS: Readonly<Record<string, GoodRequest>> = {
  getPrometheusStats: { query: 'mode=node' },
  getPrometheusAuth: { query: 'mode=all_nodes_unaggregated' },
  getPrometheusDataIntegration: {},
  getPrometheusValidation: {},
  getPrometheusTransformation: {},
}

const LOGS: Readonly<Record<string, GoodRequest>> = {
  listLogs: { query: 'level=warning&text=a&limit=10' },
  streamLogs: { query: 'level=warning&limit=10&count=1' },
}

/** Of the global chain, and of a listener. */
function authentication(): Readonly<Record<string, GoodRequest>> {
  const built = { mechanism: 'password_based', backend: 'built_in_database' }
  const all = ['', 'Listener'].map((scope) => {
    const chain = scope === '' ? {} : { listener_id: 'ws:default' }
    const params = { ...chain, id: 'password_based:built_in_database' }
    const user = { ...params, user_id: 'ada' }
    return {
      [`create${scope}Authenticator`]: { params: chain, body: built },
      [`update${scope}Authenticator`]: { params, body: { ...built, user_id_type: 'clientid' } },
      [`get${scope}Authenticator`]: { params },
      [`list${scope}Authenticators`]: { params: chain },
      [`get${scope}AuthenticatorStatus`]: { params },
      [`create${scope}AuthenticationUser`]: {
        params,
        body: { user_id: 'ada', password: 'x' },
        status: 201,
      },
      [`update${scope}AuthenticationUser`]: { params: user, body: { password: 'y' } },
      [`get${scope}AuthenticationUser`]: { params: user },
      [`import${scope}AuthenticationUsers`]: {
        params,
        query: 'type=plain',
        body: [{ user_id: 'bob', password: 'x' }],
      },
      [`list${scope}AuthenticationUsers`]: { params, query: 'like_user_id=b' },
      [`delete${scope}AuthenticationUser`]: { params: user },
      [`move${scope}Authenticator`]: { params: { ...params, position: 'front' } },
      [`order${scope}Authenticators`]: { params: chain, body: [{ id: params.id }] },
      [`delete${scope}Authenticator`]: { params },
    }
  })
  return Object.assign({}, ...all) as Readonly<Record<string, GoodRequest>>
}

function authorization(): Readonly<Record<string, GoodRequest>> {
  const built = { type: 'built_in_database' }
  const rules = [{ permission: 'allow', action: 'all', topic: 'a/#' }]
  const client = { clientid: 'c' }
  const user = { username: 'u' }
  return {
    createAuthorizationSource: { body: built },
    updateAuthorizationSource: { params: built, body: { ...built, max_rules: 50 } },
    getAuthorizationSource: { params: built },
    listAuthorizationSources: {},
    getAuthorizationSourceStatus: { params: built },
    moveAuthorizationSource: { params: built, body: { position: 'rear' } },
    orderAuthorizationSources: { body: [built] },
    getAuthorizationSettings: {},
    putAuthorizationSettings: { body: { no_match: 'allow', cache: { ttl: '30s' } } },
    clearAuthorizationCache: {},
    createClientRules: { body: [{ ...client, rules }] },
    putClientRules: { params: client, body: { rules } },
    getClientRules: { params: client },
    listClientRules: { query: 'like_clientid=c' },
    deleteClientRules: { params: client },
    createUserRules: { body: [{ ...user, rules }] },
    putUserRules: { params: user, body: { rules } },
    getUserRules: { params: user },
    listUserRules: { query: 'like_username=u' },
    deleteUserRules: { params: user },
    setRulesForAll: { body: { rules } },
    getRulesForAll: {},
    deleteRulesForAll: {},
    deleteAuthorizationSource: { params: built },
    purgeRules: {},
  }
}

function backups(): Readonly<Record<string, GoodRequest>> {
  const filename = 'made.tar.gz'
  const names = ['META.hocon', 'cluster.hocon'] as const
  const archive = packTar(
    names.map((name) => ({ name: `made/${name}`, content: Buffer.alloc(0) })),
    0,
  )
  return {
    exportData: { body: { table_sets: ['banned'] } },
    listBackups: { query: 'limit=1' },
    uploadBackup: { body: formWith(filename, archive) },
    importData: { body: { filename } },
    downloadBackup: { params: { filename } },
    deleteBackup: { params: { filename } },
  }
}

function identity(): Readonly<Record<string, GoodRequest>> {
  const user = { username: 'made' }
  const key = { name: 'made' }
  return {
    login: { body: { username: 'admin', password: 'correct-horse-7' } },
    listUsers: {},
    createUser: { body: { ...user, password: 'made-of-2', role: 'viewer' } },
    updateUser: { params: user, body: { description: 'changed' } },
    changePassword: { params: user, body: { new_pwd: 'made-of-3' } },
    deleteUser: { params: user },
    listApiKeys: {},
    listApiKeyScopes: {},
    createApiKey: { body: { ...key, role: 'viewer', expired_at: 'infinity' } },
    getApiKey: { params: key },
    updateApiKey: { params: key, body: { desc: 'changed' } },
    deleteApiKey: { params: key },
    ...singleSignOn(),
  }
}

/** Switched off, so that nobody comes in; management/sso.test.ts has those that do. */
function singleSignOn(): Readonly<Record<string, GoodRequest>> {
  const params = { backend: 'oidc' }
  const issuer = 'http://127.0.0.1:9'
  return {
    listRunningSso: {},
    putSso: { params, body: { ...params, issuer, clientid: 'x', secret: 'y' } },
    getSso: { params },
    listSso: {},
    beginSsoLogin: { params, body: params, status: 404 },
    oidcCallback: { query: 'code=a&state=b', status: 404 },
    exchangeSsoCode: { body: { code: 'unknown' }, status: 401 },
    deleteSso: { params },
  }
}

function rules(): Readonly<Record<string, GoodRequest>> {
  const params = { id: 'made' }
  const sql = 'SELECT payload FROM "made/#"'
  return {
    createRule: { body: { ...params, sql }, status: 201 },
    listRules: { query: 'enable=true' },
    getRule: { params },
    updateRule: { params, body: { sql, actions: [{ function: 'console' }] } },
    getRuleMetrics: { params },
    resetRuleMetrics: { params },
    testRule: { params, body: { context: { payload: 'x' } } },
    traceRule: { params },
    testRuleSql: { body: { sql } },
    testRuleSqlLive: { body: { sql, seconds: 1, records: 1 } },
    checkRuleSql: { body: { sql: 'SELECT' } },
    deleteRule: { params },
    getRuleEngine: {},
    putRuleEngine: { body: { ignore_sys_message: true } },
    listRuleEvents: {},
    listRuleFunctions: {},
  }
}

function schemas(): Readonly<Record<string, GoodRequest>> {
  const params = { name: 'made' }
  const schema = { type: 'json', source: '{"type": "object"}' }
  return {
    createSchema: { body: { ...params, ...schema }, status: 201 },
    listSchemas: {},
    getSchema: { params },
    updateSchema: { params, body: { ...schema, description: 'changed' } },
    deleteSchema: { params },
  }
}

const OPERATION = { key: 'topic', value: "concat([topic, '/x'])" }

function pipeline(): Readonly<Record<string, GoodRequest>> {
  const checks = { strategy: 'any_pass', checks: [{ type: 'sql', sql: 'SELECT 1' }] }
  const message = { topic: 'a', payload: '{}' }
  return {
    ...steps('Validation', checks),
    dryRunValidation: {
      body: {
        validation: { name: 'v', topics: ['a'], failure_action: 'drop', ...checks },
        message,
      },
    },
    ...steps('Transformation', { payload_decoder: { type: 'json' }, operations: [OPERATION] }),
    dryRunTransformation: {
      body: {
        transformation: {
          name: 't',
          topics: ['a'],
          failure_action: 'drop',
          operations: [OPERATION],
        },
        message,
      },
    },
  }
}

/** Validations or transformations. */
function steps(id: string, more: object): Readonly<Record<string, GoodRequest>> {
  const params = { name: 'made' }
  const body = { ...params, topics: ['nowhere'], failure_action: 'ignore', ...more }
  return {
    [`create${id}`]: { body, status: 201 },
    [`list${id}s`]: {},
    [`get${id}`]: { params },
    [`update${id}`]: { body: { ...body, description: 'changed' } },
    [`reorder${id}s`]: { body: { order: ['made'] } },
    [`enable${id}`]: { params: { ...params, enable: 'true' } },
    [`get${id}Metrics`]: { params },
    [`reset${id}Metrics`]: { params },
    [`delete${id}`]: { params },
  }
}

function clients(): Readonly<Record<string, GoodRequest>> {
  return {
    listClients: { query: 'limit=5' },
    listClientsByCursor: { query: 'limit=5' },
    getClient: { params: CLIENT },
    getClientDecisions: { params: CLIENT },
    clearClientDecisions: { params: CLIENT },
    listClientSubscriptions: { params: CLIENT },
    subscribeClient: { params: CLIENT, body: { topic: 'more', qos: 1 } },
    subscribeClientBulk: { params: CLIENT, body: [{ topic: 'more/1' }] },
    unsubscribeClient: { params: CLIENT, body: { topic: 'more' } },
    unsubscribeClientBulk: { params: CLIENT, body: [{ topic: 'more/1' }] },
    listExclusive: { query: 'limit=1' },
    deleteExclusive: { params: { topic: 'alone' } },
    listQueuedMessages: { params: CLIENT },
    listInflightMessages: { params: CLIENT },
    setKeepAlive: { params: CLIENT, body: { interval: 0 } },
    kickClients: { body: ['nobody'] },
  }
}

/** Made at the end: nothing comes after them. */
export const LAST_REQUESTS: Readonly<Record<string, GoodRequest>> = {
  kickClient: { params: CLIENT },
  logout: {},
}

function integrations({ managed }: Scene): Readonly<Record<string, GoodRequest>> {
  const server = `127.0.0.1:${managed.broker.port('tcp:default')}`
  const made = { type: 'mqtt', name: 'made' }
  const connector = { ...made, server, pool_size: 1 }
  const action = { ...made, connector: 'made', parameters: { topic: 'x' } }
  const source = { ...made, connector: 'made', parameters: { topic: 'x/#' } }
  const url = 'http://127.0.0.1:9'
  return {
    probeConnector: { body: connector },
    createConnector: { body: connector, status: 201 },
    listConnectors: {},
    getConnector: { params: { id: 'mqtt:made' } },
    updateConnector: { params: { id: 'http:kept' }, body: { url, enable: false } },
    createAction: { body: action, status: 201 },
    updateAction: {
      params: { id: 'http:kept' },
      body: { connector: 'kept', parameters: {}, enable: false },
    },
    createSource: { body: source, status: 201 },
    updateSource: {
      params: { id: 'mqtt:kept' },
      body: { connector: 'kept', parameters: { topic: 'y' }, enable: false },
    },
    ...used('Action', action),
    ...used('Source', source),
    enableConnector: { params: { id: 'mqtt:made', enable: 'true' } },
    operateConnector: { params: { id: 'mqtt:made', operation: 'start' } },
    operateConnectorOnNode: { params: { ...NODE, id: 'mqtt:made', operation: 'start' } },
    deleteConnector: { params: { id: 'mqtt:made' } },
    getIntegrationSchema: { params: { name: 'actions' } },
  }
}

function used(kind: string, body: object): Readonly<Record<string, GoodRequest>> {
  const id = { id: 'mqtt:made' }
  return {
    [`probe${kind}`]: { body },
    [`list${kind}s`]: {},
    [`get${kind}`]: { params: id },
    [`enable${kind}`]: { params: { ...id, enable: 'true' } },
    [`operate${kind}`]: { params: { ...id, operation: 'start' } },
    [`operate${kind}OnNode`]: { params: { ...NODE, ...id, operation: 'start' } },
    [`get${kind}Metrics`]: { params: id },
    [`reset${kind}Metrics`]: { params: id },
    [`list${kind}Summaries`]: {},
    [`list${kind}Types`]: {},
    [`delete${kind}`]: { params: id },
  }
}

function settings(): Readonly<Record<string, GoodRequest>> {
  const listener = { id: 'tcp:made' }
  const rule = { action: 'publish', source_topic: 'x/#', re: '^x/(.+)$', dest_topic: 'y/$1' }
  return {
    listListeners: { query: 'type=tcp' },
    createListener: { body: { type: 'tcp', name: 'made', bind: '127.0.0.1:0' } },
    getListener: { params: listener },
    updateListener: { params: { id: 'ws:default' }, body: { max_connections: 7 } },
    restartListener: { params: listener, status: 200 },
    stopListener: { params: listener, status: 200 },
    startListener: { params: listener, status: 200 },
    getListenersStatus: {},
    deleteListener: { params: listener },
    getTopicRewrite: {},
    putTopicRewrite: { body: [rule] },
    getAutoSubscribe: {},
    putAutoSubscribe: { body: [{ topic: 'c/${clientid}' }] },
    getDelayedSettings: {},
    putDelayedSettings: { body: { max_delayed_messages: 1000 } },
    getRetainerSettings: {},
    getConfigs: { query: 'key=mqtt' },
    putConfigs: { body: 'mqtt.max_inflight = 33', status: 200 },
    planConfigs: { body: 'mqtt.max_inflight = 34', status: 200 },
    getConfigKeys: { query: 'key=mqtt.max_inflight' },
    getConfigDiff: { query: 'since=start' },
    listConfigHistory: {},
    getConfigVersion: { params: { version: '1' } },
    rollBackConfig: { params: { version: '1' } },
    getConfigRoot: { params: { root: 'global_zone' } },
    putConfigRoot: { params: { root: 'delayed' }, body: { max_delayed_messages: 7 } },
    resetConfig: { params: { root: 'delayed' } },
    getConfigSchema: { query: 'key=mqtt' },
    putRetainerSettings: { body: { max_payload_size: '2MB' } },
  }
}

function openTelemetry(): Readonly<Record<string, GoodRequest>> {
  return {
    getOpenTelemetry: {},
    putOpenTelemetry: { body: { metrics: { interval: '20s' } } },
    setTraceWhitelist: { params: { type: 'clientid' }, body: ['seen'] },
    getTraceWhitelist: { params: { type: 'clientid' } },
    clearTraceWhitelist: { params: { type: 'topic' } },
  }
}
