import { DecodeFailure } from './decode-failure.ts'
import {
  RESPONSE_TOPIC_EMPTY,
  RESPONSE_TOPIC_WILDCARD,
  TOO_MANY_USER_PROPERTIES,
  UNKNOWN_PROPERTY,
  hasWildcard,
  misplacedProperty,
  propertyOutOfRange,
  repeatedProperty,
  skipBinary,
  skipFailure,
  skipText,
} from './property-decode.ts'
import { SPEC_OF_ID } from './property-table.ts'
import { BAD_VARINT } from './reader.ts'
import { ReasonCode } from './reason-codes.ts'
import { readVarint, varintLength } from './varint.ts'

// Identifiers of the properties of PUBLISH.
export const PAYLOAD_FORMAT = 0x01
export const MESSAGE_EXPIRY = 0x02
const CONTENT_TYPE = 0x03
const RESPONSE_TOPIC = 0x08
const CORRELATION_DATA = 0x09
export const SUBSCRIPTION_ID = 0x0b
export const TOPIC_ALIAS = 0x23
export const USER_PROPERTY = 0x26

const SUBSCRIPTION_ID_FROM_CLIENT = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'a client must not send a Subscription Identifier in PUBLISH',
  '[MQTT-3.3.4-6]',
)

/** What the scan notes: the part of `PublishView` that comes from properties. */
export interface PublishFacts {
  readonly subscriptionIdentifiersAllowed: boolean
  topicAlias: number
  messageExpirySeconds: number
  payloadFormat: number
  responseTopicStart: number
  responseTopicEnd: number
  hasUserProperties: boolean
  forwardNeedsRewrite: boolean
}

/** Bits of `seen` for properties that may be there once. */
const SEEN_ALIAS = 1 << 30

/**
 * Checks the property content of a PUBLISH and notes in `view` what the broker needs of it. Hot
 * path: allocates nothing.
 */
export function scanPublishProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
  view: PublishFacts,
  userPropertiesMax: number,
): DecodeFailure | undefined {
  let at = start
  let seen = 0
  let userProperties = 0
  while (at < end) {
    const id = bytes[at++]! // In range: `at < end`.
    let next = 0
    if (id === USER_PROPERTY) {
      if (++userProperties > userPropertiesMax) return TOO_MANY_USER_PROPERTIES
      view.hasUserProperties = true
      next = skipText(bytes, at, end)
      if (next >= 0) next = skipText(bytes, next, end) // [MQTT-1.5.7-1]
    } else if (id === SUBSCRIPTION_ID) {
      if (!view.subscriptionIdentifiersAllowed) return SUBSCRIPTION_ID_FROM_CLIENT
      const value = readVarint(bytes, at, end)
      if (value < 0) return BAD_VARINT
      if (value === 0) return propertyOutOfRange(id)
      view.forwardNeedsRewrite = true
      next = at + varintLength(value)
    } else {
      const bit = id === TOPIC_ALIAS ? SEEN_ALIAS : 1 << id
      if (id > CORRELATION_DATA && id !== TOPIC_ALIAS) return notHere(id)
      if ((seen & bit) !== 0) return repeatedProperty(id)
      seen |= bit
      next = scanSingle(bytes, id, at, end, view)
      if (next < -9) return singleFailure(next, id)
    }
    if (next < 0) return skipFailure(next)
    at = next
  }
  return undefined
}

// Answers of `scanSingle` beside those of the `skip…` functions.
const MISPLACED = -10
const OUT_OF_RANGE = -11
const EMPTY_RESPONSE = -12
const WILD_RESPONSE = -13

/** Reads a property that may be there once; offset after it or a negative answer. */
function scanSingle(
  bytes: Uint8Array,
  id: number,
  at: number,
  end: number,
  view: PublishFacts,
): number {
  switch (id) {
    case PAYLOAD_FORMAT:
      if (at >= end) return -1
      view.payloadFormat = bytes[at]! // In range: checked above, as in the cases below.
      return view.payloadFormat > 1 ? OUT_OF_RANGE : at + 1
    case MESSAGE_EXPIRY:
      if (at + 4 > end) return -1
      view.messageExpirySeconds =
        bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
      view.forwardNeedsRewrite = true
      return at + 4
    case TOPIC_ALIAS:
      if (at + 2 > end) return -1
      view.topicAlias = (bytes[at]! << 8) | bytes[at + 1]!
      view.forwardNeedsRewrite = true
      return view.topicAlias === 0 ? OUT_OF_RANGE : at + 2 // [MQTT-3.3.2-8]
    case CONTENT_TYPE:
      return skipText(bytes, at, end) // [MQTT-3.3.2-19]
    case RESPONSE_TOPIC: {
      const next = skipText(bytes, at, end) // [MQTT-3.3.2-13]
      if (next < 0) return next
      if (next === at + 2) return EMPTY_RESPONSE
      if (hasWildcard(bytes, at + 2, next)) return WILD_RESPONSE // [MQTT-3.3.2-14]
      view.responseTopicStart = at + 2
      view.responseTopicEnd = next
      return next
    }
    case CORRELATION_DATA:
      return skipBinary(bytes, at, end)
    default:
      return MISPLACED
  }
}

function singleFailure(answer: number, id: number): DecodeFailure {
  if (answer === OUT_OF_RANGE) return propertyOutOfRange(id)
  if (answer === EMPTY_RESPONSE) return RESPONSE_TOPIC_EMPTY
  return answer === WILD_RESPONSE ? RESPONSE_TOPIC_WILDCARD : notHere(id)
}

function notHere(id: number): DecodeFailure {
  return SPEC_OF_ID[id] === undefined ? UNKNOWN_PROPERTY : misplacedProperty(id)
}
