import { decodeUtf8, utf8Length } from '#codec/mqtt/utf8.ts'
import { RECORD_HEADER_BYTES, sealRecord } from '#kernel/record.ts'
import type { Message } from '../message.ts'
import type { QoS } from '../qos.ts'
import { messageBytesLength, readMessage, writeMessage } from '../message-bytes.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import type { Router } from '../router/router.ts'
import { openRecord, RECORD_VERSION } from './open-record.ts'
import { Outgoing } from './outgoing.ts'
import type { GroupName } from './outgoing.ts'

/**
 * The record of one queued or in-flight message of a persistent session (table QUEUE):
 *
 *   record header, u8 kind, u8 flags (bits 0-1 QoS, bit 2 retain, bit 3 sent before, bit 4 group),
 *   u8 state, u16 packet id, u16 number of subscription identifiers, u32 each, with bit 4 the
 *   group and the filter of a shared subscription (u16 length and text each), then
 *   kind INLINE: the message; kind BODY: the key of its body (table BODIES), one byte a char;
 *   kind RELEASED: nothing.
 */
const Kind = { INLINE: 0, BODY: 1, RELEASED: 2 } as const
/** Bytes of a record, without its header, before the subscription identifiers. */
const HEAD_BYTES = 7
const SUBSCRIPTION_IDS_MAX = 65_535

/** Bytes of the record of `outgoing`; the body itself when it is inline. */
export function encodeOutgoing(outgoing: Outgoing): Buffer {
  const { message } = outgoing
  const ids = outgoing.subscriptionIds
  const idCount = Math.min(ids?.length ?? 0, SUBSCRIPTION_IDS_MAX)
  const { bodyKey } = outgoing
  const bodyBytes =
    message === undefined ? 0 : bodyKey === '' ? messageBytesLength(message) : bodyKey.length
  const { group } = outgoing
  const groupBytes =
    group === undefined ? 0 : 4 + utf8Length(group.group) + utf8Length(group.filter)
  const record = Buffer.allocUnsafe(
    RECORD_HEADER_BYTES + HEAD_BYTES + 4 * idCount + groupBytes + bodyBytes,
  )
  let at = RECORD_HEADER_BYTES
  record[at++] = message === undefined ? Kind.RELEASED : bodyKey === '' ? Kind.INLINE : Kind.BODY
  record[at++] =
    outgoing.qos |
    (outgoing.retain ? 4 : 0) |
    (outgoing.sentBefore ? 8 : 0) |
    (group === undefined ? 0 : 16)
  record[at++] = outgoing.state
  record[at++] = outgoing.packetId >> 8
  record[at++] = outgoing.packetId & 0xff
  at = record.writeUInt16BE(idCount, at)
  for (let index = 0; index < idCount; index++) {
    at = record.writeUInt32BE(ids![index]!, at) // In range: idCount is at most the length.
  }
  if (group !== undefined) at = putText(record, putText(record, at, group.group), group.filter)
  if (message !== undefined) {
    if (bodyKey === '') writeMessage(record, at, message)
    else record.write(bodyKey, at, 'latin1')
  }
  sealRecord(record, RECORD_VERSION)
  return record
}

function putText(record: Buffer, at: number, text: string): number {
  const length = record.write(text, at + 2, 'utf8')
  record.writeUInt16BE(length, at)
  return at + 2 + length
}

/** Record of a message body shared by several queues (table BODIES). */
export function encodeBody(message: Message): Buffer {
  const record = Buffer.allocUnsafe(RECORD_HEADER_BYTES + messageBytesLength(message))
  writeMessage(record, RECORD_HEADER_BYTES, message)
  sealRecord(record, RECORD_VERSION)
  return record
}

/**
 * Reads a record back; `value` is copied where kept. Undefined when the record or its body is
 * corrupt or missing.
 */
export function decodeOutgoing(
  key: string,
  value: Uint8Array,
  store: KvStore,
  router: Router,
): Outgoing | undefined {
  const record = openRecord(value)
  if (record === undefined || record.length < HEAD_BYTES) return undefined
  const flags = record[1]! // In range: the length was checked.
  const idCount = record.readUInt16BE(5)
  let at = HEAD_BYTES
  if (record.length < at + 4 * idCount || (flags & 3) === 3) return undefined
  let ids: number[] | undefined
  for (let index = 0; index < idCount; index++) {
    ids ??= []
    ids.push(record.readUInt32BE(at))
    at += 4
  }
  let group: GroupName | undefined
  if ((flags & 16) !== 0) {
    const filterAt = at + 2 + record.readUInt16BE(at)
    const end = filterAt + 2 + record.readUInt16BE(filterAt)
    group = {
      group: decodeUtf8(record, at + 2, filterAt),
      filter: decodeUtf8(record, filterAt + 2, end),
    }
    at = end
  }
  const message = messageOf(record, at, store, router)
  if (message === undefined && record[0] !== Kind.RELEASED) return undefined
  // 0..2: checked above.
  const outgoing = new Outgoing(message, (flags & 3) as QoS, (flags & 4) !== 0, ids, group)
  outgoing.key = key
  if (message !== undefined && record[0] === Kind.BODY)
    outgoing.bodyKey = record.toString('latin1', at)
  outgoing.sentBefore = (flags & 8) !== 0
  outgoing.packetId = record.readUInt16BE(3)
  outgoing.state = record[2] as Outgoing['state'] // Only states were written, the checksum holds.
  return outgoing
}

function messageOf(
  record: Buffer,
  at: number,
  store: KvStore,
  router: Router,
): Message | undefined {
  if (record[0] === Kind.INLINE) {
    return storedMessage(readMessage(record, at, record.length, router, true))
  }
  if (record[0] !== Kind.BODY) return undefined
  const bodyKey = record.toString('latin1', at)
  const value = store.get(Table.BODIES, bodyKey)
  if (value === undefined) return undefined
  const body = openRecord(value)
  if (body === undefined) return undefined
  return storedMessage(readMessage(body, 0, body.length, router, true))
}

/** A message out of the store has bytes of its own, and its origin has done its work. */
function storedMessage(message: Message | undefined): Message | undefined {
  if (message === undefined) return undefined
  message.own()
  message.origin = ''
  return message
}

/** Key of the shared body that a queue record refers to; undefined when its message is inline. */
export function bodyKeyOf(value: Uint8Array): string | undefined {
  const record = openRecord(value)
  if (record === undefined || record.length < HEAD_BYTES) return undefined
  if (record[0] !== Kind.BODY) return undefined
  let at = HEAD_BYTES + 4 * record.readUInt16BE(5)
  if ((record[1]! & 16) !== 0) {
    at += 2 + record.readUInt16BE(at)
    at += 2 + record.readUInt16BE(at)
  }
  return record.toString('latin1', at)
}

/** QoS of a queue record, without checking the record. */
export function recordedQos(value: Uint8Array): number {
  return (value[RECORD_HEADER_BYTES + 1] ?? 0) & 3
}

/** Packet identifier of a queue record, without checking the record; 0 = still queued. */
export function recordedPacketId(value: Uint8Array): number {
  const at = RECORD_HEADER_BYTES + 3
  return value.length < at + 2 ? 0 : (value[at]! << 8) | value[at + 1]! // In range: checked.
}
