import type { Identity, RememberedDecision } from '../ports.ts'
import type { SubscribeFilter } from '#codec/mqtt/subscribe.ts'
import type { SysMessage } from '../sys/sys-topics.ts'
import type { Broker } from '../shard/broker.ts'
import {
  kickClient,
  kickClients,
  releaseExclusive,
  setKeepAlive,
  subscribeClient,
  subscriptionsOf,
  unsubscribeClient,
} from './client-commands.ts'
import type { SubscribeRefusal } from './client-commands.ts'
import { rankClients } from './client-ranks.ts'
import { countClients, listClients, viewClient } from './client-list.ts'
import { publishForOperator } from './publish.ts'
import type { Sliced } from './slices.ts'
import {
  cancelDelayed,
  cancelDelayedMatching,
  delayedMessage,
  delayedPage,
  delayedPart,
} from './delayed-messages.ts'
import {
  getRetained,
  listRetained,
  removeRetained,
  removeRetainedMatching,
} from './retained-list.ts'
import { listExclusive } from './exclusive-list.ts'
import { listRoutes } from './route-list.ts'
import { listSubscriptions } from './subscription-list.ts'
import { keptLevels, metLevels } from './topic-levels.ts'
import type { SubscriptionPart } from './subscription-list.ts'
import { inflightMessages, queuedMessages } from './waiting-messages.ts'
import { SlowWatch } from './slow-watch.ts'
import type { SlowRecord, SlowSettings } from './slow-watch.ts'
import { TraceWatch } from './trace-watch.ts'
import type { TraceFilter, TraceRecords } from './trace-watch.ts'
import { TopicWatch } from './topic-watch.ts'
import type { TopicCounts } from './topic-watch.ts'
import {
  type ClientOrder,
  type ClientQuery,
  type ClientRanks,
  type ClientView,
  CommandResult,
  type DelayedView,
  type ExclusiveView,
  type LevelQuery,
  type LevelView,
  type ListPart,
  type ListRange,
  type MessageRange,
  type MessageView,
  type OperatorMessage,
  type PublishOutcome,
  type RouteView,
  type SubscriptionQuery,
  type SubscriptionView,
  type TextListPart,
  type WaitingMessageView,
} from './views.ts'

/**
 * What an operator can see and do in one shard. Arguments and results are plain values, so that
 * the one who asks may be in another thread. What walks over many things gives way in between.
 */
export class ShardOperator {
  readonly #broker: Broker
  #trace: TraceWatch | undefined

  constructor(broker: Broker) {
    this.#broker = broker
  }

  listClients(query: ClientQuery, range: ListRange): Sliced<ListPart<ClientView>> {
    return listClients(this.#broker, query, range)
  }

  rankClients(query: ClientQuery, order: ClientOrder, count: number): Sliced<ClientRanks> {
    return rankClients(this.#broker, query, order, count)
  }

  countClients(query: ClientQuery): Sliced<number> {
    return countClients(this.#broker.core, query)
  }

  getClient(clientId: string): ClientView | undefined {
    const session = this.#broker.core.sessions.get(clientId)
    return session && viewClient(this.#broker, session)
  }

  kickClient(clientId: string): CommandResult {
    return kickClient(this.#broker, clientId)
  }

  /** Those that are here; the others are passed over. */
  kickClients(clientIds: readonly string[]): Sliced<number> {
    return kickClients(this.#broker, clientIds)
  }

  /** What access remembers about a connected client; undefined when it is not here. */
  decisionsOf(clientId: string): readonly RememberedDecision[] | undefined {
    const who = this.#identityOf(clientId)
    return who && (this.#broker.core.access.remembered?.(who) ?? [])
  }

  /** Has access forget what it decided about a connected client. */
  forgetDecisionsOf(clientId: string): CommandResult {
    const who = this.#identityOf(clientId)
    if (who === undefined) return CommandResult.NO_CLIENT
    this.#broker.core.access.forgetDecisions?.(who)
    return CommandResult.DONE
  }

  subscriptionsOf(clientId: string): readonly SubscriptionView[] | undefined {
    return subscriptionsOf(this.#broker, clientId)
  }

  subscribe(
    clientId: string,
    wanted: SubscribeFilter,
  ): Promise<SubscriptionView | SubscribeRefusal | typeof CommandResult.NO_CLIENT> {
    return new Promise((resolve) => subscribeClient(this.#broker, clientId, wanted, resolve))
  }

  unsubscribe(
    clientId: string,
    filter: string,
  ): Promise<{ readonly known: boolean } | typeof CommandResult.NO_CLIENT> {
    return new Promise((resolve) => unsubscribeClient(this.#broker, clientId, filter, resolve))
  }

  /** The messages are published in their order. */
  publish(messages: readonly OperatorMessage[]): Promise<readonly PublishOutcome[]> {
    const outcomes = messages.map((message) => {
      return new Promise<PublishOutcome>((resolve) => {
        publishForOperator(this.#broker, message, resolve)
      })
    })
    return Promise.all(outcomes)
  }

  /** Changes the keep alive of a connected client; 0 switches it off. */
  setKeepAlive(clientId: string, seconds: number): CommandResult {
    return setKeepAlive(this.#broker, clientId, seconds)
  }

  listSubscriptions(
    query: SubscriptionQuery,
    range: ListRange,
    afterNumber: number,
  ): Sliced<SubscriptionPart> {
    return listSubscriptions(this.#broker.core, query, range, afterNumber)
  }

  /** Holders of those `$exclusive/` topics that this shard is asked about. */
  listExclusive(range: ListRange): Sliced<ListPart<ExclusiveView>> {
    return listExclusive(this.#broker, range)
  }

  /** The client that holds a topic, if this shard is the one that is asked about it. */
  exclusiveHolder(topic: string): string | undefined {
    return this.#broker.exclusive.holderOf(topic)
  }

  /** Ends the subscription by which a client of this shard holds a topic; false: there is none. */
  releaseExclusive(clientId: string, topic: string): Promise<boolean> {
    return new Promise((resolve) => releaseExclusive(this.#broker, clientId, topic, resolve))
  }

  listRoutes(filter: string | undefined, skip: number, limit: number): Sliced<ListPart<RouteView>> {
    return listRoutes(this.#broker.core, filter, skip, limit)
  }

  /** Levels below a topic of which this shard has met messages lately. */
  metLevels(query: LevelQuery): Sliced<readonly LevelView[]> {
    return metLevels(this.#broker, query)
  }

  /** Levels below a topic that have subscriptions or retained messages, in whatever shard. */
  keptLevels(query: LevelQuery): Sliced<readonly LevelView[]> {
    return keptLevels(this.#broker, query)
  }

  queuedMessages(
    clientId: string,
    range: MessageRange,
  ): Sliced<TextListPart<WaitingMessageView> | undefined> {
    return queuedMessages(this.#broker, clientId, range)
  }

  inflightMessages(
    clientId: string,
    range: MessageRange,
  ): TextListPart<WaitingMessageView> | undefined {
    return inflightMessages(this.#broker, clientId, range)
  }

  listRetained(
    filter: string | undefined,
    skip: number,
    range: MessageRange,
  ): Sliced<TextListPart<MessageView>> {
    return listRetained(this.#broker, filter, skip, range)
  }

  getRetained(topic: string): MessageView | undefined {
    return getRetained(this.#broker, topic)
  }

  removeRetained(topic: string): Promise<boolean> {
    return this.#whenCommitted(removeRetained(this.#broker, topic))
  }

  *removeRetainedMatching(filter: string | undefined): Sliced<Promise<void>> {
    yield* removeRetainedMatching(this.#broker, filter)
    return this.#whenCommitted(undefined)
  }

  delayedPage(after: string | undefined, skip: number, limit: number): readonly DelayedView[] {
    return delayedPage(this.#broker, after, skip, limit)
  }

  delayedPart(range: MessageRange): TextListPart<DelayedView> {
    return delayedPart(this.#broker, range)
  }

  delayedMessage(id: string): DelayedView | undefined {
    return delayedMessage(this.#broker, id)
  }

  cancelDelayed(id: string): Promise<boolean> {
    return this.#whenCommitted(cancelDelayed(this.#broker, id))
  }

  *cancelDelayedMatching(filter: string): Sliced<Promise<number>> {
    return this.#whenCommitted(yield* cancelDelayedMatching(this.#broker, filter))
  }

  /** Publishes a message of the broker itself, such as one about an alarm. */
  announce(message: SysMessage): void {
    this.#broker.announce(message)
  }

  /** Counts the messages of these topics from now on, and of no others. */
  watchTopics(topics: readonly string[]): void {
    const { core } = this.#broker
    if (topics.length === 0) core.topicWatch = undefined
    else {
      core.topicWatch ??= new TopicWatch()
      core.topicWatch.set(topics)
    }
  }

  /** Counts of one topic from 0 again. */
  resetTopic(topic: string): void {
    this.#broker.core.topicWatch?.reset(topic)
  }

  topicCounts(): readonly TopicCounts[] {
    return this.#broker.core.topicWatch?.read() ?? []
  }

  /** Looks for slow subscribers; undefined switches that off. */
  watchSlow(settings: SlowSettings | undefined): void {
    this.#broker.core.slowWatch = settings && new SlowWatch(settings)
  }

  slowRecords(): readonly SlowRecord[] {
    const { core } = this.#broker
    return core.slowWatch?.read(core.ports.clock.nowMs()) ?? []
  }

  clearSlow(): void {
    this.#broker.core.slowWatch?.clear()
  }

  /** Notes what happens to these from now on, and to nothing else; none switches that off. */
  watchTrace(filters: readonly TraceFilter[]): void {
    const { hooks, ports } = this.#broker.core
    if (this.#trace === undefined && filters.length === 0) return
    this.#trace ??= new TraceWatch(ports.clock)
    this.#trace.watch(hooks, filters)
  }

  /** What was noted since this was asked last. */
  takeTrace(): TraceRecords {
    return this.#trace?.take() ?? { records: [], lost: 0 }
  }

  /** Gives the result once siblings see what was written, or it cannot be. */
  #whenCommitted<Result>(result: Result): Promise<Result> {
    return new Promise((resolve) => {
      this.#broker.core.store.barrier(() => resolve(result))
    })
  }

  #identityOf(clientId: string): Identity | undefined {
    return this.#broker.core.sessions.get(clientId)?.connection?.identity
  }
}
