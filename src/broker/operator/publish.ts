import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { encodePublishProperties } from '#codec/mqtt/publish.ts'
import type { PublishProperties, UserProperty } from '#codec/mqtt/properties.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { TOPIC_BYTES_MAX, validateTopicNameText } from '#codec/mqtt/topic.ts'
import { utf8Length } from '#codec/mqtt/utf8.ts'
import { DELAYED_PREFIX, parseDelayedTopic } from '../delayed/delayed-topic.ts'
import { Message } from '../message.ts'
import type { StoreFailure } from '../ports.ts'
import type { Broker } from '../shard/broker.ts'
import { publishChecked } from '../shard/publisher.ts'
import { whenSafe } from '../shard/when-safe.ts'
import { isFilterPrefix, rewritePublish, withoutDelay } from '../topics/publish-topic.ts'
import type { OperatorMessage, PublishOutcome } from './views.ts'

const TEXT_BYTES_MAX = 65_535
/** `$delayed` and the seconds do not count as levels of the topic. */
const DELAYED_LEVELS = 2

const ACCEPTED: PublishOutcome = { reason: ReasonCode.SUCCESS, detail: '' }
const UNHEARD: PublishOutcome = {
  reason: ReasonCode.NO_MATCHING_SUBSCRIBERS,
  detail: 'no_matching_subscribers',
}

/**
 * Publishes a message of the operator: rewriting, retaining, `$delayed/` and routing as for a
 * client's, without asking anybody's rights. `done` is called once everything is stored that a
 * publisher would be acknowledged for.
 */
export function publishForOperator(
  broker: Broker,
  wanted: OperatorMessage,
  done: (outcome: PublishOutcome) => void,
): void {
  const { core } = broker
  const client = { clientId: wanted.publisher, username: wanted.username }
  const topic = rewritePublish(broker.rewriter, wanted.topic, client)
  const refusal = check(broker, wanted, topic)
  if (topic === undefined || refusal !== undefined) return done(refusal ?? ACCEPTED)
  if (wanted.qos > 0 && !core.store.healthy) {
    return done({ reason: ReasonCode.QUOTA_EXCEEDED, detail: 'the broker cannot store messages' })
  }
  const message = messageOf(broker, wanted, topic)
  if (topic.startsWith(DELAYED_PREFIX)) return delay(broker, message, wanted.username, done)
  broker.routing.publisher = undefined
  if (!publishChecked(broker, message)) {
    const detail = 'a validation or transformation refuses it'
    return done({ reason: ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR, detail })
  }
  const outcome = core.routeReceivers === 0 ? UNHEARD : ACCEPTED
  if (wanted.qos === 0) return done(outcome)
  whenSafe(broker, (failure) => done(failure === undefined ? outcome : notStored(failure)))
}

function check(
  { core }: Broker,
  wanted: OperatorMessage,
  topic: string | undefined,
): PublishOutcome | undefined {
  const { mqtt } = core.settings
  const invalid = (detail: string): PublishOutcome => {
    return { reason: ReasonCode.TOPIC_NAME_INVALID, detail }
  }
  if (topic === undefined) return invalid('a rewrite rule makes an invalid topic of it')
  const wrong = validateTopicNameText(topic, mqtt.topicLevelsMax + DELAYED_LEVELS)
  if (wrong !== undefined) return invalid(wrong.detail)
  if (isFilterPrefix(withoutDelay(topic))) return invalid('the prefix is one of filters')
  const tooLong = utf8Length(topic) > TOPIC_BYTES_MAX
  if (tooLong) return invalid(`the topic is longer than ${TOPIC_BYTES_MAX} bytes`)
  if (wanted.payload.length > mqtt.packetBytesMax) {
    const detail = `the payload is larger than ${mqtt.packetBytesMax} bytes (mqtt.max_packet_size)`
    return { reason: ReasonCode.PACKET_TOO_LARGE, detail }
  }
  const { responseTopic = '', contentType = '', correlationData } = wanted.properties
  const texts = [wanted.publisher, responseTopic, contentType]
  texts.push(...(wanted.properties.userProperties ?? []).flat())
  const long = texts.some((text) => utf8Length(text) > TEXT_BYTES_MAX)
  if (!long && (correlationData?.length ?? 0) <= TEXT_BYTES_MAX) return undefined
  const detail = `a property is longer than ${TEXT_BYTES_MAX} bytes`
  return { reason: ReasonCode.PACKET_TOO_LARGE, detail }
}

function messageOf({ core }: Broker, wanted: OperatorMessage, topic: string): Message {
  const { messageExpiryMs } = core.settings.mqtt
  const { messageExpirySeconds } = wanted.properties
  const askedMs = (messageExpirySeconds ?? Number.POSITIVE_INFINITY) * 1000
  const expiryMs = Math.min(askedMs, messageExpiryMs)
  const { payload } = wanted
  return new Message(
    core.router.entryFor(topic),
    Buffer.from(payload.buffer, payload.byteOffset, payload.length),
    wanted.qos,
    wanted.retain,
    encodePublishProperties(propertiesOf(wanted)),
    expiryMs === Number.POSITIVE_INFINITY ? 0 : core.nowMs + expiryMs,
    wanted.publisher,
    core.nowMs,
    false,
  )
}

function propertiesOf({ properties }: OperatorMessage): PublishProperties {
  const { payloadFormatIndicator, responseTopic, correlationData, contentType } = properties
  const { userProperties } = properties
  return {
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData) }),
    ...(contentType !== undefined && { contentType }),
    ...(userProperties !== undefined && {
      userProperties: userProperties.map(([name, value]): UserProperty => [name, value]),
    }),
  }
}

function delay(
  broker: Broker,
  message: Message,
  username: string | undefined,
  done: (outcome: PublishOutcome) => void,
): void {
  const { core } = broker
  const { topicLevelsMax } = core.settings.mqtt
  const target = parseDelayedTopic(message.topic.topic, core.nowMs, topicLevelsMax)
  if (isFailure(target)) return done({ reason: target.reason, detail: target.detail })
  if (!core.settings.delayed.enable) {
    const detail = 'delayed messages are switched off (delayed.enable)'
    return done({ reason: ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR, detail })
  }
  const later = message.withTopic(core.router.entryFor(target.topic))
  const { stored } = broker.delayed.add(later, target.dueAtMs, username)
  if (!stored) {
    const detail = 'too many delayed messages (delayed.max_delayed_messages)'
    return done({ reason: ReasonCode.QUOTA_EXCEEDED, detail })
  }
  core.startTick()
  core.store.barrier((failure) => done(failure === undefined ? ACCEPTED : notStored(failure)))
}

function notStored({ message }: StoreFailure): PublishOutcome {
  return { reason: ReasonCode.QUOTA_EXCEEDED, detail: `the message is not stored: ${message}` }
}
