import type { DelayedStore } from '../delayed/delayed-store.ts'
import type { RetainedFeed } from '../retained/retained-feed.ts'
import type { RetainedStore } from '../retained/retained-store.ts'
import type { ClientEvents } from '../sys/client-events.ts'
import type { SysMessage } from '../sys/sys-topics.ts'
import type { AutoSubscriber } from '../topics/auto-subscribe.ts'
import type { TopicRewriter } from '../topics/rewrite.ts'
import type { TableTotals } from '../table-totals.ts'
import type { Claims } from './claims.ts'
import type { ShardCore } from './core.ts'
import type { ExclusiveTopics } from './exclusive-topics.ts'
import type { Interest } from './interest.ts'
import type { Links } from './links.ts'
import type { Routing } from './route.ts'
import type { Sessions } from './sessions.ts'
import type { Wills } from './wills.ts'

/** How much there is in the tables that all shards write. */
export interface ShardTotals {
  readonly retained: TableTotals
  readonly delayed: TableTotals
}

/** The parts of one shard, as the packet handlers see them; `Shard` puts them together. */
export interface Broker {
  readonly core: ShardCore
  readonly links: Links
  readonly routing: Routing
  readonly retained: RetainedStore
  readonly totals: ShardTotals
  readonly feed: RetainedFeed
  readonly delayed: DelayedStore
  readonly interest: Interest
  readonly sessions: Sessions
  readonly claims: Claims
  readonly wills: Wills
  readonly exclusive: ExclusiveTopics
  rewriter: TopicRewriter
  /** False while there are no rewrite rules. */
  rewriting: boolean
  autoSubscriber: AutoSubscriber
  readonly events: ClientEvents
  /** Publishes a message of the broker itself. */
  announce(message: SysMessage | undefined): void
  /** Retained messages were asked for: run the feed soon. */
  wakeFeed(): void
}
