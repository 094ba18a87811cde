import type { ByteWriter } from '#kernel/byte-writer.ts'
import type { DecodeFailure } from './decode-failure.ts'
import type { PublishProperties } from './properties.ts'
import { USER_PROPERTIES_MAX_DEFAULT } from './properties.ts'
import type { ProtocolVersion } from './protocol-version.ts'

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
 * Decodes the body of PUBLISH (MQTT 5 §3.3) into `view`. Hot path: allocates nothing, never
 * throws.
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
  throw new Error(`${bytes} ${flags} ${bodyStart} ${bodyEnd} ${version} ${view} ${userPropertiesMax}`)
}

/** Failure 0x99 when the payload says it is UTF-8 and is not (§3.3.2.3.2); a server may check. */
export function validatePayloadFormat(
  bytes: Uint8Array,
  view: PublishView,
): DecodeFailure | undefined {
  throw new Error(`${bytes} ${view}`)
}

/**
 * Copy of the property section as it may be forwarded: without topic alias, message expiry and
 * subscription identifiers; order kept [MQTT-3.3.2-18]. A shared empty buffer when nothing is left.
 */
export function forwardableProperties(bytes: Uint8Array, view: PublishView): Buffer {
  throw new Error(`${bytes} ${view}`)
}

/** Property section (already validated, as in a view or a forwarded copy) as a plain object. */
export function decodePublishProperties(
  bytes: Uint8Array,
  start: number,
  end: number,
): PublishProperties {
  throw new Error(`${bytes} ${start} ${end}`)
}

/** Property section (content, without its length) of these properties. */
export function encodePublishProperties(props: PublishProperties): Buffer {
  throw new Error(`${props}`)
}

/** First byte of a PUBLISH. */
export function publishFirstByte(qos: number, retain: boolean, dup: boolean): number {
  return 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
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
  throw new Error(`${expirySeconds} ${topicAlias} ${subscriptionIds}`)
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
  throw new Error(`${version} ${topicBytesLength} ${qos} ${propsLength} ${payloadLength}`)
}

/**
 * Writes a PUBLISH up to its payload, which the caller sends right after. Hot path.
 *
 * Ensures only the head's bytes. In 3.x `forwardProps`, `expirySeconds`, `topicAlias` and
 * `subscriptionIds` are ignored.
 * @param first first byte, see `publishFirstByte`
 * @param topicBytes UTF-8; empty when the alias stands for the topic
 * @param packetId ignored for QoS 0
 * @param forwardProps property content as `forwardableProperties` gives it
 * @param expirySeconds -1: none
 * @param topicAlias 0: none
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
): void {
  throw new Error(
    `${w} ${version} ${first} ${topicBytes} ${packetId} ${forwardProps} ${expirySeconds}` +
      `${topicAlias} ${subscriptionIds} ${payloadLength}`,
  )
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
  throw new Error(
    `${w} ${version} ${first} ${topicBytes} ${packetId} ${forwardProps} ${expirySeconds}` +
      `${topicAlias} ${subscriptionIds} ${payload}`,
  )
}
