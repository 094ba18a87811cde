import type { TidewayConfig } from '#config/tideway-config.ts'
import { zoneConfig } from '#config/zone-config.ts'
import type { ListenerOptions } from '#listeners/listener-options.ts'
import { checkPortIsFree } from '#net/acceptor.ts'
import { isReadableByAll } from '#net/file-rights.ts'
import { developmentCertificate } from './development-certificate.ts'
import {
  type ListenerContext,
  toListenerOption,
  toListenerOptions,
  toPsk,
} from './listener-settings.ts'
import type { RunFiles } from './run-files.ts'
import type { NodeOptions, OpenListener } from './running-node.ts'
import type { ShardControl } from './shard-runtime.ts'
import { LISTENERS_MAX, type SharedMemory, slotsOf } from './shard-start.ts'

/** What listeners of a node need. */
export interface NodeListenerParts {
  readonly options: NodeOptions
  readonly shardCount: number
  readonly memory: SharedMemory
  readonly runFiles: RunFiles
}

/** The listeners of a node: each is open in all shards, or in none. */
export class NodeListeners {
  readonly #parts: NodeListenerParts
  readonly #open = new Map<string, OpenListener & { readonly place: number }>()
  readonly #noted: OpenListener[] = []
  #shards: readonly ShardControl[] = []

  constructor(parts: NodeListenerParts) {
    this.#parts = parts
  }

  /** Those that are open. */
  list(): readonly OpenListener[] {
    return [...this.#open.values()].map(({ id, host, port }) => ({ id, host, port }))
  }

  /**
   * Options of all that the configuration enables.
   * @throws ListenError when a port is not free
   */
  async prepare(config: TidewayConfig): Promise<readonly ListenerOptions[]> {
    const listeners = toListenerOptions(config, this.#contextOf(config))
    for (const { host, port } of listeners) await checkPortIsFree(host, port)
    return listeners
  }

  /**
   * Opens the first ones, in shards that have just been made.
   * @throws ListenError, TlsConfigError
   */
  async openAll(shards: readonly ShardControl[], all: readonly ListenerOptions[]): Promise<void> {
    this.#shards = shards
    for (const listener of all) await this.#listen(listener)
    this.#writeRunFiles()
  }

  /** See `RunningNode.startListener`. */
  async start(options: ListenerOptions): Promise<OpenListener> {
    const open = await this.#listen(options)
    this.#writeRunFiles()
    return open
  }

  /** See `RunningNode.startConfigured`. */
  async startConfigured(config: TidewayConfig, id: string): Promise<OpenListener> {
    return this.start(this.#optionsOf(config, id))
  }

  /** See `RunningNode.updateListener`. */
  async update(config: TidewayConfig, id: string): Promise<void> {
    const options = this.#optionsOf(config, id)
    this.#warnOfOpenSecrets(options)
    await Promise.all(this.#shards.map((shard) => shard.relisten(options)))
  }

  /** See `RunningNode.stopListener`. */
  stop(id: string): Promise<boolean> {
    this.#open.delete(id)
    this.#writeRunFiles()
    return this.#unlisten(id)
  }

  /** Connections of a listener in all shards. */
  connectionsOf(id: string): number {
    const open = this.#open.get(id)
    return open === undefined ? 0 : slotsOf(this.#parts.memory, open.place).value
  }

  /** See `RunningNode.noteListener`. */
  note(listener: OpenListener): void {
    this.#noted.push(listener)
    this.#writeRunFiles()
  }

  async #listen(options: ListenerOptions): Promise<OpenListener> {
    if (this.#open.has(options.id)) throw new Error(`listener ${options.id} runs already`)
    this.#warnOfOpenSecrets(options)
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

  async #unlisten(id: string): Promise<boolean> {
    const results = await Promise.all(this.#shards.map((shard) => shard.unlisten(id)))
    return results.includes(true)
  }

  #warnOfOpenSecrets({ id, tls }: ListenerOptions): void {
    const secrets = [tls?.files.keyfile, tls?.psk?.path].filter((path) => path !== undefined)
    for (const path of secrets.filter(isReadableByAll)) {
      const remedy = 'take the right to read it from others (chmod o-r)'
      this.#parts.options.log.warn('secret_file_readable_by_all', { listener: id, path, remedy })
    }
  }

  #optionsOf(config: TidewayConfig, id: string): ListenerOptions {
    const options = toListenerOption(config, id, this.#contextOf(config))
    if (options === undefined) throw new Error(`there is no listener ${id}`)
    return options
  }

  #contextOf(config: TidewayConfig): ListenerContext {
    const { options, shardCount } = this.#parts
    return {
      shardCount,
      mqttOf: (zone) => zoneConfig(config, zone).mqtt,
      psk: toPsk(config),
      developmentCertificate: () => {
        return developmentCertificate(options.config.node.data_dir, options.log)
      },
    }
  }

  #writeRunFiles(): void {
    this.#parts.runFiles.write([...this.list(), ...this.#noted])
  }

  #freePlace(): number {
    const taken = new Set([...this.#open.values()].map(({ place }) => place))
    for (let place = 0; place < LISTENERS_MAX; place++) if (!taken.has(place)) return place
    throw new Error(`there are ${LISTENERS_MAX} listeners already`)
  }
}
