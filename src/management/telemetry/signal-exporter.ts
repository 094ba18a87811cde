import type { Log } from '#broker/ports.ts'
import { DriverError } from '#drivers/driver-error.ts'
import type { OtlpClient, Signal } from './otlp-client.ts'

/** A request that is ready to be sent. */
export interface ExportBatch {
  readonly body: Buffer
  readonly count: number
}

/** What an exporter works with. */
export interface SignalExporterPorts {
  readonly signal: Signal
  readonly client: OtlpClient
  readonly log: Log
  /** How often something is collected and sent, in ms. */
  readonly intervalMs: number
  /** Longest time of one request. */
  readonly timeoutMs: number
  /** What was not taken is sent again; otherwise it is dropped, as the next numbers replace it. */
  readonly isKept: boolean
  readonly figures: ExportFigures
  /** Takes out what waits. */
  collect(): Promise<readonly ExportBatch[]>
}

/** Numbers of one signal since the start. */
export interface ExportFigures {
  /** Items that the collector has taken. */
  exported: number
  /** Items that were dropped: no room, or refused. */
  dropped: number
  /** Requests that failed. */
  failed: number
}

const RETRY_MOST_MS = 30_000

/**
 * Exports one signal: collects, sends, waits. While the collector is away nothing is collected, so
 * that what waits stays where its limits are, and what was collected is sent first.
 */
export class SignalExporter {
  readonly #ports: SignalExporterPorts
  #waiting: ExportBatch[] = []
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #failures = 0
  #isStopped = false

  constructor(ports: SignalExporterPorts) {
    this.#ports = ports
    this.#schedule(ports.intervalMs)
  }

  /** Sends what waits if that is possible at once, and ends. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    const limit = new Promise<void>((resolve) => {
      this.#timer = setTimeout(resolve, limitMs)
    })
    const last = async (): Promise<void> => {
      await this.#running
      if (this.#failures === 0) await this.#round()
    }
    await Promise.race([last(), limit])
    clearTimeout(this.#timer)
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#running = this.#round().then(() => this.#schedule(this.#pauseMs()))
    }, delayMs).unref()
  }

  #pauseMs(): number {
    const { intervalMs } = this.#ports
    return Math.max(intervalMs, Math.min(RETRY_MOST_MS, intervalMs * 2 ** this.#failures))
  }

  /** Never rejects. */
  async #round(): Promise<void> {
    try {
      if (this.#waiting.length === 0) this.#waiting = [...(await this.#ports.collect())]
    } catch (error) {
      this.#ports.log.error('opentelemetry_not_collected', { signal: this.#ports.signal, error })
    }
    for (let batch = this.#waiting[0]; batch !== undefined; batch = this.#waiting[0]) {
      if (!(await this.#send(batch))) return
      this.#waiting.shift()
    }
  }

  /** False when it is to be sent again. */
  async #send(batch: ExportBatch): Promise<boolean> {
    const { client, signal, timeoutMs, figures, isKept } = this.#ports
    try {
      const { rejected, message } = await client.send(signal, batch.body, timeoutMs)
      figures.exported += batch.count - rejected
      if (rejected > 0) this.#refused(rejected, message)
      this.#recovered()
      return true
    } catch (error) {
      figures.failed++
      const isRetryable = !(error instanceof DriverError) || error.kind === 'retryable'
      this.#troubled(error)
      if (isKept && isRetryable) return false
      figures.dropped += batch.count
      return true
    }
  }

  #refused(count: number, reason: string): void {
    const { figures, log, signal } = this.#ports
    figures.dropped += count
    log.warn('opentelemetry_partly_refused', { signal, count, reason })
  }

  /** Once when it begins: the log may be what is exported. */
  #troubled(error: unknown): void {
    const { log, signal } = this.#ports
    const reason = error instanceof Error ? error.message : String(error)
    if (this.#failures++ === 0) log.warn('opentelemetry_export_failed', { signal, reason })
  }

  #recovered(): void {
    if (this.#failures === 0) return
    this.#failures = 0
    const { log, signal } = this.#ports
    log.warn('opentelemetry_export_restored', { signal })
  }
}
