import { mkdirSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { SqliteDatabase } from '#storage/sqlite/sqlite-database.ts'
import { Audit } from './audit.ts'
import { ConfigChanges } from './config/config-changes.ts'
import { ConfigHistory } from './config/config-history.ts'
import type { ManagementContext } from './context.ts'
import { Authenticator } from './http/authenticator.ts'
import { addDashboard } from './http/dashboard-files.ts'
import { addDocs } from './http/docs.ts'
import { ARRIVAL, makeServer } from './http/server.ts'
import { TlsServer, type TlsServerAddress } from './http/tls-server.ts'
import { ApiKeys } from './identity/api-keys.ts'
import { applyBootstrapKeys } from './identity/bootstrap-keys.ts'
import { LocalAccess } from './identity/local-access.ts'
import { LoginBackoff } from './identity/login-backoff.ts'
import { LoginTokens } from './identity/login-tokens.ts'
import { Users } from './identity/users.ts'
import { NodeNumbers } from './node-numbers.ts'
import type { NodePort } from './node-port.ts'
import { Alarms } from './observe/alarms.ts'
import { LiveFeed } from './observe/live-feed.ts'
import { LiveTests } from './observe/live-tests.ts'
import { LogFeed } from './observe/log-feed.ts'
import { takeLiveSamples } from './observe/live-sample.ts'
import { Sampler } from './observe/sampler.ts'
import { ShardSampler } from './observe/shard-sampler.ts'
import { SharedHealth } from './observe/shared-health.ts'
import { watchSlow } from './observe/watch-slow.ts'
import { TopicMetrics } from './observe/topic-metrics.ts'
import { Watchdog } from './observe/watchdog.ts'
import { allRoutes } from './routes/all-routes.ts'
import { statusReply } from './routes/nodes.ts'
import { MANAGEMENT_SCHEMA } from './schema.ts'
import { Shards } from './shards.ts'
import { Sso } from './sso/sso.ts'
import { exportMetrics } from './telemetry/metric-export.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { Traces } from './trace/traces.ts'

/** Where the server listens. */
export interface ServerAddress {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly connectionsMax: number
}

/** What the owner of the node can choose. Without any address nothing but exporters runs. */
export interface ManagementSettings {
  readonly http: ServerAddress | undefined
  readonly https: TlsServerAddress | undefined
  readonly defaultUsername: string
  readonly defaultPassword: string
  /** How often numbers for charts are taken. */
  readonly sampleIntervalMs: number
  /** Numbers for Prometheus are not for everybody. */
  readonly prometheusAuth: boolean
  readonly tokenIdleMs: number
  readonly cors: boolean
  readonly docs: boolean
  /** Lines of API keys to make or replace at the start. */
  readonly bootstrapKeys: string | undefined
}

const DATABASE = 'management.sqlite'
/** Where `npm start` builds the pages. */
const DASHBOARD_FOLDER = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url))

/** The REST API of one node: its server, its database, and what routes share. */
export class Management {
  readonly context: ManagementContext
  readonly #settings: ManagementSettings
  readonly #database: SqliteDatabase
  readonly #server: FastifyInstance
  readonly #watchdog: Watchdog
  #tlsServer: TlsServer | undefined
  readonly #local: LocalAccess

  /** @throws the error of SQLite when its database cannot be opened */
  constructor(node: NodePort, settings: ManagementSettings) {
    mkdirSync(node.dataDir, { recursive: true, mode: 0o700 })
    const nowMs = (): number => node.nowMs()
    const database = new SqliteDatabase(join(node.dataDir, DATABASE), MANAGEMENT_SCHEMA)
    this.#database = database
    this.#settings = settings
    const shards = new Shards(node)
    const alarms = new Alarms(node, database)
    const health = new SharedHealth(node)
    this.#watchdog = new Watchdog(node, alarms, health.reader())
    const numbers = new NodeNumbers(node)
    const users = new Users(database, nowMs)
    const telemetry = new Telemetry(node, (source) => exportMetrics(context, source))
    const sso = new Sso({ node, users })
    const context: ManagementContext = {
      node,
      configChanges: new ConfigChanges({ node, shards }, () => sso.follow()),
      shards,
      traces: new Traces(database, node, shards),
      telemetry,
      topicMetrics: new TopicMetrics(database, node, shards),
      numbers,
      users,
      sso,
      keys: new ApiKeys(database, nowMs),
      tokens: new LoginTokens(settings.tokenIdleMs, nowMs),
      backoff: new LoginBackoff(nowMs),
      history: new ConfigHistory(database, node),
      audit: new Audit(database, nowMs, node.log),
      sampler: new Sampler(node, database, settings.sampleIntervalMs, health.reader()),
      shardSampler: new ShardSampler(node, database, health.reader()),
      health: health.reader(),
      live: new LiveFeed(takeLiveSamples(node, numbers, alarms, health.reader())),
      logs: new LogFeed(node.recentLog, node.logLevels),
      liveTests: new LiveTests(node.rules),
      alarms,
      prometheusAuth: settings.prometheusAuth,
    }
    this.context = context
    if (settings.bootstrapKeys !== undefined) {
      applyBootstrapKeys(context.keys, settings.bootstrapKeys)
    }
    this.#local = new LocalAccess(node.dataDir)
    const routes = allRoutes(context)
    this.#server = makeServer({
      routes,
      authenticator: new Authenticator({ ...context, local: this.#local }),
      audit: context.audit,
      log: node.log,
      localOnly: () => context.users.someMustChange,
      cors: settings.cors,
      connectionsMax: settings.http?.connectionsMax ?? 0,
      arrival: ARRIVAL,
    })
    this.#server.get<{ Querystring: { format?: string } }>('/status', (request, reply) => {
      const { body, type = 'text/plain' } = statusReply(context, request.query.format === 'json')
      return reply.header('content-type', type).send(body)
    })
    if (settings.docs) addDocs(this.#server, routes, node.version)
    addDashboard(this.#server, DASHBOARD_FOLDER)
  }

  /**
   * Makes the first user if there is none, and listens.
   * @returns the ports, undefined for what is switched off
   * @throws the error of the system when it cannot listen, TlsConfigError
   */
  async start(): Promise<ManagementPorts> {
    const { defaultUsername, defaultPassword, http, https } = this.#settings
    const { users, topicMetrics, traces, shards, node, telemetry } = this.context
    await users.ensureFirst(defaultUsername, defaultPassword)
    await topicMetrics.start()
    traces.start()
    await watchSlow(shards, node.config.current)
    await telemetry.configure(node.config.current)
    await this.#server.ready()
    const ports = {
      http: http && (await this.#listen(http)),
      https: https && (await this.#listenTls(https)),
    }
    if (http !== undefined && ports.http !== undefined) this.#local.open(http.host, ports.http)
    return ports
  }

  async #listen({ host, port }: ServerAddress): Promise<number> {
    await this.#server.listen({ host, port })
    return portOf(this.#server.server) ?? port
  }

  /** The same server over TLS. */
  async #listenTls(address: TlsServerAddress): Promise<number> {
    this.#tlsServer = new TlsServer(address, this.#server.routing, this.context.node.log)
    return this.#tlsServer.listen()
  }

  /** Takes changed certificates of the server itself into use. */
  reloadCertificates(): void {
    this.#tlsServer?.reload()
  }

  async stop(): Promise<void> {
    this.#local.close()
    this.context.live.stop()
    this.context.logs.stop()
    this.context.liveTests.stop()
    await Promise.all([this.context.telemetry.stop(), this.context.sso.stop()])
    this.#tlsServer?.close()
    await this.#server.close()
    this.#watchdog.stop()
    this.context.topicMetrics.stop()
    await this.context.traces.stop()
    this.context.sampler.stop()
    this.context.shardSampler.stop()
    this.context.numbers.stop()
    this.#database.close()
  }
}

/** Ports that are open; undefined for what is switched off. */
export interface ManagementPorts {
  readonly http: number | undefined
  readonly https: number | undefined
}

function portOf(server: Pick<Server, 'address'>): number | undefined {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}
