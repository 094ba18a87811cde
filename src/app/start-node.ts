import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type {
  AccessAdministration,
  AdministrationMethod,
} from '#access/administration/access-administration.ts'
import type { AuthenticatorNumbers } from '#access/authentication/authenticator-meter.ts'
import { readBanFile } from '#access/protection/ban-file.ts'
import type { AccessReport } from '#access/shard-access.ts'
import type { Metrics } from '#broker/metrics.ts'
import type { Log } from '#broker/ports.ts'
import { SHARDS_MAX } from '#config/fields/node.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import { makeBusEnds } from '#fabric/shard/bus-ends.ts'
import { InProcessFabric } from '#fabric/shard/in-process.ts'
import type { LevelCell, LogRecord } from '#kernel/system/log-record.ts'
import type { ListenerOptions } from '#listeners/listener-options.ts'
import { checkPortIsFree } from '#net/acceptor.ts'
import { probeTcpInternals } from '#net/tcp-probe.ts'
import { type PreparedStorage, prepareStorage } from '#storage/lmdb/prepare-storage.ts'
import { composeShard } from './compose.ts'
import { developmentCertificate } from './development-certificate.ts'
import {
  type ListenerContext,
  toPsk,
  toListenerOption,
  toListenerOptions,
} from './listener-settings.ts'
import { RunFiles } from './run-files.ts'
import { nextRunNumber } from './run-number.ts'
import { NodeSettings } from './node-settings.ts'
import { toProtectionSettings } from './settings.ts'
import { toRuleStart } from './rule-settings.ts'
import { ruleServicePorts } from './rule-services.ts'
import { NodeRules } from './node-rules.ts'
import { NodeIntegrations } from './node-integrations.ts'
import type { OperationName, ShardControl } from './shard-runtime.ts'
import type { ShardHealth } from './loop-watch.ts'
import { NodeUsers } from './node-users.ts'
import {
  LISTENERS_MAX,
  makeSharedMemory,
  metricsOf,
  type ShardStart,
  slotsOf,
} from './shard-start.ts'
import { WorkerShard } from './worker-shard.ts'

/** What a node is started with. */
export interface NodeOptions {
  readonly config: TidewayConfig
  readonly version: string
  readonly log: Log
  /** Takes what shard threads log. */
  readonly writeLog: (record: LogRecord) => void
  readonly logLevelMin: LevelCell
  /** `inline`: all shards in this thread, for debugging. */
  readonly threads: 'workers' | 'inline'
  /** `plain` keeps TCP connections off the internals of Node.js. */
  readonly sockets: 'auto' | 'plain'
  /** A shard failed; the node is of no use any more. Called once. */
  readonly onFailure: (text: string) => void
}

/** A listener that is open. */
export interface OpenListener {
  readonly id: string
  readonly host: string
  readonly port: number
}

/** A node that runs. */
export interface RunningNode {
  readonly listeners: readonly OpenListener[]
  /** Numbers of every shard; they change while the node runs. */
  readonly metrics: readonly Metrics[]
  /** Users of the built-in database. */
  readonly users: NodeUsers
  readonly shardCount: number
  /** Has an operation of one shard done, wherever it runs. */
  operate(shard: number, operation: OperationName, args: readonly unknown[]): Promise<unknown>
  /** Shows or changes bans and stored rules; a change reaches all shards. */
  access<M extends AdministrationMethod>(
    method: M,
    args: Parameters<AccessAdministration[M]>,
  ): Promise<Awaited<ReturnType<AccessAdministration[M]>>>
  /**
   * Has all shards obey another configuration, as far as that is possible while they run. Rejects
   * when it cannot work; the former one holds then.
   */
  configure(config: TidewayConfig): Promise<void>
  /** How the backends of access control are doing, in each shard. */
  accessReports(): Promise<readonly AccessReport[]>
  /** Numbers of the authenticator with this `linkName`; undefined when it is not counted. */
  authenticatorNumbers(name: string): AuthenticatorNumbers | undefined
  /**
   * Opens a listener of the configuration, whether or not that enables it, and has all shards obey
   * what that says of its clients.
   */
  startConfigured(config: TidewayConfig, id: string): Promise<OpenListener>
  /** Connections of a listener in all shards. */
  connectionsOf(id: string): number
  /** How every shard is doing, since this was asked last. */
  health(): Promise<readonly ShardHealth[]>
  /** Tells other programs on this host of a listener that is not of the shards. */
  noteListener(listener: OpenListener): void
  readonly rules: NodeRules
  readonly integrations: NodeIntegrations
  /** Opens one more listener in all shards. */
  startListener(options: ListenerOptions): Promise<OpenListener>
  /** Closes a listener and its connections; false when there is none. */
  stopListener(id: string): Promise<boolean>
  /** Takes changed files into use in all shards: rules and certificates. */
  reload(): Promise<void>
  /** Tells clients that the server goes, stores everything, and lets the data directory go. */
  stop(): Promise<void>
}

/** Systems that spread connections over several listening sockets of one port. */
const REUSE_PORT_SYSTEMS: ReadonlySet<string> = new Set(['linux', 'freebsd'])
const TICKET_KEY_BYTES = 48
const TALLY_SALT_BYTES = 8
const BUFFER_FOLDER = 'buffers'
const NODE_SECRET_BYTES = 32

/**
 * Starts a node: takes the data directory, starts the shards, opens the listeners.
 * @throws StorageError, ListenError, TlsConfigError; nothing is left running then
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, log } = options
  const { dataDir, shardCount } = placeOf(options)
  const storage = await prepareStorage({
    dataDir,
    durability: config.durability.mode,
    bytesMax: config.durability.max_store_bytes,
    log,
  })
  const runFiles = new RunFiles(dataDir, log)
  const node = new Coordinator(options, storage, runFiles, shardCount)
  try {
    await node.start(dataDir)
  } catch (error) {
    await node.abandon()
    throw error
  }
  return node
}

function placeOf({ config, log }: NodeOptions): { dataDir: string; shardCount: number } {
  const { data_dir: dataDir, shards } = config.node
  const wanted = shards === 'auto' ? Math.min(availableParallelism(), SHARDS_MAX) : shards
  const canShare = REUSE_PORT_SYSTEMS.has(process.platform)
  if (wanted > 1 && !canShare && shards !== 'auto') {
    log.warn('one_shard_only', { wanted, platform: process.platform, reason: 'no SO_REUSEPORT' })
  }
  return { dataDir, shardCount: canShare ? wanted : 1 }
}

class Coordinator implements RunningNode {
  readonly metrics: readonly Metrics[]
  readonly users: NodeUsers
  readonly rules: NodeRules
  readonly integrations: NodeIntegrations
  readonly #options: NodeOptions
  readonly #storage: PreparedStorage
  readonly #runFiles: RunFiles
  readonly #shardCount: number
  readonly #memory: ReturnType<typeof makeSharedMemory>
  readonly #settings: NodeSettings
  readonly #open = new Map<string, OpenListener & { readonly place: number }>()
  readonly #noted: OpenListener[] = []
  #shards: readonly ShardControl[] = []
  #stopping: Promise<void> | undefined
  #hasFailed = false

  constructor(
    options: NodeOptions,
    storage: PreparedStorage,
    runFiles: RunFiles,
    shardCount: number,
  ) {
    this.#options = options
    this.#storage = storage
    this.#runFiles = runFiles
    this.#shardCount = shardCount
    this.#memory = makeSharedMemory(shardCount)
    this.metrics = metricsOf(this.#memory)
    const { log, config, version } = options
    this.#settings = new NodeSettings(config, version, this.#memory.authentication)
    this.rules = new NodeRules(toRuleStart(config), ruleServicePorts)
    this.integrations = new NodeIntegrations(config, log)
    this.users = new NodeUsers(storage.ticket, log, config.durability.max_pending_bytes)
  }

  get listeners(): readonly OpenListener[] {
    return [...this.#open.values()].map(({ id, host, port }) => ({ id, host, port }))
  }

  async start(dataDir: string): Promise<void> {
    const { config, log } = this.#options
    this.#runFiles.clear()
    const listeners = toListenerOptions(config, this.#listenerContext(config))
    // Before any thread is started: the most frequent reason why a start fails.
    for (const { host, port } of listeners) await checkPortIsFree(host, port)
    const useHandles = this.#options.sockets === 'auto' && (await probeTcpInternals())
    if (!useHandles) log.info('plain_sockets', { sockets: this.#options.sockets })
    this.#shards = this.#makeShards(nextRunNumber(dataDir, Date.now()), useHandles)
    await this.users.bootstrap(this.#options.config)
    this.rules.use(this.#shards)
    this.integrations.use(this.#shards)
    // Before the sessions are loaded: who connects meanwhile waits a moment and is not refused.
    for (const listener of listeners) await this.#listen(listener)
    this.#writeRunFiles()
    await Promise.all(this.#shards.map((shard) => shard.start()))
    const { bootstrap_file: bans } = config.banned
    if (bans !== '') await this.access('ban', [readBanFile(bans, Date.now()), 'keep'])
    await Promise.all(this.#shards.map((shard) => shard.serve()))
  }

  async configure(config: TidewayConfig): Promise<void> {
    await this.#settings.change(this.#shards, config)
    await this.users.bootstrap(config)
    await this.integrations.apply(config)
    await this.rules.configure(toRuleStart(config))
  }

  accessReports(): Promise<readonly AccessReport[]> {
    return Promise.all(this.#shards.map((shard) => shard.accessReport()))
  }

  authenticatorNumbers(name: string): AuthenticatorNumbers | undefined {
    return this.#settings.meters.numbers(name)
  }

  async startConfigured(config: TidewayConfig, id: string): Promise<OpenListener> {
    // Who may come in by this listener has to hold before anybody comes.
    await this.configure(config)
    const options = toListenerOption(config, id, this.#listenerContext(config))
    if (options === undefined) throw new Error(`there is no listener ${id}`)
    return this.startListener(options)
  }

  connectionsOf(id: string): number {
    const open = this.#open.get(id)
    return open === undefined ? 0 : slotsOf(this.#memory, open.place).value
  }

  health(): Promise<readonly ShardHealth[]> {
    return Promise.all(this.#shards.map((shard) => shard.health()))
  }

  noteListener(listener: OpenListener): void {
    this.#noted.push(listener)
    this.#writeRunFiles()
  }

  get shardCount(): number {
    return this.#shardCount
  }

  async operate(
    shard: number,
    operation: OperationName,
    args: readonly unknown[],
  ): Promise<unknown> {
    const control = this.#shards[shard]
    if (control === undefined) throw new RangeError(`there is no shard ${shard}`)
    return control.operate(operation, args)
  }

  async access<M extends AdministrationMethod>(
    method: M,
    args: Parameters<AccessAdministration[M]>,
  ): Promise<Awaited<ReturnType<AccessAdministration[M]>>> {
    const control = this.#shards[0]
    if (control === undefined) throw new Error('the node has no shards yet')
    const result = await control.administer(method, args)
    return result as Awaited<ReturnType<AccessAdministration[M]>> // What the method returns.
  }

  async startListener(options: ListenerOptions): Promise<OpenListener> {
    const open = await this.#listen(options)
    this.#writeRunFiles()
    return open
  }

  stopListener(id: string): Promise<boolean> {
    this.#open.delete(id)
    this.#writeRunFiles()
    return this.#unlisten(id)
  }

  async reload(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.reload()))
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  /** Lets go of everything after a start that did not succeed. */
  async abandon(): Promise<void> {
    this.rules.close()
    this.integrations.stop()
    await Promise.allSettled(this.#shards.map((shard) => shard.close()))
    await this.users.close()
    await this.#storage.close()
  }

  async #listen(options: ListenerOptions): Promise<OpenListener> {
    if (this.#open.has(options.id)) throw new Error(`listener ${options.id} runs already`)
    const place = this.#freePlace()
    let { port } = options
    // Shards share ports, so that they would share one with another listener as well.
    await checkPortIsFree(options.host, port)
    // One after the other: the first one learns the port that the system chooses.
    for (const shard of this.#shards) {
      try {
        port = await shard.listen({ ...options, port }, place)
      } catch (error) {
        await this.#unlisten(options.id)
        throw error
      }
    }
    const open = { id: options.id, host: options.host, port }
    this.#open.set(options.id, { ...open, place })
    return open
  }

  async #stop(): Promise<void> {
    this.integrations.stop()
    this.rules.close()
    // A shard that failed stops nothing, but the others still can.
    await Promise.allSettled(this.#shards.map((shard) => shard.stop()))
    await Promise.allSettled(this.#shards.map((shard) => shard.close()))
    this.#runFiles.clear()
    await this.users.close()
    await this.#storage.close()
  }

  #makeShards(run: number, useHandles: boolean): readonly ShardControl[] {
    const { config, logLevelMin } = this.#options
    const common = {
      ...this.#settings.current,
      shardCount: this.#shardCount,
      rules: toRuleStart(config),
      integrations: {
        specs: this.integrations.specs,
        bufferFolder: join(config.node.data_dir, BUFFER_FOLDER),
      },
      protection: {
        ...toProtectionSettings(config),
        tallySalt: randomBytes(TALLY_SALT_BYTES).toString('hex'),
      },
      storage: this.#storage.ticket,
      storagePendingBytesMax: config.durability.max_pending_bytes,
      memory: this.#memory,
      run,
      useHandles,
      nodeSecret: randomBytes(NODE_SECRET_BYTES),
      ticketKeys: randomBytes(TICKET_KEY_BYTES),
      logLevelMin,
    }
    const starts = Array.from({ length: this.#shardCount }, (_, shard) => ({ ...common, shard }))
    return this.#options.threads === 'inline' ? this.#inline(starts) : this.#workers(starts)
  }

  #workers(starts: readonly ShardStart[]): readonly ShardControl[] {
    const buses = makeBusEnds(starts.length)
    const events = {
      log: this.#options.writeLog,
      failed: (text: string) => this.#failed(text),
    }
    return buses.flatMap((bus) => {
      const start = starts[bus.shard]
      return start === undefined ? [] : new WorkerShard(start, bus, events)
    })
  }

  #inline(starts: readonly ShardStart[]): readonly ShardControl[] {
    const fabric = new InProcessFabric(starts.length, () => {
      setImmediate(() => fabric.deliver())
    })
    return starts.flatMap((start) => {
      const end = fabric.shards[start.shard]
      if (end === undefined) return []
      const runtime = composeShard(start, end, this.#options.log)
      fabric.open(start.shard, (from, items) => runtime.receiveBatch(from, items))
      return runtime
    })
  }

  async #unlisten(id: string): Promise<boolean> {
    const results = await Promise.all(this.#shards.map((shard) => shard.unlisten(id)))
    return results.includes(true)
  }

  #listenerContext(config: TidewayConfig): ListenerContext {
    return {
      shardCount: this.#shardCount,
      packetBytesMax: config.mqtt.max_packet_size,
      connectTimeoutMs: config.mqtt.idle_timeout,
      psk: toPsk(config),
      developmentCertificate: () => {
        return developmentCertificate(this.#options.config.node.data_dir, this.#options.log)
      },
    }
  }

  #writeRunFiles(): void {
    this.#runFiles.write([...this.listeners, ...this.#noted])
  }

  #freePlace(): number {
    const taken = new Set([...this.#open.values()].map(({ place }) => place))
    for (let place = 0; place < LISTENERS_MAX; place++) if (!taken.has(place)) return place
    throw new Error(`there are ${LISTENERS_MAX} listeners already`)
  }

  #failed(text: string): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#options.onFailure(text)
  }
}
