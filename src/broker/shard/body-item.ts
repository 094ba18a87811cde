/**
 * A message that any subscriber may get as it came, on its way to a sibling shard: QoS 0, without
 * expiry and properties. Its packet is copied once here, and once more into the packet that goes
 * out.
 *
 *   u8 flags (bit 0: the body is of MQTT 5), f64 received at (ms), u16 publisher, publisher, body
 */
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { utf8Length } from '#codec/mqtt/utf8.ts'
import { putText, readPublisher } from '../message-bytes.ts'
import { Message } from '../message.ts'
import type { Router } from '../router/router.ts'

const FIXED_BYTES = 11
const IS_V5 = 1
const NO_BYTES = Buffer.alloc(0)

/** True when the message can go as such an item. Hot path. */
export function isBodyItem(message: Message): boolean {
  return message.bodyStart >= 0 && message.expiresAtMs === 0 && message.properties.length === 0
}

/** Bytes that `writeBodyItem` needs. */
export function bodyItemLength(message: Message): number {
  const { publisher, bodyStart, payloadEnd } = message
  return FIXED_BYTES + utf8Length(publisher) + payloadEnd - bodyStart
}

/** Writes the item at `offset` and returns the offset after it; `target` has room. Hot path. */
export function writeBodyItem(target: Buffer, offset: number, message: Message): number {
  const { publisher, source, bodyStart, payloadEnd } = message
  target[offset] = message.isBodyV5 ? IS_V5 : 0
  target.writeDoubleBE(message.receivedAtMs, offset + 1)
  const publisherBytes = putText(target, offset + FIXED_BYTES, publisher)
  target.writeUInt16BE(publisherBytes, offset + 9)
  const at = offset + FIXED_BYTES + publisherBytes
  source.copy(target, at, bodyStart, payloadEnd)
  return at + payloadEnd - bodyStart
}

/**
 * Reads an item that ends at `end`; the message borrows its bytes. Undefined when the lengths do
 * not fit together or the topic is not valid. Hot path.
 */
export function readBodyItem(
  source: Buffer,
  offset: number,
  end: number,
  router: Router,
): Message | undefined {
  if (end - offset < FIXED_BYTES + 2) return undefined
  const isV5 = (source[offset]! & IS_V5) !== 0 // In range: checked above.
  const publisherStart = offset + FIXED_BYTES
  const bodyStart = publisherStart + source.readUInt16BE(offset + 9)
  if (bodyStart + 2 > end) return undefined
  const topicStart = bodyStart + 2
  const topicEnd = topicStart + source.readUInt16BE(bodyStart)
  const payloadStart = topicEnd + (isV5 ? 1 : 0) // One byte says that there are no properties.
  if (payloadStart > end) return undefined
  const topic = router.entryForBytes(source, topicStart, topicEnd)
  if (isFailure(topic)) return undefined
  const receivedAtMs = source.readDoubleBE(offset + 1)
  const publisher = readPublisher(source, publisherStart, bodyStart)
  const message = new Message(topic, source, 0, false, NO_BYTES, 0, publisher, receivedAtMs, true)
  message.setPayloadRange(payloadStart, end)
  message.bodyStart = bodyStart
  message.isBodyV5 = isV5
  return message
}
