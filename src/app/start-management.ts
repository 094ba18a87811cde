import { readFileSync } from 'node:fs'
import type { Log } from '#broker/ports.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { LevelCells } from '#kernel/system/log-record.ts'
import type { LogRing } from '#kernel/system/log-ring.ts'
import type { ListenerPort } from '#management/config-port.ts'
import {
  Management,
  type ManagementPorts,
  type ManagementSettings,
  type ServerAddress,
} from '#management/management.ts'
import type { LogTap } from '#kernel/system/log-handlers.ts'
import { toExportSettings } from '#management/telemetry/export-settings.ts'
import type { TlsServerAddress } from '#management/http/tls-server.ts'
import { managementPlace } from './management-port.ts'
import type { ConfigStore } from './config-store.ts'
import { developmentCertificate } from './development-certificate.ts'
import type { CertificateFiles } from './listener-settings.ts'
import { readSecret } from './read-secret.ts'
import type { RunningNode } from './running-node.ts'

/** What management is started with. */
export interface ManagementOptions {
  readonly store: ConfigStore
  readonly version: string
  readonly log: Log
  /** What was logged lately, and the level from which on lines are made. */
  readonly recentLog: LogRing
  readonly logLevels: LevelCells
  readonly node: RunningNode
  /** Has the log obey a changed configuration. */
  readonly configureLog?: (config: TidewayConfig) => void
  /** Has somebody take what is logged. */
  readonly tapLog?: (tap: LogTap | undefined) => void
}

/** A port of the REST API. */
export interface ManagementAddress {
  readonly id: 'http:dashboard' | 'https:dashboard'
  readonly host: string
  readonly port: number
}

/** The REST API of a node while it runs. */
export interface RunningManagement {
  readonly addresses: readonly ManagementAddress[]
  readonly management: Management
  stop(): Promise<void>
}

/** Settings of management; undefined when there is nothing for it to do. */
export function toManagementSettings(
  config: TidewayConfig,
  developmentCertificate: () => CertificateFiles,
): ManagementSettings | undefined {
  const { dashboard, api_key: apiKey } = config
  const http = toAddress(dashboard.listeners.http)
  const https = toTlsAddress(config, developmentCertificate)
  const isReachable = http !== undefined || https !== undefined
  if (!isReachable && toExportSettings(config) === undefined) return undefined
  return {
    http,
    https,
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

interface ServerConfig {
  readonly bind: string
  readonly max_connections: number
}

function toAddress({ bind, max_connections: max }: ServerConfig): ServerAddress | undefined {
  const place = managementPlace(bind)
  return place && { ...place, connectionsMax: max }
}

function toTlsAddress(
  { dashboard }: TidewayConfig,
  developmentCertificate: () => CertificateFiles,
): TlsServerAddress | undefined {
  const { https } = dashboard.listeners
  const address = toAddress(https)
  if (address === undefined) return undefined
  const { ssl_options: tls } = https
  const { certfile, keyfile, password } = tls
  const own = certfile !== undefined && keyfile !== undefined ? { certfile, keyfile } : undefined
  return {
    ...address,
    files: {
      ...(own ?? developmentCertificate()),
      password: password === undefined ? undefined : readSecret(password),
      cacertfile: tls.cacertfile,
      dhfile: undefined,
      versions: tls.versions,
      ciphers: tls.ciphers,
      honorCipherOrder: tls.honor_cipher_order,
    },
    verifyPeer: tls.verify === 'verify_peer',
    handshakeTimeoutMs: tls.handshake_timeout,
  }
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
    update: (config, id) => node.updateListener(config, id),
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
  const { store, version, log, recentLog, logLevels, node, configureLog, tapLog } = options
  const config = store.current
  const settings = toManagementSettings(config, () => {
    return developmentCertificate(config.node.data_dir, log)
  })
  if (settings === undefined) return undefined
  const { bootstrapKeys } = settings
  const management: Management = new Management(
    {
      name: config.node.name,
      version,
      startedAtMs: Date.now(),
      dataDir: config.node.data_dir,
      shardCount: node.shardCount,
      metrics: node.metrics,
      log,
      recentLog,
      logLevels,
      nowMs: Date.now,
      health: () => node.health(),
      readSecret,
      tapLog: (tap) => tapLog?.(tap),
      takeSpans: () => node.takeSpans(),
      config: store,
      configure: async (changed) => {
        configureLog?.(changed)
        await node.configure(changed)
        await management.context.telemetry.configure(changed)
      },
      listeners: listenerPort(node),
      access: {
        ban: (bans, mode) => node.access('ban', [bans, mode]),
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
      accessStates: node.accessStates,
      pipeline: node.rules.pipeline,
      operate: (shard, operation, args) => node.operate(shard, operation, args),
    },
    {
      ...settings,
      bootstrapKeys: bootstrapKeys === undefined ? undefined : readFileSync(bootstrapKeys, 'utf8'),
    },
  )
  try {
    const ports = await management.start()
    const addresses = addressesOf(settings, ports)
    for (const address of addresses) node.noteListener(address)
    return { addresses, management, stop: () => management.stop() }
  } catch (error) {
    await management.stop()
    throw error
  }
}

function addressesOf(
  { http, https }: ManagementSettings,
  ports: ManagementPorts,
): readonly ManagementAddress[] {
  const addresses: ManagementAddress[] = []
  if (http !== undefined && ports.http !== undefined) {
    addresses.push({ id: 'http:dashboard', host: http.host, port: ports.http })
  }
  if (https !== undefined && ports.https !== undefined) {
    addresses.push({ id: 'https:dashboard', host: https.host, port: ports.https })
  }
  return addresses
}
