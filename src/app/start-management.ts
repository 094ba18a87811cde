import { readFileSync } from 'node:fs'
import type { Log } from '#broker/ports.ts'
import { parseBind } from '#config/fields/listener-checks.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { ListenerPort } from '#management/config-port.ts'
import { Management, type ManagementSettings } from '#management/management.ts'
import { checkPortIsFree } from '#net/acceptor.ts'
import type { ConfigStore } from './config-store.ts'
import { readSecret } from './read-secret.ts'
import type { RunningNode } from './start-node.ts'

/** What management is started with. */
export interface ManagementOptions {
  readonly store: ConfigStore
  readonly version: string
  readonly log: Log
  readonly node: RunningNode
}

/** The REST API of a node while it runs. */
export interface RunningManagement {
  readonly host: string
  readonly port: number
  readonly management: Management
  stop(): Promise<void>
}

/** Settings of the REST API; undefined when it is switched off. */
export function toManagementSettings(config: TidewayConfig): ManagementSettings | undefined {
  const { dashboard, api_key: apiKey } = config
  const { bind, max_connections: connectionsMax } = dashboard.listeners.http
  const { host, port } = parseBind(bind) ?? { host: '', port: 0 }
  // Without an address 0 is no port, as in files of EMQX.
  if (bind.trim() === '0') return undefined
  return {
    host,
    port,
    connectionsMax,
    defaultUsername: dashboard.default_username,
    defaultPassword: readSecret(dashboard.default_password),
    sampleIntervalMs: dashboard.sample_interval,
    prometheusAuth: config.prometheus.enable_basic_auth,
    tokenIdleMs: dashboard.token_expired_time,
    cors: dashboard.cors,
    docs: dashboard.swagger_support,
    bootstrapKeys: apiKey.bootstrap_file,
  }
}

/**
 * Fails when the REST API will not be able to listen.
 * @throws ListenError
 */
export async function checkManagementPort(config: TidewayConfig): Promise<void> {
  const settings = toManagementSettings(config)
  if (settings !== undefined) await checkPortIsFree(settings.host, settings.port)
}

function listenerPort(node: RunningNode): ListenerPort {
  return {
    running: () =>
      node.listeners.map((open) => {
        return { ...open, connections: node.connectionsOf(open.id) }
      }),
    start: async (config, id) => {
      await node.startConfigured(config, id)
    },
    stop: (id) => node.stopListener(id),
  }
}

/**
 * Starts the REST API of a running node; undefined when it is switched off.
 * @throws the error of the system when it cannot listen, of SQLite when it cannot open its data
 */
export async function startManagement(
  options: ManagementOptions,
): Promise<RunningManagement | undefined> {
  const { store, version, log, node } = options
  const config = store.current
  const settings = toManagementSettings(config)
  if (settings === undefined) return undefined
  const { bootstrapKeys } = settings
  const management = new Management(
    {
      name: config.node.name,
      version,
      startedAtMs: Date.now(),
      dataDir: config.node.data_dir,
      shardCount: node.shardCount,
      metrics: node.metrics,
      log,
      nowMs: Date.now,
      health: () => node.health(),
      config: store,
      configure: (changed) => node.configure(changed),
      listeners: listenerPort(node),
      access: {
        ban: (bans) => node.access('ban', [bans, 'keep']),
        unban: (as, who) => node.access('unban', [as, who]),
        unbanAll: () => node.access('unbanAll', []),
        listBans: (query) => node.access('listBans', [query]),
        setRules: (entries, mode) => node.access('setRules', [entries, mode]),
        rulesOf: (subject) => node.access('rulesOf', [subject]),
        listRules: (kind, query) => node.access('listRules', [kind, query]),
        removeRules: (subject) => node.access('removeRules', [subject]),
        purgeRules: () => node.access('purgeRules', []),
        forgetDecisions: () => node.access('forgetDecisions', []),
      },
      rules: node.rules,
      integrations: node.integrations,
      reload: () => node.reload(),
      authenticationUsers: node.users,
      accessReports: () => node.accessReports(),
      authenticatorNumbers: (name) => node.authenticatorNumbers(name),
      pipeline: node.rules.pipeline,
      operate: (shard, operation, args) => node.operate(shard, operation, args),
    },
    {
      ...settings,
      bootstrapKeys: bootstrapKeys === undefined ? undefined : readFileSync(bootstrapKeys, 'utf8'),
    },
  )
  try {
    const port = await management.start()
    node.noteListener({ id: 'http:dashboard', host: settings.host, port })
    return { host: settings.host, port, management, stop: () => management.stop() }
  } catch (error) {
    await management.stop()
    throw error
  }
}
