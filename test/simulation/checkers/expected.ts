import { matchesFilter } from '#broker/topics/filter-match.ts'
import type { ClientSubscription } from '../client/client-session.ts'
import type { ClientView } from '../client/client-view.ts'
import type { SimMessage } from '../client/sim-message.ts'

/** A subscription that held when a message was sent. */
export interface Expectation {
  readonly subscription: ClientSubscription
  readonly epoch: number
  readonly generation: number
}

/**
 * An ordinary subscription by which a message that is sent now must come to the device with at
 * least this QoS: SUBACK has come and no UNSUBSCRIBE was sent.
 */
export function expectationOf(
  device: ClientView,
  message: SimMessage,
  leastQos: number,
): Expectation | undefined {
  const { subscriptions, generation } = device.session
  for (const subscription of subscriptions.values()) {
    const { certain, group, qos, noLocal, topicFilter, epoch } = subscription
    if (!certain || group !== undefined || qos < leastQos) continue
    if (noLocal && message.publisher === device.name) continue
    if (matchesFilter(topicFilter, message.topic)) return { subscription, epoch, generation }
  }
  return undefined
}

/** True while the session and the subscription go on as they were. */
export function stillHolds(device: ClientView, expectation: Expectation): boolean {
  const { subscription, epoch, generation } = expectation
  return device.session.generation === generation && subscription.epoch === epoch
}
