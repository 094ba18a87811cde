import type { BanQuery, Page } from '#access/administration/access-administration.ts'
import type { Ban, BanKind } from '#access/protection/ban.ts'
import type { Metrics } from '#broker/metrics.ts'
import type { ShardOperator } from '#broker/operator/shard-operator.ts'
import type { Log } from '#broker/ports.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { ConfigPort, ListenerPort } from './config-port.ts'
import type { RulePort } from './rule-port.ts'

/** Operations of a shard by name. */
export type OperationName = {
  [Name in keyof ShardOperator]: ShardOperator[Name] extends (...args: never) => unknown
    ? Name
    : never
}[keyof ShardOperator]

/** Bans, held in all shards. */
export interface BanPort {
  /** How many were made: what is banned already stays as it is. Rejects with a `BanError`. */
  ban(bans: readonly Ban[]): Promise<number>
  /** False when there is none. */
  unban(as: BanKind, who: string): Promise<boolean>
  unbanAll(): Promise<number>
  listBans(query: BanQuery): Promise<Page<Ban>>
}

/** How one shard thread is doing. */
export interface NodeHealth {
  readonly lagP50Ms: number
  readonly lagP99Ms: number
  readonly lagMaxMs: number
  /** 0..1 */
  readonly utilization: number
  readonly heapUsedBytes: number
  readonly storeHealthy: boolean
  readonly storePendingBytes: number
}

/** What management asks of the node it manages. */
export interface NodePort {
  readonly name: string
  readonly version: string
  /** Wall clock in ms of its start. */
  readonly startedAtMs: number
  readonly dataDir: string
  readonly shardCount: number
  /** Numbers of every shard; they change while the node runs. */
  readonly metrics: readonly Metrics[]
  readonly log: Log
  readonly config: ConfigPort
  readonly listeners: ListenerPort
  readonly access: BanPort
  readonly rules: RulePort
  nowMs(): number
  /** Has all shards obey a changed configuration. */
  configure(config: TidewayConfig): Promise<void>
  /** How every shard is doing, since this was asked last. */
  health(): Promise<readonly NodeHealth[]>
  /** Has an operation of one shard done. */
  operate(shard: number, operation: OperationName, args: readonly unknown[]): Promise<unknown>
}
