import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { decodeUtf8, utf8Length } from '#codec/mqtt/utf8.ts'
import { Message } from './message.ts'
import type { QoS } from './qos.ts'
import type { Router } from './router/router.ts'

/**
 * A message as bytes, for storage and for the way to a sibling shard:
 *
 *   u8 flags (bits 0-1 QoS, bit 2 retain, bit 3 origin, bit 4 check it, bit 5 the origin is a
 *   long one), f64 expires at (ms, 0 = never), f64 received at (ms), u16 publisher, u16 topic,
 *   u32 properties (lengths), then these three, with bit 3 the origin (11 bytes, or 19 with bit 5),
 *   then the payload.
 */
const FIXED_BYTES = 25
const ORIGIN_BYTES = 11
const LONG_ORIGIN_BYTES = 19
const HAS_ORIGIN = 8
const CHECK_ORIGIN = 16
const LONG_ORIGIN = 32

const NO_BYTES = Buffer.alloc(0)
const TEXT_LOOP_MAX = 24
/** Publisher of the message read last: mostly that of the next one, too. */
let lastPublisher = ''

/** Bytes that `writeMessage` needs. */
export function messageBytesLength(message: Message): number {
  return (
    FIXED_BYTES +
    utf8Length(message.publisher) +
    message.topic.bytes.length +
    message.properties.length +
    message.origin.length +
    message.payloadLength
  )
}

/** Writes the message at `offset` and returns the offset after it; `target` has room for it. */
export function writeMessage(target: Buffer, offset: number, message: Message): number {
  const { topic, properties } = message
  const { origin } = message
  target[offset] =
    message.qos |
    (message.retain ? 4 : 0) |
    (origin === '' ? 0 : HAS_ORIGIN) |
    (origin.length === LONG_ORIGIN_BYTES ? LONG_ORIGIN : 0) |
    (message.checkOrigin ? CHECK_ORIGIN : 0)
  target.writeDoubleBE(message.expiresAtMs, offset + 1)
  target.writeDoubleBE(message.receivedAtMs, offset + 9)
  let at = offset + FIXED_BYTES
  const publisherBytes = putText(target, at, message.publisher)
  target.writeUInt16BE(publisherBytes, offset + 17)
  target.writeUInt16BE(topic.bytes.length, offset + 19)
  target.writeUInt32BE(properties.length, offset + 21)
  at += publisherBytes
  target.set(topic.bytes, at)
  at += topic.bytes.length
  if (properties.length > 0) target.set(properties, at)
  at += properties.length
  if (origin !== '') at += target.write(origin, at, 'latin1')
  message.source.copy(target, at, message.payloadStart, message.payloadEnd)
  return at + message.payloadLength
}

/**
 * Reads a message that ends at `end`. Its bytes are views into `source`: `borrowed` says whether
 * `source` will be used again by its owner. Undefined when the lengths do not fit together or the
 * topic is not valid, which only a corrupt record can cause.
 */
export function readMessage(
  source: Buffer,
  offset: number,
  end: number,
  router: Router,
  borrowed: boolean,
): Message | undefined {
  if (end - offset < FIXED_BYTES) return undefined
  const flags = source[offset]! // In range: checked above.
  const publisherStart = offset + FIXED_BYTES
  const topicStart = publisherStart + source.readUInt16BE(offset + 17)
  const propertiesStart = topicStart + source.readUInt16BE(offset + 19)
  const originStart = propertiesStart + source.readUInt32BE(offset + 21)
  const originBytes = (flags & LONG_ORIGIN) === 0 ? ORIGIN_BYTES : LONG_ORIGIN_BYTES
  const payloadStart = originStart + ((flags & HAS_ORIGIN) === 0 ? 0 : originBytes)
  if (payloadStart > end || (flags & 3) === 3) return undefined
  const topic = router.entryForBytes(source, topicStart, propertiesStart)
  if (isFailure(topic)) return undefined
  const hasProperties = originStart > propertiesStart
  const message = new Message(
    topic,
    source,
    (flags & 3) as QoS, // 0..2: checked above.
    (flags & 4) !== 0,
    hasProperties ? source.subarray(propertiesStart, originStart) : NO_BYTES,
    source.readDoubleBE(offset + 1),
    readPublisher(source, publisherStart, topicStart),
    source.readDoubleBE(offset + 9),
    borrowed,
  )
  message.setPayloadRange(payloadStart, end)
  if ((flags & HAS_ORIGIN) !== 0) {
    message.origin = source.toString('latin1', originStart, payloadStart)
    message.checkOrigin = (flags & CHECK_ORIGIN) !== 0
  }
  return message
}

/** True when the bytes are this text and ASCII. */
function sameText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let index = 0; index < text.length; index++) {
    const byte = bytes[start + index]! // In range: the lengths are equal.
    if (byte >= 0x80 || byte !== text.charCodeAt(index)) return false
  }
  return true
}

/** The publisher's name out of bytes: decoded when it is not that of the message read last. */
export function readPublisher(source: Buffer, start: number, end: number): string {
  if (!sameText(lastPublisher, source, start, end)) lastPublisher = decodeUtf8(source, start, end)
  return lastPublisher
}

/** Writes a text in UTF-8 and returns the number of bytes; a loop beats the native while short. */
export function putText(target: Buffer, at: number, text: string): number {
  if (text.length > TEXT_LOOP_MAX) return target.write(text, at, 'utf8')
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x80) return target.write(text, at, 'utf8')
    target[at + index] = code
  }
  return text.length
}
