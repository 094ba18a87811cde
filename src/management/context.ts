import type { Audit } from './audit.ts'
import type { ConfigChanges } from './config/config-changes.ts'
import type { ApiKeys } from './identity/api-keys.ts'
import type { LoginBackoff } from './identity/login-backoff.ts'
import type { LoginTokens } from './identity/login-tokens.ts'
import type { Users } from './identity/users.ts'
import type { NodePort } from './node-port.ts'
import type { NodeNumbers } from './node-numbers.ts'
import type { ConfigHistory } from './config/config-history.ts'
import type { LiveSample } from './contract/observe.ts'
import type { Alarms } from './observe/alarms.ts'
import type { LiveFeed } from './observe/live-feed.ts'
import type { LiveTests } from './observe/live-tests.ts'
import type { LogFeed } from './observe/log-feed.ts'
import type { HealthReader } from './observe/shared-health.ts'
import type { Sampler } from './observe/sampler.ts'
import type { ShardSampler } from './observe/shard-sampler.ts'
import type { TopicMetrics } from './observe/topic-metrics.ts'
import type { Shards } from './shards.ts'
import type { Sso } from './sso/sso.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import type { Traces } from './trace/traces.ts'

/** What routes work with. */
export interface ManagementContext {
  readonly node: NodePort
  readonly configChanges: ConfigChanges
  readonly shards: Shards
  readonly numbers: NodeNumbers
  readonly users: Users
  /** Logins of users whom somebody else knows. */
  readonly sso: Sso
  readonly keys: ApiKeys
  readonly tokens: LoginTokens
  readonly backoff: LoginBackoff
  readonly audit: Audit
  readonly history: ConfigHistory
  readonly sampler: Sampler
  readonly shardSampler: ShardSampler
  /** Of those who ask for all numbers; each reader of its own asks on its own. */
  readonly health: HealthReader
  readonly live: LiveFeed<LiveSample>
  readonly logs: LogFeed
  readonly liveTests: LiveTests
  readonly alarms: Alarms
  readonly topicMetrics: TopicMetrics
  readonly traces: Traces
  /** Exports to a collector of OpenTelemetry. */
  readonly telemetry: Telemetry
  readonly prometheusAuth: boolean
}
