import { isDeepStrictEqual } from 'node:util'
import { tlsOf } from '#access/backends/driver-settings.ts'
import { type OtlpSource, writeRequest } from '#codec/otlp/otlp.ts'
import { ProtoWriter } from '#codec/otlp/proto-writer.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { NodePort } from '../node-port.ts'
import { type ExportSettings, type SignalSettings, toExportSettings } from './export-settings.ts'
import { LogQueue } from './log-queue.ts'
import { type OtlpClient, openOtlp, type Signal } from './otlp-client.ts'
import { type ExportBatch, type ExportFigures, SignalExporter } from './signal-exporter.ts'

/** Encodes all numbers. */
export type CollectMetrics = (source: OtlpSource) => Promise<ExportBatch>

const SIGNALS: readonly Signal[] = ['metrics', 'logs', 'traces']
/** Longest time that a change or the end waits for the last requests. */
const STOP_LIMIT_MS = 1_000
const HEAD_BYTES = 1_024

/** What runs for one configuration. */
interface Running {
  readonly client: OtlpClient
  readonly exporters: readonly SignalExporter[]
}

/** Exports numbers, log lines and traces to a collector, as the configuration says. */
export class Telemetry {
  readonly #node: NodePort
  readonly #collectMetrics: CollectMetrics
  readonly #figures: Readonly<Record<Signal, ExportFigures>>
  #running: Running | undefined
  #wanted: ExportSettings | undefined
  #changes: Promise<void> = Promise.resolve()

  constructor(node: NodePort, collectMetrics: CollectMetrics) {
    this.#node = node
    this.#collectMetrics = collectMetrics
    this.#figures = { metrics: noFigures(), logs: noFigures(), traces: noFigures() }
  }

  /** Numbers of each signal since the start. */
  figures(): readonly (ExportFigures & { readonly signal: Signal })[] {
    return SIGNALS.map((signal) => ({ signal, ...this.#figures[signal] }))
  }

  /**
   * Exports what this configuration says from now on.
   * @throws TlsConfigError, and what reading a secret throws; the former one holds then
   */
  configure(config: TidewayConfig): Promise<void> {
    const settings = toExportSettings(config)
    if (isDeepStrictEqual(this.#wanted, settings)) return this.#changes
    const client = settings && this.#open(settings)
    this.#wanted = settings
    const changed = this.#changes.then(async () => {
      await this.#stop()
      if (settings !== undefined && client !== undefined) this.#start(settings, client)
    })
    this.#changes = changed
    return changed
  }

  /** Sends what waits, as far as that is possible at once. */
  stop(): Promise<void> {
    this.#changes = this.#changes.then(() => this.#stop())
    return this.#changes
  }

  #open({ collector }: ExportSettings): OtlpClient {
    const { ssl, headers, ...rest } = collector
    const { readSecret, shardCount } = this.#node
    return openOtlp({
      ...rest,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, readSecret(value)]),
      ),
      tls: tlsOf(ssl, { readSecret, shardCount }, rest.endpoint.startsWith('https:')),
    })
  }

  #start(settings: ExportSettings, client: OtlpClient): void {
    const { metrics, logs, traces } = settings
    const exporters: SignalExporter[] = []
    const add = (
      signal: Signal,
      times: SignalSettings,
      collect: () => Promise<readonly ExportBatch[]>,
    ): void => {
      const { log } = this.#node
      const figures = this.#figures[signal]
      const isKept = signal !== 'metrics'
      exporters.push(
        new SignalExporter({ ...times, signal, client, log, isKept, figures, collect }),
      )
    }
    if (metrics !== undefined) {
      add('metrics', metrics, async () => [await this.#collectMetrics(this.#source())])
    }
    if (logs !== undefined) {
      const queue = new LogQueue(logs.linesMax)
      this.#node.tapLog({ level: logs.level, write: (record) => queue.add(record) })
      add('logs', logs, () => Promise.resolve(this.#lines(queue)))
    }
    if (traces !== undefined) add('traces', traces, () => this.#spans())
    this.#running = { client, exporters }
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    this.#node.tapLog(undefined)
    await Promise.all(running.exporters.map((exporter) => exporter.stop(STOP_LIMIT_MS)))
    await running.client.close()
  }

  #lines(queue: LogQueue): readonly ExportBatch[] {
    this.#figures.logs.dropped += queue.dropped
    queue.dropped = 0
    const batch = queue.take()
    return batch === undefined ? [] : [this.#request(batch)]
  }

  async #spans(): Promise<readonly ExportBatch[]> {
    const batches = await this.#node.takeSpans()
    for (const { dropped } of batches) this.#figures.traces.dropped += dropped
    return batches.filter(({ count }) => count > 0).map((batch) => this.#request(batch))
  }

  /** A request with items that were encoded elsewhere. */
  #request({ bytes, count }: { readonly bytes: Uint8Array; readonly count: number }): ExportBatch {
    const out = new ProtoWriter(bytes.length + HEAD_BYTES)
    writeRequest(out, this.#source(), (scope) => scope.raw(bytes))
    return { body: out.toBuffer(), count }
  }

  #source(): OtlpSource {
    const { name, version } = this.#node
    const resource = {
      'service.name': 'tideway',
      'service.version': version,
      'service.instance.id': name,
    }
    return { resource, scopeName: 'tideway', scopeVersion: version }
  }
}

function noFigures(): ExportFigures {
  return { exported: 0, dropped: 0, failed: 0 }
}
