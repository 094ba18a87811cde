import type { BanQuery, Page, PageQuery } from '#access/administration/access-administration.ts'
import type { UserFile } from '#access/authentication/users/parse-users.ts'
import type {
  ImportResult,
  NewUser,
  ShownUser,
  StoredUser,
  UserList,
  UserQuery,
} from '#access/authentication/users/user-directory.ts'
import type {
  RuleSubject,
  StoredRule,
  SubjectRules,
} from '#access/authorization/rules/rule-table.ts'
import type { Ban, BanKind } from '#access/protection/ban.ts'
import type { Metrics } from '#broker/metrics.ts'
import type { ShardOperator } from '#broker/operator/shard-operator.ts'
import type { Log } from '#broker/ports.ts'
import type { BuiltInDatabaseConfig } from '#config/fields/authentication/built-in-database.ts'
import type { ScramConfig } from '#config/fields/authentication/scram.ts'
import type { TidewayConfig } from '#config/tideway-config.ts'
import type { LevelCells } from '#kernel/system/log-record.ts'
import type { LogRing } from '#kernel/system/log-ring.ts'
import type { LogTap } from '#kernel/system/log-handlers.ts'
import type { SpanBatch } from '#streams/tracing/span-buffer.ts'
import type { AccessPort } from './access-port.ts'
import type { ConfigPort, ListenerPort } from './config-port.ts'
import type { IntegrationPort } from './integration-port.ts'
import type { PipelinePort } from './pipeline-port.ts'
import type { RulePort } from './rule-port.ts'

/** Operations of a shard by name. */
export type OperationName = {
  [Name in keyof ShardOperator]: ShardOperator[Name] extends (...args: never) => unknown
    ? Name
    : never
}[keyof ShardOperator]

/** Bans, held in all shards. */
export interface BanPort {
  /**
   * How many were made. Rejects with a `BanError`.
   * @param mode `keep`: what is banned already stays as it is
   */
  ban(bans: readonly Ban[], mode: 'keep' | 'replace'): Promise<number>
  /** False when there is none. */
  unban(as: BanKind, who: string): Promise<boolean>
  unbanAll(): Promise<number>
  listBans(query: BanQuery): Promise<Page<Ban>>
}

/** Rules in the built-in database, held in all shards. Reject with a `RuleError`. */
export interface StoredRulePort {
  setRules(entries: readonly SubjectRules[], mode: 'create' | 'replace'): Promise<void>
  rulesOf(subject: RuleSubject): Promise<readonly StoredRule[] | undefined>
  listRules(kind: 'client' | 'user', query: PageQuery): Promise<Page<SubjectRules>>
  /** False when there are none. */
  removeRules(subject: RuleSubject): Promise<boolean>
  purgeRules(): Promise<number>
  /** Makes all connections forget what was decided about them. */
  forgetDecisions(): Promise<void>
}

/** An authenticator whose users are in the built-in database. */
export interface UserOwner {
  /** `mqtt:global`, or the id of a listener. */
  readonly chain: string
  readonly config: BuiltInDatabaseConfig | ScramConfig
}

/** Users of the built-in database; a change reaches all shards before it is answered. */
export interface UserPort {
  get(owner: UserOwner, userId: string): ShownUser | undefined
  list(owner: UserOwner, query: UserQuery): UserList
  /** Adds a user, or changes one. */
  set(owner: UserOwner, user: NewUser): Promise<void>
  /** False when there is none. */
  remove(owner: UserOwner, userId: string): Promise<boolean>
  removeAll(owner: UserOwner): Promise<number>
  /** Adds users, or replaces those that exist. Rejects with a `UserFileError`. */
  importUsers(owner: UserOwner, file: UserFile): Promise<ImportResult>
  /** All users with what is kept of their passwords, for backups. */
  dump(): readonly StoredUser[]
  /** Adds users of a backup, or replaces those that exist. */
  restore(users: readonly StoredUser[]): Promise<void>
  /** Removes users of a backup. */
  forget(users: readonly StoredUser[]): Promise<void>
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
  /** What was logged lately, and the number of the level from which on lines are made. */
  readonly recentLog: LogRing
  readonly logLevels: LevelCells
  readonly config: ConfigPort
  readonly listeners: ListenerPort
  readonly access: BanPort & StoredRulePort
  readonly authenticationUsers: UserPort
  readonly rules: RulePort
  readonly integrations: IntegrationPort
  readonly pipeline: PipelinePort
  nowMs(): number
  /**
   * Has all shards obey a changed configuration. Rejects when it cannot work; the former one holds
   * then.
   */
  configure(config: TidewayConfig): Promise<void>
  /** Has all shards read their files anew: rules and certificates. */
  reload(): Promise<void>
  readonly accessStates: AccessPort
  /** How every shard is doing, since this was asked last. */
  health(): Promise<readonly NodeHealth[]>
  /** Has somebody take what is logged; undefined: nobody. */
  tapLog(tap: LogTap | undefined): void
  /** Takes the spans of traces that wait to be exported out of every shard. */
  takeSpans(): Promise<readonly SpanBatch[]>
  /** A secret of the configuration, which may stand in a file. */
  readSecret(written: string): string
  /** Has an operation of one shard done. */
  operate(shard: number, operation: OperationName, args: readonly unknown[]): Promise<unknown>
}
