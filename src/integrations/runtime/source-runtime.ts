import type { SourceConfig } from '#config/fields/integrations/integration.ts'
import type { AnyConnector, Source, SourceContext } from '#plugin/define-connector.ts'
import type { ValueMap } from '#plugin/value.ts'
import { ActionCounter, add, makeActionCounters } from './action-counters.ts'
import type { ActionCounters } from './action-counters.ts'
import { reasonOf } from './connector-runtime.ts'
import type { ConnectorHost, ConnectorRuntime, IntegrationStatus } from './connector-runtime.ts'

/** What a source needs of its shard. */
export interface SourceHost extends ConnectorHost {
  /** Hands a record to the rules that read it. */
  feed(type: string, name: string, record: ValueMap): void
}

/** One source in one shard: open as long as its connector is connected. */
export class SourceRuntime {
  readonly type: string
  readonly name: string
  readonly counters: ActionCounters
  readonly #definition: AnyConnector
  readonly #config: SourceConfig
  readonly #host: SourceHost
  #connector: ConnectorRuntime | undefined
  /** It is the business of another shard. */
  readonly #isElsewhere: boolean
  #client: { readonly value: unknown } | undefined
  #source: Source | undefined
  #failure: string | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param isElsewhere another shard reads it, so that each record comes once */
  constructor(
    definition: AnyConnector,
    name: string,
    config: SourceConfig,
    host: SourceHost,
    isElsewhere: boolean,
  ) {
    this.type = definition.description.type
    this.name = name
    this.counters = makeActionCounters()
    this.#definition = definition
    this.#config = config
    this.#host = host
    this.#isElsewhere = isElsewhere
  }

  get connectorName(): string {
    return this.#config.connector
  }

  /** Reads over this connector from now on; undefined: there is none of the name it needs. */
  connect(connector: ConnectorRuntime | undefined): void {
    this.#connector?.detach(this)
    this.closed()
    this.#connector = connector
    if (this.#config.enable && !this.#isElsewhere && !this.#isClosed) connector?.attach(this)
  }

  get status(): IntegrationStatus {
    if (!this.#config.enable) return { status: 'disconnected', reason: 'it is switched off' }
    if (this.#connector === undefined) {
      const reason = `there is no connector ${this.type}:${this.#config.connector}`
      return { status: 'disconnected', reason }
    }
    if (this.#failure !== undefined) return { status: 'disconnected', reason: this.#failure }
    if (this.#isElsewhere) return this.#connector.status
    if (this.#source !== undefined) return { status: 'connected', reason: '' }
    const { status, reason } = this.#connector.status
    return { status: status === 'connected' ? 'connecting' : status, reason }
  }

  /** The numbers as they are now. */
  read(): readonly number[] {
    return [...this.counters]
  }

  /** The connection is open. */
  opened(client: unknown): void {
    this.#client = { value: client }
    void this.#open()
  }

  /** The connection is gone. */
  closed(): void {
    this.#client = undefined
    clearTimeout(this.#timer)
    const source = this.#source
    this.#source = undefined
    void this.#closeSource(source)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#connector?.detach(this)
    const source = this.#source
    this.#source = undefined
    await this.#closeSource(source)
  }

  async #open(): Promise<void> {
    const client = this.#client
    const definition = this.#definition.source
    if (client === undefined || definition === undefined) return
    const isCurrent = (): boolean => this.#client === client && !this.#isClosed
    const context: SourceContext = {
      ...this.#host,
      name: this.name,
      lost: () => this.#connector?.suspect(),
      emit: (record) => {
        add(this.counters, ActionCounter.RECEIVED)
        this.#host.feed(this.type, this.name, record)
      },
    }
    try {
      const { parameters } = this.#config
      // The parameters were decoded by the description of this connector, which made the client.
      const source = await definition.open(parameters as never, client.value as never, context)
      if (!isCurrent()) {
        await this.#closeSource(source)
        return
      }
      this.#failure = undefined
      this.#source = source
    } catch (error) {
      if (!isCurrent()) return
      this.#failure = reasonOf(error)
      const fields = { source: `${this.type}:${this.name}`, reason: this.#failure }
      this.#host.log.warn('source_not_opened', fields)
      const { health_check_interval: pauseMs } = this.#config.resource_opts
      this.#timer = setTimeout(() => void this.#open(), pauseMs)
    }
  }

  async #closeSource(source: Source | undefined): Promise<void> {
    try {
      await source?.close()
    } catch (error) {
      const fields = { source: `${this.type}:${this.name}`, reason: reasonOf(error) }
      this.#host.log.warn('source_not_closed', fields)
    }
  }
}
