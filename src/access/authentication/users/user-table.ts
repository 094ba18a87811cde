/**
 * Users of the built-in database as the store keeps them.
 *
 *     key    chain 0x00 mechanism 0x00 user id
 *     value  record, version 1: JSON of the credential
 */
import { type KvStore, Table } from '#broker/ports.ts'
import { KEY_END, keyText, prefixEnd, textKey, textPart, textPartEnd } from '#kernel/binary-key.ts'
import { checkRecord, encodeRecord, recordPayload } from '#kernel/record.ts'

const RECORD_VERSION = 1

/** Users that belong together: those of one authenticator of one chain. */
export interface UserGroup {
  /** `mqtt:global`, or the id of a listener. */
  readonly chain: string
  readonly mechanism: string
}

/** What is kept of a user, whatever the mechanism. */
export interface Credential {
  readonly isSuperuser: boolean
}

/** Name of the chain for all listeners. */
export const GLOBAL_CHAIN = 'mqtt:global'

/** Reads a user; undefined when there is none, or its record is damaged. */
export function readUser<C extends Credential>(
  store: KvStore,
  group: UserGroup,
  userId: string,
): C | undefined {
  const record = store.get(Table.USERS, keyOf(group, userId))
  return record === undefined ? undefined : decode<C>(record)
}

/** Writes a user into the open batch. */
export function writeUser(
  store: KvStore,
  group: UserGroup,
  userId: string,
  credential: Credential,
): void {
  const payload = Buffer.from(JSON.stringify(credential))
  store.put(Table.USERS, keyOf(group, userId), encodeRecord(RECORD_VERSION, payload))
}

/** Removes a user in the open batch. */
export function removeUser(store: KvStore, group: UserGroup, userId: string): void {
  store.remove(Table.USERS, keyOf(group, userId))
}

/** Visits the users of a group in the order of their ids until `visit` returns false. */
export function scanUsers<C extends Credential>(
  store: KvStore,
  group: UserGroup,
  visit: (userId: string, credential: C) => boolean,
): void {
  const prefix = prefixOf(group)
  store.scan(Table.USERS, prefix, prefixEnd(prefix), (key, record) => {
    const credential = decode<C>(record)
    return credential === undefined || visit(keyText(key, prefix.length), credential)
  })
}

/** Visits all users of all groups. */
export function scanAllUsers(
  store: KvStore,
  visit: (group: UserGroup, userId: string, credential: Credential) => void,
): void {
  store.scan(Table.USERS, '', KEY_END, (key, record) => {
    const chainEnd = textPartEnd(key, 0)
    const mechanismEnd = textPartEnd(key, chainEnd + 1)
    const group = {
      chain: keyText(key, 0, chainEnd),
      mechanism: keyText(key, chainEnd + 1, mechanismEnd),
    }
    const credential = decode<Credential>(record)
    if (credential !== undefined) visit(group, keyText(key, mechanismEnd + 1), credential)
    return true
  })
}

function prefixOf({ chain, mechanism }: UserGroup): string {
  return textPart(chain) + textPart(mechanism)
}

function keyOf(group: UserGroup, userId: string): string {
  return prefixOf(group) + textKey(userId)
}

/** Only what `writeUser` has written gets here. */
function decode<C extends Credential>(record: Uint8Array): C | undefined {
  if (checkRecord(record) !== RECORD_VERSION) return undefined
  return JSON.parse(Buffer.from(recordPayload(record)).toString('utf8')) as C
}
