import type { SubscribeFilter } from '#codec/mqtt/subscribe.ts'
import type { Message } from '../message.ts'
import { Message as ApplicationMessage } from '../message.ts'
import type { Broker } from '../shard/broker.ts'
import { deliverOrForward } from '../shard/move-gate.ts'
import { deliveryQos } from './deliver.ts'
import type { Session } from './session.ts'

/** Messages of a queue from which on retained messages wait. */
const FEED_AHEAD_MAX = 256

/**
 * Sends the retained messages that match a new subscription, paced (MQTT 5 §3.3.1.3)
 * [MQTT311-3.3.1-6].
 *
 * Retain handling 0: always [MQTT-3.3.1-9]; 1: only when the subscription is new
 * [MQTT-3.3.1-10]; 2: never [MQTT-3.3.1-11]. Shared subscriptions get none.
 */
export function sendRetained(
  broker: Broker,
  session: Session,
  filter: string,
  wanted: SubscribeFilter,
  isNew: boolean,
): void {
  const { core, links, retained, feed } = broker
  if (wanted.retainHandling === 2 || (wanted.retainHandling === 1 && !isNew)) return
  const held = session.subscriptions.get(filter)
  if (held === undefined || held.shared !== undefined) return
  if (!core.settings.retainer.enable || !session.zone.mqtt.retainAvailable) return
  const { subscription } = held
  // [MQTT-3.3.4-5]
  const ids = subscription.subscriptionId === 0 ? undefined : [subscription.subscriptionId]
  const cursor = retained.open(subscription.filter)
  const job = feed.start(cursor, (message: Message) => {
    // Unsubscribed, replaced or gone meanwhile.
    if (session.ended || session.subscriptions.get(filter) !== held) {
      job?.cancel()
      return false
    }
    // [MQTT-3.8.3-3] holds for what the client itself had retained.
    if (subscription.noLocal && message.publisher === session.clientId) return true
    const qos = deliveryQos(session, message, subscription.qos)
    // Retain is set on a message sent because of a new subscription [MQTT311-3.3.1-8].
    const copy = asRetained(message)
    deliverOrForward(core, links, session, copy, qos, true, ids, undefined, false)
    if (job === undefined || !isAhead(session)) return true
    session.holdFeed(() => {
      job.resume()
      broker.wakeFeed()
    })
    return false
  })
  if (job === undefined) {
    core.warnRepeated('retained_messages_not_sent', {
      clientid: session.clientId,
      filter,
      reason: 'too many deliveries of retained messages are under way',
    })
    return
  }
  broker.wakeFeed()
}

/**
 * The client takes them more slowly than they are read: what waits in its queue takes memory there,
 * and would push other messages out of it. The queue of a client that is away takes all.
 */
function isAhead({ connection, queue, zone }: Session): boolean {
  if (connection === undefined) return false
  const limits = zone.mqtt
  const isLong = queue.count >= Math.min(FEED_AHEAD_MAX, limits.queueMessagesMax / 2)
  return isLong || queue.bytes >= limits.queueBytesMax / 2
}

/** Its own copy: the cursor's buffers are used again for the next message. */
function asRetained(message: Message): Message {
  const copy = new ApplicationMessage(
    message.topic,
    message.payload,
    message.qos,
    true,
    message.properties,
    message.expiresAtMs,
    message.publisher,
    message.receivedAtMs,
    true,
  )
  copy.own()
  return copy
}
