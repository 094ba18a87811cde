import { readU32, readU48, readU8, u32Key, u48Key, u8Key } from '#kernel/binary-key.ts'
import { checkRecord, RECORD_HEADER_BYTES, sealRecord } from '#kernel/record.ts'
import { decodeUtf8, utf8Length } from '#codec/mqtt/utf8.ts'
import { messageBytesLength, readMessage, writeMessage } from '../message-bytes.ts'
import type { Message } from '../message.ts'
import type { Router } from '../router/router.ts'

/**
 * Keys of delayed messages: u8 partition, u48 due time in ms, u32 run of the process, u48 number.
 *
 * A partition belongs to shard `partition % shardCount`, and a shard writes to the partition of
 * its own number: so a message keeps its key when the number of shards changes, each partition has
 * one writer, and its first key is what is due first. Equal times come in the order of their adds.
 */
export const PARTITIONS = 64
const KEY_BYTES = 17
const DUE_OFFSET = 1
const RUN_OFFSET = 7
const COUNT_OFFSET = 11

/** Key of the `count`-th message that a shard of this run delays. */
export function delayedKey(partition: number, dueAtMs: number, run: number, count: number): string {
  return partitionKey(partition, dueAtMs) + u32Key(run) + u48Key(count)
}

/** Start of the keys of a partition that are due at `dueAtMs` or later. */
export function partitionKey(partition: number, dueAtMs: number): string {
  return u8Key(partition) + u48Key(dueAtMs)
}

/** Due time of a key in ms since the epoch. */
export function dueTimeOf(key: string): number {
  return readU48(key, DUE_OFFSET)
}

/** The message's name in lists and for cancelling: its key in hexadecimal. */
export function delayedId(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex')
}

/** The key of an id; undefined when it cannot be one. */
export function keyOfDelayedId(id: string): string | undefined {
  if (id.length !== KEY_BYTES * 2 || !/^[0-9a-f]+$/u.test(id)) return undefined
  const key = Buffer.from(id, 'hex').toString('latin1')
  return key.charCodeAt(0) < PARTITIONS ? key : undefined
}

/** The shard that keeps, sends and cancels the message of a key. */
export function ownerOfDelayed(key: string, shardCount: number): number {
  return key.charCodeAt(0) % shardCount
}

/** Tells the names of delayed messages from those of packet identifiers of sessions. */
const ORIGIN_MARK = 0x80
const ORIGIN_BYTES = 11

/** What receivers note of a QoS 2 message, see session/origin.ts: 11 bytes, unique for ever. */
export function delayedOrigin(key: string): string {
  return (
    key.slice(RUN_OFFSET, COUNT_OFFSET) +
    u8Key(ORIGIN_MARK | readU8(key, 0)) +
    key.slice(COUNT_OFFSET)
  )
}

/** The name of a delayed message that a key begins with; undefined when it is that of a session. */
export function delayedOriginOf(key: string): string | undefined {
  const isDelayed = readU8(key, COUNT_OFFSET - RUN_OFFSET) >= ORIGIN_MARK
  return isDelayed ? key.slice(0, ORIGIN_BYTES) : undefined
}

/** Run of the process that stored the message of a key. */
export function runOfDelayed(key: string): number {
  return readU32(key, RUN_OFFSET)
}

/** A delayed message as it is stored. */
export interface DelayedMessage {
  readonly id: string
  /** Topic is the one to publish to. Its bytes are its own. */
  readonly message: Message
  readonly username: string | undefined
  readonly dueAtMs: number
}

/** Record: header, u8 1 = has a username, u16 its length, username, message. */
const RECORD_VERSION = 1
const USERNAME_OFFSET = RECORD_HEADER_BYTES + 3

/** Bytes of the record of a message, with the name of the user who published it. */
export function encodeDelayed(message: Message, username: string | undefined): Buffer {
  const usernameBytes = username === undefined ? 0 : utf8Length(username)
  const messageOffset = USERNAME_OFFSET + usernameBytes
  const record = Buffer.allocUnsafe(messageOffset + messageBytesLength(message))
  record[RECORD_HEADER_BYTES] = username === undefined ? 0 : 1
  record.writeUInt16BE(usernameBytes, RECORD_HEADER_BYTES + 1)
  if (username !== undefined) record.write(username, USERNAME_OFFSET, 'utf8')
  writeMessage(record, messageOffset, message)
  sealRecord(record, RECORD_VERSION)
  return record
}

/** Reads a record; undefined when it is corrupt or of another version. */
export function decodeDelayed(
  key: string,
  value: Uint8Array,
  router: Router,
): DelayedMessage | undefined {
  if (value.length < USERNAME_OFFSET || checkRecord(value) !== RECORD_VERSION) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const messageOffset = USERNAME_OFFSET + bytes.readUInt16BE(RECORD_HEADER_BYTES + 1)
  const message = readMessage(bytes, messageOffset, bytes.length, router, true)
  if (message === undefined) return undefined
  message.own()
  const known = bytes[RECORD_HEADER_BYTES] === 1
  const username = known ? decodeUtf8(bytes, USERNAME_OFFSET, messageOffset) : undefined
  return { id: delayedId(key), message, username, dueAtMs: dueTimeOf(key) }
}
