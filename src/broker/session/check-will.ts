import type { ConnectPacket } from '#codec/mqtt/connect.ts'
import { DecodeFailure, isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import { validateTopicNameText } from '#codec/mqtt/topic.ts'
import { isUtf8 } from '#codec/mqtt/utf8.ts'
import { DELAYED_PREFIX, parseDelayedTopic } from '../delayed/delayed-topic.ts'
import type { MqttSettings } from '../limits.ts'
import { isReserved } from '../topics/publish-topic.ts'

/** What is wrong with the will of a CONNECT packet, whoever sends it; it is refused then. */
export function checkWill(
  mqtt: MqttSettings,
  packet: ConnectPacket,
  nowMs: number,
): DecodeFailure | undefined {
  const { will } = packet
  if (will === undefined) return undefined
  if (will.qos > mqtt.qosMax) {
    // [MQTT-3.2.2-12]
    return new DecodeFailure(
      ReasonCode.QOS_NOT_SUPPORTED,
      'this server does not support the QoS of the will',
    )
  }
  if (will.retain && !mqtt.retainAvailable) {
    // [MQTT-3.2.2-13]
    return new DecodeFailure(ReasonCode.RETAIN_NOT_SUPPORTED, 'this server does not retain wills')
  }
  const claimsUtf8 = will.properties.payloadFormatIndicator === 1
  if (claimsUtf8 && !isUtf8(will.payload, 0, will.payload.length)) {
    return new DecodeFailure(
      ReasonCode.PAYLOAD_FORMAT_INVALID,
      'the will says it is UTF-8 and is not',
    )
  }
  const invalid = topicFailure(mqtt, will.topic, nowMs)
  if (invalid !== undefined) return invalid
  if (!isReserved(will.topic)) return undefined
  return new DecodeFailure(
    ReasonCode.TOPIC_NAME_INVALID,
    'no client can publish to the topic of the will',
  )
}

function topicFailure(
  { topicLevelsMax }: MqttSettings,
  topic: string,
  nowMs: number,
): DecodeFailure | undefined {
  if (!topic.startsWith(DELAYED_PREFIX)) return validateTopicNameText(topic, topicLevelsMax)
  const target = parseDelayedTopic(topic, nowMs, topicLevelsMax)
  return isFailure(target) ? target : undefined
}
