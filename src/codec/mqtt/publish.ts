import type { ByteWriter } from '#kernel/byte-writer.ts'
import { DecodeFailure } from './decode-failure.ts'
import { PacketType } from './packet-type.ts'
import type { PublishProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import { buildProperties, skipBinary } from './property-decode.ts'
import { propertiesLength, putPropertyContent } from './property-encode.ts'
import { ProtocolVersion } from './protocol-version.ts'
import {
  MESSAGE_EXPIRY,
  PAYLOAD_FORMAT,
  SUBSCRIPTION_ID,
  TOPIC_ALIAS,
  USER_PROPERTY,
  scanPublishProperties,
} from './publish-scan.ts'
import { putBytes, putRange, putUint16, putUint32, putVarint } from './put.ts'
import { BAD_VARINT, TRUNCATED, ZERO_PACKET_ID } from './reader.ts'
import { ReasonCode } from './reason-codes.ts'
import { isUtf8 } from './utf8.ts'
import { VARINT_MAX, readVarint, varintLength } from './varint.ts'

const QOS_3 = new DecodeFailure(ReasonCode.MALFORMED_PACKET, 'the QoS is 3', '[MQTT-3.3.1-4]')
const DUP_QOS_0 = new DecodeFailure(
  ReasonCode.MALFORMED_PACKET,
  'DUP is set with QoS 0',
  '[MQTT-3.3.1-2]',
)
const EMPTY_TOPIC = new DecodeFailure(
  ReasonCode.TOPIC_NAME_INVALID,
  'the topic name is empty',
  '[MQTT-4.7.3-1]',
)
const NO_TOPIC = new DecodeFailure(
  ReasonCode.PROTOCOL_ERROR,
  'the packet has neither a topic name nor a topic alias',
  '[MQTT-4.7.3-1]',
)
const PAYLOAD_NOT_UTF8 = new DecodeFailure(
  ReasonCode.PAYLOAD_FORMAT_INVALID,
  'the payload is not UTF-8 although its format indicator says so',
)

/**
 * What `decodePublish` found, as offsets into the decoded buffer. Reused for every PUBLISH; valid
 * until the buffer is. Plain fields: hot.
 */
export class PublishView {
  /** Set once by who owns the view: true where packets come from a server (client, bridge). */
  subscriptionIdentifiersAllowed: boolean
  qos = 0
  dup = false
  retain = false
  /** Equal to `topicEnd` when the topic is empty and the alias stands for it. */
  topicStart = 0
  topicEnd = 0
  /** 0 for QoS 0. */
  packetId = 0
  /** Content of the property section; equal when there is none and in 3.x. */
  propsStart = 0
  propsEnd = 0
  payloadStart = 0
  payloadEnd = 0
  /** 0: none. */
  topicAlias = 0
  /** -1: none. */
  messageExpirySeconds = -1
  /** 1: the sender says the payload is UTF-8. */
  payloadFormat = 0
  /** -1: none. */
  responseTopicStart = -1
  responseTopicEnd = -1
  hasUserProperties = false
  /**
   * The property section has a topic alias, a message expiry or a subscription identifier, which
   * must not be forwarded as they are: use `forwardableProperties`. When false the section can be
   * copied as it stands.
   */
  forwardNeedsRewrite = false

  constructor(subscriptionIdentifiersAllowed = false) {
    this.subscriptionIdentifiersAllowed = subscriptionIdentifiersAllowed
  }
}

/**
 * Decodes the body of PUBLISH (§3.3) into `view`. Hot path: allocates nothing, never throws.
 *
 *     topic (string) [QoS > 0: packet identifier (uint16)] [properties, MQTT 5] payload (the rest)
 *
 * Checks flags, all lengths, the packet identifier, and the properties completely (allowed,
 * duplicates, ranges, UTF-8, wildcards in the response topic). It does NOT look at the bytes of
 * the topic: the caller keeps a cache of topics and calls `validateTopicName` (topic.ts) when the
 * cache misses. An empty topic without alias is refused here. Whether the payload is UTF-8 when
 * `payloadFormat` is 1 is for the caller to check with `validatePayloadFormat`.
 * @param flags lower four bits of the first byte
 */
export function decodePublish(
  bytes: Uint8Array,
  flags: number,
  bodyStart: number,
  bodyEnd: number,
  version: ProtocolVersion,
  view: PublishView,
  userPropertiesMax: number = USER_PROPERTIES_MAX_DEFAULT,
): DecodeFailure | undefined {
  const qos = (flags >> 1) & 3
  if (qos === 3) return QOS_3 // [MQTT-3.3.1-4]
  const dup = (flags & 8) !== 0
  if (dup && qos === 0) return DUP_QOS_0 // [MQTT-3.3.1-2]
  view.qos = qos
  view.dup = dup
  view.retain = (flags & 1) !== 0

  const topicStart = bodyStart + 2
  if (topicStart > bodyEnd) return TRUNCATED
  const topicEnd = topicStart + ((bytes[bodyStart]! << 8) | bytes[bodyStart + 1]!) // In range.
  view.topicStart = topicStart
  view.topicEnd = topicEnd
  let at = topicEnd
  if (qos > 0) {
    at += 2
    if (at > bodyEnd) return TRUNCATED
    const packetId = (bytes[topicEnd]! << 8) | bytes[topicEnd + 1]! // In range: checked above.
    if (packetId === 0) return ZERO_PACKET_ID // [MQTT-2.2.1-3] [MQTT-2.2.1-4]
    view.packetId = packetId
  } else {
    if (at > bodyEnd) return TRUNCATED
    view.packetId = 0 // [MQTT-2.2.1-2]: the next bytes are not an identifier.
  }

  view.topicAlias = 0
  view.messageExpirySeconds = -1
  view.payloadFormat = 0
  view.responseTopicStart = -1
  view.responseTopicEnd = -1
  view.hasUserProperties = false
  view.forwardNeedsRewrite = false
  view.propsStart = at
  view.propsEnd = at
  if (version === ProtocolVersion.V5) {
    const failure = decodeSection(bytes, at, bodyEnd, view, userPropertiesMax)
    if (failure !== undefined) return failure
    at = view.propsEnd
    if (topicStart === topicEnd && view.topicAlias === 0) return NO_TOPIC // §3.3.2.3.4
  } else if (topicStart === topicEnd) {
    return EMPTY_TOPIC // [MQTT-4.7.3-1]
  }
  view.payloadStart = at
  view.payloadEnd = bodyEnd
  return undefined
}

function decodeSection(
  bytes: Uint8Array,
  at: number,
  bodyEnd: number,
  view: PublishView,
  userPropertiesMax: number,
): DecodeFailure | undefined {
  // The empty section is by far the most frequent one.
  if (at < bodyEnd && bytes[at] === 0) {
    view.propsStart = at + 1
    view.propsEnd = at + 1
    return undefined
  }
  const length = readVarint(bytes, at, bodyEnd)
  if (length < 0) return BAD_VARINT
  view.propsStart = at + varintLength(length)
  view.propsEnd = view.propsStart + length
  if (view.propsEnd > bodyEnd) return TRUNCATED
  return scanPublishProperties(bytes, view.propsStart, view.propsEnd, view, userPropertiesMax)
}

/** Failure 0x99 when the payload says it is UTF-8 and is not (§3.3.2.3.2); a server may check. */
export function validatePayloadFormat(
  bytes: Uint8Array,
  view: PublishView,
): DecodeFailure | undefined {
  if (view.payloadFormat === 0) return undefined
  return isUtf8(bytes, view.payloadStart, view.payloadEnd) ? undefined : PAYLOAD_NOT_UTF8
}

const NO_PROPERTIES = Buffer.alloc(0)

/**
 * Copy of the property section as it may be forwarded: without topic alias, message expiry and
 * subscription identifiers; all others unaltered and in order [MQTT-3.3.2-4] [MQTT-3.3.2-15]
 * [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]. A shared empty buffer when
 * nothing is left.
 */
export function forwardableProperties(bytes: Uint8Array, view: PublishView): Buffer {
  const { propsStart, propsEnd } = view
  if (propsStart === propsEnd) return NO_PROPERTIES
  if (!view.forwardNeedsRewrite) return copyOf(bytes, propsStart, propsEnd)
  let size = 0
  for (let at = propsStart; at < propsEnd;) {
    const next = nextProperty(bytes, at, propsEnd)
    if (isForwarded(bytes[at]!)) size += next - at // In range: `at < propsEnd`, as below.
    at = next
  }
  if (size === 0) return NO_PROPERTIES
  const copy = Buffer.allocUnsafe(size)
  let to = 0
  for (let at = propsStart; at < propsEnd;) {
    const next = nextProperty(bytes, at, propsEnd)
    if (isForwarded(bytes[at]!)) while (at < next) copy[to++] = bytes[at++]!
    at = next
  }
  return copy
}

function isForwarded(id: number): boolean {
  return id !== TOPIC_ALIAS && id !== MESSAGE_EXPIRY && id !== SUBSCRIPTION_ID
}

function copyOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end - start)
  copy.set(bytes.subarray(start, end))
  return copy
}

/** Offset after the property at `at` of content that `scanPublishProperties` has accepted. */
function nextProperty(bytes: Uint8Array, at: number, end: number): number {
  const value = at + 1
  switch (bytes[at]) {
    case PAYLOAD_FORMAT:
      return value + 1
    case TOPIC_ALIAS:
      return value + 2
    case MESSAGE_EXPIRY:
      return value + 4
    case SUBSCRIPTION_ID:
      return value + varintLength(Math.max(0, readVarint(bytes, value, end)))
    case USER_PROPERTY:
      return nextField(bytes, nextField(bytes, value, end), end)
    default:
      return nextField(bytes, value, end)
  }
}

/** Offset after a length-prefixed field, never beyond `end`. */
function nextField(bytes: Uint8Array, at: number, end: number): number {
  const next = skipBinary(bytes, at, end)
  return next < 0 ? end : next
}

/** Property section (already validated, as in a view or a forwarded copy) as a plain object. */
export function decodePublishProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
): PublishProperties {
  return buildProperties(bytes, start, end)
}

/**
 * Property section (content, without its length) of these properties, as `encodePublish` takes
 * it. Throws RangeError when a string or binary is longer than 65535 bytes.
 */
export function encodePublishProperties(props: PublishProperties): Buffer {
  const length = propertiesLength(props)
  if (length === 0) return NO_PROPERTIES
  const w = { bytes: Buffer.allocUnsafe(length), offset: 0, ensure: (): void => {} }
  putPropertyContent(w, props)
  return w.bytes
}

/** First byte of a PUBLISH. DUP is dropped for QoS 0 [MQTT-3.3.1-2]. */
export function publishFirstByte(qos: number, retain: boolean, dup: boolean): number {
  return (PacketType.PUBLISH << 4) | (dup && qos > 0 ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
}

/**
 * Bytes that the parts which differ per receiver add to the property section, for
 * `publishFrameSize`: message expiry (-1 none), topic alias (0 none), subscription identifiers.
 */
export function deliveryPropertiesLength(
  expirySeconds: number,
  topicAlias: number,
  subscriptionIds: readonly number[] | undefined,
): number {
  let length = (expirySeconds >= 0 ? 5 : 0) + (topicAlias > 0 ? 3 : 0)
  if (subscriptionIds !== undefined) {
    for (let i = 0; i < subscriptionIds.length; i++) {
      length += 1 + varintLength(subscriptionIds[i]!) // In range: `i < length`.
    }
  }
  return length
}

/**
 * Bytes of a whole PUBLISH packet.
 * @param topicBytesLength 0 when an alias stands for the topic
 * @param propsLength forwarded properties plus `deliveryPropertiesLength`; ignored in 3.x
 */
export function publishFrameSize(
  version: ProtocolVersion,
  topicBytesLength: number,
  qos: number,
  propsLength: number,
  payloadLength: number,
): number {
  const remaining = variableHeaderSize(version, topicBytesLength, qos, propsLength) + payloadLength
  return 1 + varintLength(remaining) + remaining
}

function variableHeaderSize(
  version: ProtocolVersion,
  topicBytesLength: number,
  qos: number,
  propsLength: number,
): number {
  const size = 2 + topicBytesLength + (qos > 0 ? 2 : 0)
  return version === ProtocolVersion.V5 ? size + varintLength(propsLength) + propsLength : size
}

/**
 * Writes a PUBLISH up to its payload, which the caller sends right after. Hot path.
 *
 * In 3.x `forwardProps`, `expirySeconds`, `topicAlias` and `subscriptionIds` are ignored. Throws
 * RangeError when the packet is larger than the protocol can say (256 MiB).
 * @param first first byte, see `publishFirstByte`
 * @param topicBytes UTF-8, at most 65535 bytes; empty when the alias stands for the topic
 * @param packetId ignored for QoS 0
 * @param forwardProps property content as `forwardableProperties` gives it
 * @param expirySeconds -1: none
 * @param topicAlias 0: none
 * @param roomBytes ensured behind the head: for the payload if it is put there, see `putRange`
 */
export function encodePublishHead(
  w: ByteWriter,
  version: ProtocolVersion,
  first: number,
  topicBytes: Uint8Array,
  packetId: number,
  forwardProps: Uint8Array,
  expirySeconds: number,
  topicAlias: number,
  subscriptionIds: readonly number[] | undefined,
  payloadLength: number,
  roomBytes = 0,
): void {
  const isV5 = version === ProtocolVersion.V5
  const qos = (first >> 1) & 3
  const propsLength = isV5
    ? forwardProps.length + deliveryPropertiesLength(expirySeconds, topicAlias, subscriptionIds)
    : 0
  const headSize = variableHeaderSize(version, topicBytes.length, qos, propsLength)
  const remaining = headSize + payloadLength
  if (remaining > VARINT_MAX) {
    throw new RangeError(`a PUBLISH body of ${remaining} bytes is too large for MQTT`)
  }
  w.ensure(1 + varintLength(remaining) + headSize + roomBytes)
  w.bytes[w.offset++] = first
  putVarint(w, remaining)
  putUint16(w, topicBytes.length)
  putBytes(w, topicBytes) // [MQTT-3.3.2-1]
  if (qos > 0) putUint16(w, packetId) // [MQTT-2.2.1-2]
  if (!isV5) return
  putVarint(w, propsLength) // [MQTT-2.2.2-1]
  if (propsLength === 0) return
  putBytes(w, forwardProps)
  if (expirySeconds >= 0) {
    w.bytes[w.offset++] = MESSAGE_EXPIRY
    putUint32(w, expirySeconds)
  }
  if (topicAlias > 0) {
    w.bytes[w.offset++] = TOPIC_ALIAS
    putUint16(w, topicAlias) // [MQTT-3.3.2-8]
  }
  if (subscriptionIds === undefined) return
  for (let i = 0; i < subscriptionIds.length; i++) {
    w.bytes[w.offset++] = SUBSCRIPTION_ID
    putVarint(w, subscriptionIds[i]!) // In range: `i < length`.
  }
}

/** As `encodePublishHead`, then the payload; one `ensure` for the whole packet. Hot path. */
export function encodePublish(
  w: ByteWriter,
  version: ProtocolVersion,
  first: number,
  topicBytes: Uint8Array,
  packetId: number,
  forwardProps: Uint8Array,
  expirySeconds: number,
  topicAlias: number,
  subscriptionIds: readonly number[] | undefined,
  payload: Uint8Array,
): void {
  encodePublishHead(
    w,
    version,
    first,
    topicBytes,
    packetId,
    forwardProps,
    expirySeconds,
    topicAlias,
    subscriptionIds,
    payload.length,
    payload.length,
  )
  putBytes(w, payload)
}

/** A PUBLISH whose body stands in `source`: everything behind the fixed header. Hot path. */
export function encodePublishBody(
  w: ByteWriter,
  first: number,
  source: Buffer,
  start: number,
  end: number,
): void {
  const length = end - start
  w.ensure(1 + varintLength(length) + length)
  w.bytes[w.offset++] = first
  putVarint(w, length)
  putRange(w, source, start, end)
}
