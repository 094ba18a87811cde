import type { SubscribeFilter } from '#codec/mqtt/subscribe.ts'
import type { Broker } from '../shard/broker.ts'
import {
  kickClient,
  kickClients,
  subscribeClient,
  subscriptionsOf,
  unsubscribeClient,
} from './client-commands.ts'
import type { SubscribeRefusal } from './client-commands.ts'
import { countClients, listClients, viewClient } from './client-list.ts'
import { publishForOperator } from './publish.ts'
import type { Sliced } from './slices.ts'
import type {
  ClientQuery,
  ClientView,
  CommandResult,
  ListPart,
  ListRange,
  OperatorMessage,
  PublishOutcome,
  SubscriptionView,
} from './views.ts'

/**
 * What an operator can see and do in one shard. Arguments and results are plain values, so that
 * the one who asks may be in another thread. What walks over many things gives way in between.
 */
export class ShardOperator {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  listClients(query: ClientQuery, range: ListRange): Sliced<ListPart<ClientView>> {
    return listClients(this.#broker, query, range)
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
}
