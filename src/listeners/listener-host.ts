import type { ListenerOptions } from './listener-options.ts'
import { Listener, type ListenerCounts, type ListenerTools } from './listener.ts'
import { makePipeline, type Pipeline } from './pipeline.ts'
import type { SlotCounter } from './slot-counter.ts'

interface Entry {
  readonly listener: Listener
  readonly pipeline: Pipeline
}

const CERTIFICATE_CHECK_MS = 120_000

/** All listeners of one thread. */
export class ListenerHost {
  readonly #tools: ListenerTools
  readonly #entries = new Map<string, Entry>()
  #isHolding = false
  #certificateTimer: NodeJS.Timeout | undefined

  constructor(tools: ListenerTools) {
    this.#tools = tools
  }

  /** Lets connections wait at the ports until `serve`: for a broker that is not ready yet. */
  hold(): void {
    this.#isHolding = true
  }

  /** Serves connections from now on. */
  serve(): void {
    this.#isHolding = false
    for (const { listener } of this.#entries.values()) listener.serve()
  }

  /**
   * Starts a listener and returns its port.
   * @param slots counts its connections in the whole process
   * @throws ListenError, TlsConfigError; or an Error when it runs already
   */
  async start(options: ListenerOptions, slots: SlotCounter): Promise<number> {
    if (this.#entries.has(options.id)) throw new Error(`listener ${options.id} runs already`)
    const pipeline = makePipeline(options, this.#tools)
    const listener = new Listener(options, pipeline.run, slots, this.#tools, this.#isHolding)
    this.#entries.set(options.id, { listener, pipeline })
    try {
      const port = await listener.open()
      this.#certificateTimer ??= setInterval(() => {
        this.reloadCertificates()
      }, CERTIFICATE_CHECK_MS).unref()
      return port
    } catch (error) {
      this.#entries.delete(options.id)
      throw error
    }
  }

  /**
   * Has a listener go by other options of the same socket; connections stay.
   * @throws TlsConfigError, or an Error when it does not run; nothing has changed then
   */
  update(options: ListenerOptions): void {
    const entry = this.#entries.get(options.id)
    if (entry === undefined) throw new Error(`listener ${options.id} does not run`)
    const pipeline = makePipeline(options, this.#tools)
    entry.listener.use(options, pipeline.run)
    this.#entries.set(options.id, { ...entry, pipeline })
  }

  /** Stops a listener and ends its connections; false when there is none. */
  async stop(id: string): Promise<boolean> {
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    await entry?.listener.stop()
    return entry !== undefined
  }

  /** Accepts nothing more on any listener; connections stay. For the end of the process. */
  async closePorts(): Promise<void> {
    clearInterval(this.#certificateTimer)
    await Promise.all([...this.#entries.values()].map(({ listener }) => listener.closePort()))
  }

  /** Takes changed certificate files into use; broken ones are logged and left alone. */
  reloadCertificates(): void {
    const { log } = this.#tools
    for (const [id, { pipeline }] of this.#entries) {
      try {
        if (pipeline.reloadCertificates()) log.info('certificates_reloaded', { listener: id })
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        log.warn('certificates_not_reloaded', { listener: id, reason })
      }
    }
  }

  /** Connections of all listeners in this thread. */
  get connectionCount(): number {
    let count = 0
    for (const { listener } of this.#entries.values()) count += listener.connectionCount
    return count
  }

  /** Numbers of every listener. */
  counts(): Record<string, ListenerCounts> {
    const counts = [...this.#entries].map(([id, { listener }]) => [id, listener.counts()] as const)
    return Object.fromEntries(counts)
  }
}
