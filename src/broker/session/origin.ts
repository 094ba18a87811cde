import { prefixEnd, u32Key } from '#kernel/binary-key.ts'
import { hashBytes } from '#kernel/hash.ts'
import { encodeRecord } from '#kernel/record.ts'
import type { Message } from '../message.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import { RECORD_VERSION } from './open-record.ts'
import type { GroupName } from './outgoing.ts'

/**
 * Exactly once across shards.
 *
 * A QoS 2 message of a stored session that goes to several shards is committed by each of them on
 * its own. A crash in between leaves it with some sessions and not with others, and the publisher
 * sends it again. So every stored session that takes such a message notes it in the same batch,
 * under the key of the publisher's packet identifier and the message's fingerprint (its *origin*)
 * followed by its own key; a message that is sent again passes over the sessions that have their
 * note. The notes go together with the publisher's own record when it releases the identifier.
 *
 * By the fingerprint a message is known again although its client forgot the DUP flag, and another
 * one under the same identifier is not mistaken for it.
 *
 * Of a shared subscription another member may be chosen the second time, so the member notes it for
 * its group, and a group that has its note is passed over. That is not the session's own note: the
 * session may get the message by an ordinary subscription as well.
 */
const NOTE: Uint8Array = encodeRecord(RECORD_VERSION, new Uint8Array(0))

/**
 * In front of a group in a key: store keys of sessions begin with the number of a run, below it.
 */
const GROUP_MARK = '\xff'

/** Length of a fingerprint. */
export const FINGERPRINT_BYTES = 8

/** What tells a message from others under its packet identifier: its topic and payload, hashed. */
export function fingerprintOf(
  topic: Uint8Array,
  bytes: Uint8Array,
  payload: { readonly payloadStart: number; readonly payloadEnd: number },
): string {
  const { payloadStart, payloadEnd } = payload
  const ofTopic = hashBytes(topic, 0, topic.length)
  return u32Key(ofTopic) + u32Key(hashBytes(bytes, payloadStart, payloadEnd))
}

/** Notes, with the batch that stores the message itself, that the session or the group has it. */
export function noteReceived(
  store: KvStore,
  message: Message,
  storeKey: string,
  group: GroupName | undefined,
): void {
  const { origin } = message
  if (origin === '') return
  store.put(Table.INCOMING, origin + (group === undefined ? storeKey : groupKey(group)), NOTE)
}

/** True when the session took the message before a crash. */
export function hasReceived(store: KvStore, message: Message, storeKey: string): boolean {
  if (!message.checkOrigin || message.origin === '') return false
  return store.get(Table.INCOMING, message.origin + storeKey) !== undefined
}

/** True when a member of the group took the message before a crash. */
export function groupHasReceived(store: KvStore, message: Message, group: GroupName): boolean {
  if (!message.checkOrigin || message.origin === '') return false
  return store.get(Table.INCOMING, message.origin + groupKey(group)) !== undefined
}

/** A group as part of a key: its name holds no slash. */
function groupKey({ group, filter }: GroupName): string {
  return GROUP_MARK + Buffer.from(`${group}/${filter}`).toString('latin1')
}

/** Removes the notes of all sessions; the message can no longer be sent again. */
export function removeNotes(store: KvStore, origin: string): void {
  if (origin === '') return
  const notes: string[] = []
  store.scan(Table.INCOMING, `${origin}\0`, prefixEnd(origin), (key) => {
    notes.push(key)
    return true
  })
  for (const key of notes) store.remove(Table.INCOMING, key)
}
