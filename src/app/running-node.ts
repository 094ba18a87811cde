import type {
  AccessAdministration,
  AdministrationMethod,
} from '#access/administration/access-administration.ts'
import type { Metrics } from '#broker/metrics.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { LevelCells, LogRecord, SystemLog } from '#kernel/system/log-record.ts'
import type { ListenerOptions } from '#listeners/listener-options.ts'
import type { SpanBatch } from '#streams/tracing/span-buffer.ts'
import type { ShardHealth } from './loop-watch.ts'
import type { NodeAccess } from './node-access.ts'
import type { NodeIntegrations } from './node-integrations.ts'
import type { NodeRules } from './node-rules.ts'
import type { NodeUsers } from './node-users.ts'
import type { OperationName } from './shard-runtime.ts'

/** What a node is started with. */
export interface NodeOptions {
  readonly config: TidewayConfig
  readonly version: string
  readonly log: SystemLog
  /** Takes what shard threads log. */
  readonly writeLog: (record: LogRecord) => void
  readonly logLevels: LevelCells
  /** `inline`: all shards in this thread, for debugging. */
  readonly threads: 'workers' | 'inline'
  /** `plain` keeps TCP connections off the internals of Node.js. */
  readonly sockets: 'auto' | 'plain'
  /** The ports are open and the shards load what is stored: time for other work of this thread. */
  readonly onLoading?: () => void
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
  /** How authenticators and sources of rules are doing. */
  readonly accessStates: NodeAccess
  /**
   * Opens a listener of the configuration, whether or not that enables it. What that says of its
   * clients is to hold already, see `configure`.
   */
  startConfigured(config: TidewayConfig, id: string): Promise<OpenListener>
  /**
   * Has a listener that runs go by what the configuration says of it, apart from its socket;
   * connections stay. Rejects when a shard cannot, and others may do so then.
   */
  updateListener(config: TidewayConfig, id: string): Promise<void>
  /** Connections of a listener in all shards. */
  connectionsOf(id: string): number
  /** How every shard is doing, since this was asked last. */
  health(): Promise<readonly ShardHealth[]>
  /** Takes the spans of traces that wait to be exported out of every shard. */
  takeSpans(): Promise<readonly SpanBatch[]>
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
