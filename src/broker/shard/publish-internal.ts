import { validateTopicNameText } from '#codec/mqtt/topic.ts'
import { DELAYED_PREFIX } from '../delayed/delayed-topic.ts'
import { Message } from '../message.ts'
import type { QoS } from '../qos.ts'
import type { Broker } from './broker.ts'
import { delayMessage } from './delay-message.ts'
import { publishChecked, publishOnBehalf } from './publisher.ts'
import { routeMessage } from './route.ts'

/** A message that a part of the node publishes: a rule, a bridge, the API. */
export interface InternalMessage {
  readonly topic: string
  /** The broker may keep it: not to be changed any more. */
  readonly payload: Buffer
  readonly qos: QoS
  readonly retain: boolean
  /** Content of the property section of MQTT 5, without expiry; empty = none. */
  readonly properties: Buffer
  /** Wall clock in ms; 0 = never. */
  readonly expiresAtMs: number
  /** Client id that receivers and rules see as the sender. */
  readonly publisher: string
  /** Only to subscribers: not retained, not delayed, not seen by rules. */
  readonly direct: boolean
}

/** `$delayed` and the seconds do not count as levels of the topic. */
const DELAYED_LEVELS = 2

/**
 * Publishes a message of the node itself, also while another message is being routed: the
 * acknowledgement of that one then waits for this one, too.
 * @returns why it was refused; undefined when it was published
 */
export function publishInternal(broker: Broker, request: InternalMessage): string | undefined {
  const { core, routing } = broker
  const { topic, payload, qos, retain, properties, expiresAtMs, publisher } = request
  const isDelayed = topic.startsWith(DELAYED_PREFIX) && !request.direct
  const levelsMax = core.settings.mqtt.topicLevelsMax + (isDelayed ? DELAYED_LEVELS : 0)
  const invalid = validateTopicNameText(topic, levelsMax)
  if (invalid !== undefined)
    return `the topic ${JSON.stringify(topic)} is refused: ${invalid.detail}`
  const entry = core.router.entryFor(topic)
  const message = new Message(
    entry,
    payload,
    qos,
    retain,
    properties,
    expiresAtMs,
    publisher,
    core.nowMs,
    false,
  )
  let refused: string | undefined
  publishOnBehalf(routing, () => {
    if (isDelayed) {
      const reason = delayMessage(broker, message, undefined, core.settings)
      if (reason !== undefined)
        refused = `the delayed message is refused with 0x${reason.toString(16)}`
    } else if (request.direct) routeMessage(routing, message)
    else if (!publishChecked(broker, message)) refused = 'a validation or transformation refuses it'
  })
  return refused
}
