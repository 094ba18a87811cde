import { checkRecord, RECORD_HEADER_BYTES, sealRecord } from '#kernel/record.ts'
import { messageBytesLength, readMessage, writeMessage } from '../message-bytes.ts'
import type { Message } from '../message.ts'
import type { Router } from '../router/router.ts'

/**
 * The record of a retained message: header, u48 `discardAtMs` (0 = never), the message.
 *
 * `discardAtMs` is the end that counts here: the message's own expiry, or that of the retainer's
 * configuration for a message without one, which its receivers are not told.
 */
const RECORD_VERSION = 1
const MESSAGE_OFFSET = RECORD_HEADER_BYTES + 6
const TWO_32 = 0x1_0000_0000

/** Bytes of the record of `message`. */
export function encodeRetained(message: Message, discardAtMs: number): Buffer {
  const record = Buffer.allocUnsafe(MESSAGE_OFFSET + messageBytesLength(message))
  record.writeUIntBE(discardAtMs, RECORD_HEADER_BYTES, 6)
  writeMessage(record, MESSAGE_OFFSET, message)
  sealRecord(record, RECORD_VERSION)
  return record
}

/** When the message ends, in ms since the epoch, 0 = never. Reads no more than that, unchecked. */
export function discardTime(record: Uint8Array): number {
  if (record.length < MESSAGE_OFFSET) return 0
  const at = RECORD_HEADER_BYTES
  const high = (record[at]! << 8) | record[at + 1]! // In range, here and below: checked above.
  const low =
    ((record[at + 2]! << 24) |
      (record[at + 3]! << 16) |
      (record[at + 4]! << 8) |
      record[at + 5]!) >>>
    0
  return high * TWO_32 + low
}

/** True when the record is whole. */
export function isRetainedRecord(record: Uint8Array): boolean {
  return record.length >= MESSAGE_OFFSET && checkRecord(record) === RECORD_VERSION
}

/**
 * The message of a record, its bytes borrowed from it; undefined when the record is corrupt or of
 * another version.
 */
export function decodeRetained(record: Uint8Array, router: Router): Message | undefined {
  if (!isRetainedRecord(record)) return undefined
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.length)
  return readMessage(bytes, MESSAGE_OFFSET, bytes.length, router, true)
}
