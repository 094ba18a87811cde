import type { ClientSslConfig } from '#config/fields/backends/connection.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { LogLevelName } from '#kernel/system/log-record.ts'
import type { CollectorSettings } from './otlp-client.ts'

/** When one signal is exported. */
export interface SignalSettings {
  readonly intervalMs: number
  /** Longest time of a request. */
  readonly timeoutMs: number
}

/** What is exported, and where. A signal that is undefined is not. */
export interface ExportSettings {
  readonly collector: Omit<CollectorSettings, 'tls'> & { readonly ssl: ClientSslConfig }
  readonly metrics: SignalSettings | undefined
  readonly logs:
    | (SignalSettings & { readonly level: LogLevelName; readonly linesMax: number })
    | undefined
  readonly traces: SignalSettings | undefined
}

const METRICS_TIMEOUT_MS = 30_000

/** What the configuration says; undefined: nothing is exported. */
export function toExportSettings({ opentelemetry }: TidewayConfig): ExportSettings | undefined {
  const { exporter, metrics, logs, traces } = opentelemetry
  if (!metrics.enable && !logs.enable && !traces.enable) return undefined
  const { endpoint, protocol, compression, headers, ssl_options: ssl } = exporter
  return {
    collector: { endpoint, protocol, compression, headers, ssl },
    metrics: metrics.enable
      ? { intervalMs: metrics.interval, timeoutMs: METRICS_TIMEOUT_MS }
      : undefined,
    logs: logs.enable
      ? { ...timing(logs), level: logs.level, linesMax: logs.max_queue_size }
      : undefined,
    traces: traces.enable ? timing(traces) : undefined,
  }
}

function timing(signal: {
  readonly scheduled_delay: number
  readonly exporting_timeout: number
}): SignalSettings {
  return { intervalMs: signal.scheduled_delay, timeoutMs: signal.exporting_timeout }
}
