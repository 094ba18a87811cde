import type { ConnectorConfig } from '#config/fields/integrations/integration.ts'
import { backOffMs } from '#drivers/back-off.ts'
import type { AnyConnector, ConnectorContext } from '#plugin/define-connector.ts'

/** Whether a connector, action or source works. `reason` is for people and holds no secrets. */
export interface IntegrationStatus {
  readonly status: 'connected' | 'connecting' | 'disconnected'
  readonly reason: string
}

/** What runs on a connection: told of each that is opened, and of its end. */
export interface ConnectorUser {
  opened(client: unknown): void
  closed(reason: string): void
}

/** What a connector gets of its shard. */
export type ConnectorHost = Omit<ConnectorContext, 'lost' | 'name'>

const RETRY_FIRST_MS = 250
const RETRY_MOST_MS = 10_000
const CLOSE_LIMIT_MS = 2000
const STOPPED = 'it is switched off'

/**
 * One connector in one shard: keeps a connection open as long as it runs. Looks after it at
 * intervals; when it is gone it is closed and opened again, with growing pauses.
 */
export class ConnectorRuntime {
  readonly type: string
  readonly name: string
  readonly #definition: AnyConnector
  readonly #config: ConnectorConfig
  readonly #host: ConnectorHost
  readonly #users = new Set<ConnectorUser>()
  #client: { readonly value: unknown } | undefined
  #status: IntegrationStatus = { status: 'disconnected', reason: 'it was not started yet' }
  #run: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  #failures = 0
  #isChecking = false
  #waiting: (() => void)[] = []

  constructor(
    definition: AnyConnector,
    name: string,
    config: ConnectorConfig,
    host: ConnectorHost,
  ) {
    this.type = definition.description.type
    this.name = name
    this.#definition = definition
    this.#config = config
    this.#host = host
    if (!config.enable) this.#status = { status: 'disconnected', reason: STOPPED }
    else if (config.resource_opts.start_after_created) this.start()
  }

  get status(): IntegrationStatus {
    return this.#status
  }

  get isEnabled(): boolean {
    return this.#config.enable
  }

  /** Connects, unless it does or is switched off. */
  start(): void {
    if (!this.#config.enable || this.#run !== undefined) return
    this.#run = new AbortController()
    void this.#open(this.#run)
  }

  /** Connects now; resolves when that has worked or failed, or after `start_timeout`. */
  async restart(): Promise<IntegrationStatus> {
    if (this.#status.status === 'connected') return this.#status
    await this.#end('it is started anew')
    this.#failures = 0
    this.start()
    const { start_timeout: limitMs } = this.#config.resource_opts
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    return this.#status
  }

  /** Is told of the connection there is, and of all to come. */
  attach(user: ConnectorUser): void {
    this.#users.add(user)
    if (this.#client !== undefined) user.opened(this.#client.value)
  }

  detach(user: ConnectorUser): void {
    this.#users.delete(user)
  }

  /** A request failed as it does when the connection is gone: looks after it soon. */
  suspect(): void {
    if (this.#client === undefined || this.#isChecking) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#check(), 0)
  }

  async close(): Promise<void> {
    await this.#end(STOPPED)
  }

  async #open(run: AbortController): Promise<void> {
    this.#status = { status: 'connecting', reason: this.#status.reason }
    const { signal } = run
    const context: ConnectorContext = {
      ...this.#host,
      name: this.name,
      lost: (reason) => {
        if (!signal.aborted) void this.#lost(run, reason)
      },
    }
    try {
      // The configuration was decoded by the description of this very connector.
      const client = await this.#definition.open(this.#config as never, context, signal)
      if (signal.aborted) {
        await this.#definition.close(client as never)
        return
      }
      this.#client = { value: client }
      this.#failures = 0
      this.#setStatus({ status: 'connected', reason: '' })
      for (const user of this.#users) user.opened(client)
      this.#checkLater(this.#config.resource_opts.health_check_interval)
    } catch (error) {
      if (!signal.aborted) this.#again(run, reasonOf(error))
    }
  }

  #again(run: AbortController, reason: string): void {
    this.#failures++
    this.#setStatus({ status: 'disconnected', reason })
    const { health_check_interval: mostMs } = this.#config.resource_opts
    const limits = { firstMs: RETRY_FIRST_MS, mostMs: Math.min(RETRY_MOST_MS, mostMs) }
    const pauseMs = backOffMs(this.#failures, limits, Math.random())
    this.#timer = setTimeout(() => void this.#open(run), pauseMs)
  }

  #checkLater(pauseMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#check(), pauseMs)
  }

  async #check(): Promise<void> {
    const { health_check_interval: pauseMs, health_check_timeout: limitMs } =
      this.#config.resource_opts
    const client = this.#client
    const run = this.#run
    if (client === undefined || run === undefined) return
    this.#isChecking = true
    try {
      await withLimit(limitMs, (signal) => {
        return this.#definition.check(client.value as never, signal) // Opened by it.
      })
      if (this.#client === client) this.#checkLater(pauseMs)
    } catch (error) {
      if (this.#client === client) await this.#lost(run, reasonOf(error))
    } finally {
      this.#isChecking = false
    }
  }

  /** The connection is of no use any more. */
  async #lost(run: AbortController, reason: string): Promise<void> {
    const client = this.#client
    if (client === undefined || run.signal.aborted) return
    this.#drop(reason)
    this.#setStatus({ status: 'disconnected', reason })
    await this.#closeClient(client.value)
    if (!run.signal.aborted) this.#again(run, reason)
  }

  async #end(reason: string): Promise<void> {
    clearTimeout(this.#timer)
    this.#run?.abort()
    this.#run = undefined
    const client = this.#client
    this.#drop(reason)
    this.#status = { status: 'disconnected', reason }
    if (client !== undefined) await this.#closeClient(client.value)
  }

  #drop(reason: string): void {
    clearTimeout(this.#timer)
    if (this.#client === undefined) return
    this.#client = undefined
    for (const user of this.#users) user.closed(reason)
  }

  async #closeClient(client: unknown): Promise<void> {
    try {
      // A connection that is dead may never say that it is closed.
      await withLimit(CLOSE_LIMIT_MS, async () => {
        await this.#definition.close(client as never) // Opened by it.
      })
    } catch (error) {
      this.#host.log.warn('connector_not_closed', this.#fields(reasonOf(error)))
    }
  }

  #setStatus(status: IntegrationStatus): void {
    const before = this.#status
    this.#status = status
    const { log } = this.#host
    if (status.status === 'connected') log.info('connector_connected', this.#fields(undefined))
    else if (before.reason !== status.reason) {
      log.warn('connector_disconnected', this.#fields(status.reason))
    }
    for (const settle of this.#waiting.splice(0)) settle()
  }

  #fields(reason: string | undefined): Readonly<Record<string, unknown>> {
    const connector = `${this.type}:${this.name}`
    return reason === undefined ? { connector } : { connector, reason }
  }
}

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Runs something with a time limit. Fails with what it fails with, or says how long it took. */
export async function withLimit<T>(
  limitMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it did not answer within ${Math.round(limitMs / 100) / 10} s`))
      stop.abort()
    }, limitMs)
  })
  try {
    return await Promise.race([run(stop.signal), over])
  } finally {
    clearTimeout(timer)
  }
}
