import { isFailure } from '#codec/mqtt/decode-failure.ts'
import type { AutoSubscribeSettings } from '../limits.ts'
import type { QoS } from '../qos.ts'
import { parseSubscription } from './special-topic.ts'
import type { SubscriptionSwitches } from './special-topic.ts'
import { compileTopicTemplate, renderTopicTemplate } from './template.ts'
import type { TopicTemplate, TopicValues } from './template.ts'

/** Subscriptions that can be configured. */
export const AUTO_SUBSCRIBE_MAX = 30

/** A subscription that the broker makes for a client when it connects. */
export interface AutoSubscription {
  /** As a client would write it. */
  readonly filter: string
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: 0 | 1 | 2
}

interface CompiledSubscription {
  readonly template: TopicTemplate
  readonly options: AutoSubscribeSettings
}

/** The configured subscriptions, compiled. */
export class AutoSubscriber {
  readonly #subscriptions: readonly CompiledSubscription[]

  /** @throws Error when there are too many, or a topic has an unknown placeholder */
  constructor(
    settings: readonly AutoSubscribeSettings[],
    subscriptionsMax: number = AUTO_SUBSCRIBE_MAX,
  ) {
    if (settings.length > subscriptionsMax) {
      throw new Error(
        `${settings.length} auto-subscribe topics are more than the limit of ${subscriptionsMax}`,
      )
    }
    this.#subscriptions = settings.map((options) => ({
      options,
      template: compileTopicTemplate(options.topic, ['clientid', 'username', 'host', 'port']),
    }))
  }

  get size(): number {
    return this.#subscriptions.length
  }

  /**
   * The subscriptions of one client. Left out are those for which the client lacks a value or has
   * an unsafe one, those that are no valid filter, and no-local shared ones [MQTT-3.8.3-4].
   */
  subscriptionsFor(client: TopicValues, switches: SubscriptionSwitches): AutoSubscription[] {
    const result: AutoSubscription[] = []
    for (const { template, options } of this.#subscriptions) {
      const filter = renderTopicTemplate(template, client)
      if (filter === undefined) continue
      const target = parseSubscription(filter, switches)
      if (isFailure(target)) continue
      const shared = target.kind === 'shared' || target.kind === 'queue'
      if (shared && options.noLocal) continue
      const { qos, noLocal, retainAsPublished, retainHandling } = options
      result.push({ filter, qos, noLocal, retainAsPublished, retainHandling })
    }
    return result
  }
}
