/** Publishes that end the connection; made once. */
import { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'

/** An empty topic with an alias that no packet has introduced. */
export const UNKNOWN_ALIAS: DecodeFailure = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the topic alias is not known and the topic is empty',
)
/** An alias that the server does not offer. */
export const ALIAS_TOO_HIGH: DecodeFailure = new DecodeFailure(
  ReasonCode.TOPIC_ALIAS_INVALID,
  'the topic alias is 0 or above the maximum of this server',
  '[MQTT-3.2.2-17]',
)
/** A QoS that CONNACK ruled out. */
export const QOS_TOO_HIGH: DecodeFailure = new DecodeFailure(
  ReasonCode.QOS_NOT_SUPPORTED,
  'this server does not support the QoS',
  '[MQTT-3.2.2-11]',
)
/** RETAIN although CONNACK ruled it out. */
export const NO_RETAIN: DecodeFailure = new DecodeFailure(
  ReasonCode.RETAIN_NOT_SUPPORTED,
  'this server does not retain messages',
  '[MQTT-3.2.2-14]',
)
/** More messages under way than the server takes. */
export const TOO_MANY: DecodeFailure = new DecodeFailure(
  ReasonCode.RECEIVE_MAXIMUM_EXCEEDED,
  'more unacknowledged messages than the receive maximum',
  '[MQTT-3.3.4-7]',
)
