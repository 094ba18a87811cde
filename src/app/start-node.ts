import { availableParallelism } from 'node:os'
import type {
  AccessAdministration,
  AdministrationMethod,
} from '#access/administration/access-administration.ts'
import { readBanFile } from '#access/protection/ban-file.ts'
import type { Metrics } from '#broker/metrics.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { ListenerOptions } from '#listeners/listener-options.ts'
import { probeTcpInternals } from '#net/tcp-probe.ts'
import { type PreparedStorage, prepareStorage } from '#storage/lmdb/prepare-storage.ts'
import type { SpanBatch } from '#streams/tracing/span-buffer.ts'
import type { ShardHealth } from './loop-watch.ts'
import { makeShards } from './make-shards.ts'
import { NodeAccess } from './node-access.ts'
import { NodeIntegrations } from './node-integrations.ts'
import { NodeListeners } from './node-listeners.ts'
import { NodeRules } from './node-rules.ts'
import { NodeSettings } from './node-settings.ts'
import { NodeUsers } from './node-users.ts'
import { ruleServicePorts } from './rule-services.ts'
import { toRuleStart } from './rule-settings.ts'
import { RunFiles } from './run-files.ts'
import { nextRunNumber } from './run-number.ts'
import type { NodeOptions, OpenListener, RunningNode } from './running-node.ts'
import { shardsFor } from './shards-for.ts'
import type { OperationName, ShardControl } from './shard-runtime.ts'
import { makeSharedMemory, metricsOf } from './shard-start.ts'

/** Systems that spread connections over several listening sockets of one port. */
const REUSE_PORT_SYSTEMS: ReadonlySet<string> = new Set(['linux', 'freebsd'])

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
    log: log.of('storage'),
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
  const wanted = shards === 'auto' ? shardsFor(availableParallelism()) : shards
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
  readonly accessStates: NodeAccess
  readonly #options: NodeOptions
  readonly #storage: PreparedStorage
  readonly #runFiles: RunFiles
  readonly #shardCount: number
  readonly #memory: ReturnType<typeof makeSharedMemory>
  readonly #settings: NodeSettings
  readonly #listeners: NodeListeners
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
    this.integrations = new NodeIntegrations(config, log.of('integrations'))
    this.accessStates = new NodeAccess(this.#settings.meters, log.of('access'))
    this.users = new NodeUsers(
      storage.ticket,
      log.of('access'),
      config.durability.max_pending_bytes,
    )
    this.#listeners = new NodeListeners({ options, shardCount, memory: this.#memory, runFiles })
  }

  get listeners(): readonly OpenListener[] {
    return this.#listeners.list()
  }

  async start(dataDir: string): Promise<void> {
    const { config, log } = this.#options
    this.#runFiles.clear()
    // Before any thread is started: a port in use is the most frequent reason why a start fails.
    const listeners = await this.#listeners.prepare(config)
    const useHandles = this.#options.sockets === 'auto' && (await probeTcpInternals())
    if (!useHandles) log.info('plain_sockets', { sockets: this.#options.sockets })
    this.#shards = this.#makeShards(nextRunNumber(dataDir, Date.now()), useHandles)
    await this.users.bootstrap(this.#options.config)
    this.rules.use(this.#shards)
    this.integrations.use(this.#shards)
    this.accessStates.use(this.#shards)
    // Before the sessions are loaded: who connects meanwhile waits a moment and is not refused.
    await this.#listeners.openAll(this.#shards, listeners)
    const started = Promise.all(this.#shards.map((shard) => shard.start()))
    this.#options.onLoading?.()
    await started
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

  startConfigured(config: TidewayConfig, id: string): Promise<OpenListener> {
    return this.#listeners.startConfigured(config, id)
  }

  updateListener(config: TidewayConfig, id: string): Promise<void> {
    return this.#listeners.update(config, id)
  }

  connectionsOf(id: string): number {
    return this.#listeners.connectionsOf(id)
  }

  health(): Promise<readonly ShardHealth[]> {
    return Promise.all(this.#shards.map((shard) => shard.health()))
  }

  takeSpans(): Promise<readonly SpanBatch[]> {
    return Promise.all(this.#shards.map((shard) => shard.takeSpans()))
  }

  noteListener(listener: OpenListener): void {
    this.#listeners.note(listener)
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

  startListener(options: ListenerOptions): Promise<OpenListener> {
    return this.#listeners.start(options)
  }

  stopListener(id: string): Promise<boolean> {
    return this.#listeners.stop(id)
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
    this.accessStates.stop()
    await Promise.allSettled(this.#shards.map((shard) => shard.close()))
    await this.users.close()
    await this.#storage.close()
  }

  async #stop(): Promise<void> {
    this.integrations.stop()
    this.accessStates.stop()
    this.rules.close()
    // A shard that failed stops nothing, but the others still can.
    await Promise.allSettled(this.#shards.map((shard) => shard.stop()))
    await Promise.allSettled(this.#shards.map((shard) => shard.close()))
    this.#runFiles.clear()
    await this.users.close()
    await this.#storage.close()
  }

  #makeShards(run: number, useHandles: boolean): readonly ShardControl[] {
    return makeShards({
      options: this.#options,
      shardCount: this.#shardCount,
      settings: this.#settings.current,
      integrations: this.integrations.specs,
      storage: this.#storage.ticket,
      memory: this.#memory,
      run,
      useHandles,
      failed: (text) => this.#failed(text),
    })
  }

  #failed(text: string): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#options.onFailure(text)
  }
}
