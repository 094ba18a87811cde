import { prefixEnd, readU16, readU32, u32Key } from '#kernel/binary-key.ts'
import { encodeRecord, RECORD_HEADER_BYTES } from '#kernel/record.ts'
import { decodeUtf8 } from '#codec/mqtt/utf8.ts'
import type { WillProperties } from '#codec/mqtt/properties.ts'
import type { QoS } from '../qos.ts'
import { DEFAULT_ZONE } from '../limits.ts'
import { Table } from '../ports.ts'
import type { KvStore, Log } from '../ports.ts'
import { incomingKey, STORE_KEY_BYTES } from './keys.ts'
import { openRecord, RECORD_VERSION } from './open-record.ts'
import { FINGERPRINT_BYTES, removeNotes } from './origin.ts'
import type { HeldSubscription, HeldWill, Session } from './session.ts'

/**
 * Records of a persistent session, as long as it lives [MQTT311-4.1.0-1]: one for itself (its
 * store key), one per subscription (with its number) and one per unreleased incoming packet
 * identifier. Client ids and filters are not in keys because they may be longer than a key can be.
 * Sessions and subscriptions change at the pace of connects and subscribes, so JSON is fast enough
 * and can be read by people.
 */
interface SessionFields {
  readonly clientId: string
  readonly createdAtMs: number
  /** 0 = connected when it was written. */
  readonly disconnectedAtMs: number
  /** null = never. */
  readonly expiryMs: number | null
  readonly username?: string | undefined
  /** Absent: `default`. */
  readonly zone?: string | undefined
  readonly will?: WillFields | undefined
}

interface WillFields {
  readonly topic: string
  readonly payload: string
  readonly qos: QoS
  readonly retain: boolean
  readonly properties: Omit<WillProperties, 'correlationData'> & { correlationData?: string }
  readonly username?: string | undefined
  readonly mountpoint: string
  readonly delayMs: number
}

/** What is stored of one subscription. */
interface SubscriptionFields {
  readonly filter: string
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly subscriptionId: number
}

/** The same with its number within the session. */
export interface StoredSubscription extends SubscriptionFields {
  readonly number: number
}

/** A session as the store has it. */
export interface StoredSession {
  readonly clientId: string
  readonly storeKey: string
  readonly createdAtMs: number
  readonly disconnectedAtMs: number
  readonly expiryMs: number
  readonly username: string | undefined
  readonly zone: string
  readonly will: HeldWill | undefined
}

/** True when the time without a connection that a session may live is over. */
export function isOver(
  { disconnectedAtMs, expiryMs }: Pick<StoredSession, 'disconnectedAtMs' | 'expiryMs'>,
  nowMs: number,
): boolean {
  if (disconnectedAtMs === 0) return false
  return expiryMs === 0 || disconnectedAtMs + expiryMs <= nowMs
}

/** Writes the session's own record. */
export function saveSession(store: KvStore, session: Session): void {
  if (!session.persistent) return
  const { expiryMs, zone } = session
  const will = session.will ?? session.leavingWill
  const fields: SessionFields = {
    clientId: session.clientId,
    createdAtMs: session.createdAtMs,
    disconnectedAtMs: session.disconnectedAtMs,
    expiryMs: expiryMs === Number.POSITIVE_INFINITY ? null : expiryMs,
    username: session.username,
    zone: zone.name === DEFAULT_ZONE ? undefined : zone.name,
    will: will === undefined ? undefined : willFields(will),
  }
  store.put(Table.SESSIONS, session.storeKey, jsonRecord(fields))
}

/** Removes the session's own record. */
function removeSession(store: KvStore, session: Session): void {
  if (session.persistent) store.remove(Table.SESSIONS, session.storeKey)
}

/** Reads a session's record; undefined when it is corrupt. */
export function readSession(storeKey: string, value: Uint8Array): StoredSession | undefined {
  const fields = parseRecord<SessionFields>(value)
  if (fields === undefined) return undefined
  return {
    clientId: fields.clientId,
    storeKey,
    createdAtMs: fields.createdAtMs,
    disconnectedAtMs: fields.disconnectedAtMs,
    expiryMs: fields.expiryMs ?? Number.POSITIVE_INFINITY,
    username: fields.username,
    zone: fields.zone ?? DEFAULT_ZONE,
    will: fields.will === undefined ? undefined : heldWill(fields.will),
  }
}

const CLIENT_ID_START = Buffer.from('{"clientId":"')
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * The client id in a session's record without reading the rest of it, unchecked; undefined when it
 * cannot be seen so easily.
 */
export function storedClientId(value: Uint8Array): string | undefined {
  const start = RECORD_HEADER_BYTES + CLIENT_ID_START.length
  for (let at = 0; at < CLIENT_ID_START.length; at++) {
    if (value[RECORD_HEADER_BYTES + at] !== CLIENT_ID_START[at]) return undefined
  }
  const end = value.indexOf(QUOTE, start)
  if (end < 0) return undefined
  for (let at = start; at < end; at++) if (value[at] === BACKSLASH) return undefined
  return decodeUtf8(value, start, end)
}

/** Writes one subscription. */
export function saveSubscription(store: KvStore, session: Session, held: HeldSubscription): void {
  if (!session.persistent) return
  const { qos, noLocal, retainAsPublished, subscriptionId } = held.subscription
  const { filter } = held
  const fields: SubscriptionFields = { filter, qos, noLocal, retainAsPublished, subscriptionId }
  store.put(Table.SUBSCRIPTIONS, session.storeKey + u32Key(held.number), jsonRecord(fields))
}

/** Removes one subscription. */
export function removeSubscription(store: KvStore, session: Session, held: HeldSubscription): void {
  if (!session.persistent) return
  store.remove(Table.SUBSCRIPTIONS, session.storeKey + u32Key(held.number))
}

/** Reads one subscription; undefined when its record is corrupt. */
export function readSubscription(key: string, value: Uint8Array): StoredSubscription | undefined {
  const fields = parseRecord<SubscriptionFields>(value)
  return fields && { ...fields, number: readU32(key, STORE_KEY_BYTES) }
}

/** Reads all subscriptions of a session; unreadable ones are logged and removed. */
export function readSubscriptions(
  store: KvStore,
  log: Log,
  clientId: string,
  storeKey: string,
): StoredSubscription[] {
  const found: StoredSubscription[] = []
  const corrupt: string[] = []
  store.scan(Table.SUBSCRIPTIONS, storeKey, prefixEnd(storeKey), (key, value) => {
    const fields = readSubscription(key, value)
    if (fields === undefined) corrupt.push(key)
    else found.push(fields)
    return true
  })
  for (const key of corrupt) {
    log.error('stored_subscription_unreadable', { clientid: clientId, action: 'removed' })
    store.remove(Table.SUBSCRIPTIONS, key)
  }
  return found
}

/**
 * What is stored of an unreleased packet identifier: u32 run, u8 complete, f64 time in ms, and the
 * fingerprint of the message.
 */
const INCOMING_BYTES = 13
const PRINT_OFFSET = INCOMING_BYTES

/** What noting a packet identifier takes of the core. */
interface IncomingContext {
  readonly store: KvStore
  readonly nowMs: number
  readonly ports: { readonly run: number }
}

/**
 * Notes an incoming QoS 2 packet identifier that is not yet released.
 * @param complete everything its message led to is in the same batch
 * @param print fingerprint of the message
 */
export function saveIncoming(
  { store, nowMs, ports }: IncomingContext,
  session: Session,
  packetId: number,
  complete: boolean,
  print: string,
): void {
  const value = Buffer.allocUnsafe(INCOMING_BYTES + print.length)
  value.writeUInt32BE(ports.run)
  value[4] = complete ? 1 : 0
  value.writeDoubleBE(nowMs, 5)
  value.write(print, PRINT_OFFSET, 'latin1')
  const record = encodeRecord(RECORD_VERSION, value)
  store.put(Table.INCOMING, incomingKey(session.storeKey, packetId), record)
}

/** Fingerprint of the message of an unreleased packet identifier; undefined when not known. */
export function incomingPrint(
  store: KvStore,
  session: Session,
  packetId: number,
): string | undefined {
  const value = store.get(Table.INCOMING, incomingKey(session.storeKey, packetId))
  const record = value === undefined ? undefined : openRecord(value)
  if (record === undefined || record.length !== INCOMING_BYTES + FINGERPRINT_BYTES) return undefined
  return record.toString('latin1', PRINT_OFFSET)
}

/** An incoming QoS 2 packet identifier is free again; false when it was not in use. */
export function forgetIncoming(store: KvStore, session: Session, packetId: number): boolean {
  if (!session.awaitingRel.delete(packetId)) return false
  if (!session.persistent) return true
  const key = incomingKey(session.storeKey, packetId)
  store.remove(Table.INCOMING, key)
  if (session.origins.delete(packetId)) removeNotes(store, key)
  session.unfinished.delete(packetId)
  return true
}

/** Reads the unreleased packet identifiers of a session back. */
export function readIncoming(store: KvStore, session: Session, run: number): void {
  const { storeKey } = session
  store.scan(Table.INCOMING, storeKey, prefixEnd(storeKey), (key, value) => {
    const packetId = readU16(key, STORE_KEY_BYTES)
    if (key.length > STORE_KEY_BYTES + 2) {
      session.origins.add(packetId)
      return true
    }
    const record = openRecord(value)
    // A damaged record is as good as an old one: the identifier itself is in the key.
    const whole = record !== undefined && record.length >= INCOMING_BYTES
    session.awaitingRel.set(packetId, whole ? record.readDoubleBE(5) : 0)
    const routed = whole && (record[4] === 1 || record.readUInt32BE(0) === run)
    if (!routed) session.unfinished.add(packetId)
    return true
  })
}

/** Removes all records whose keys start with the session's store key, but not its queue. */
export function removeSessionRecords(store: KvStore, session: Session): void {
  if (!session.persistent) return
  for (const held of session.subscriptions.values()) removeSubscription(store, session, held)
  for (const packetId of session.awaitingRel.keys()) {
    store.remove(Table.INCOMING, incomingKey(session.storeKey, packetId))
  }
  for (const packetId of session.origins.values()) {
    removeNotes(store, incomingKey(session.storeKey, packetId))
  }
  removeSession(store, session)
}

function jsonRecord(fields: object): Uint8Array {
  return encodeRecord(RECORD_VERSION, Buffer.from(JSON.stringify(fields)))
}

function parseRecord<T>(value: Uint8Array): T | undefined {
  const payload = openRecord(value)
  // The checksum holds, so it is what `jsonRecord` wrote of a T.
  return payload === undefined ? undefined : (JSON.parse(payload.toString()) as T)
}

function willFields(held: HeldWill): WillFields {
  const { topic, payload, qos, retain, properties } = held.will
  const { correlationData, ...rest } = properties
  return {
    topic,
    payload: payload.toString('base64'),
    qos,
    retain,
    properties: {
      ...rest,
      ...(correlationData !== undefined && {
        correlationData: correlationData.toString('base64'),
      }),
    },
    username: held.username,
    mountpoint: held.mountpoint,
    delayMs: held.delayMs,
  }
}

function heldWill(fields: WillFields): HeldWill {
  const { correlationData, ...rest } = fields.properties
  return {
    will: {
      topic: fields.topic,
      payload: Buffer.from(fields.payload, 'base64'),
      qos: fields.qos,
      retain: fields.retain,
      properties: {
        ...rest,
        ...(correlationData !== undefined && {
          correlationData: Buffer.from(correlationData, 'base64'),
        }),
      },
    },
    username: fields.username,
    mountpoint: fields.mountpoint,
    delayMs: fields.delayMs,
  }
}
