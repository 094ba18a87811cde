import { KEY_END, prefixEnd } from '#kernel/binary-key.ts'
import { delayedOrigin, delayedOriginOf } from '../delayed/delayed-record.ts'
import { Table } from '../ports.ts'
import type { KvStore } from '../ports.ts'
import { STORE_KEY_BYTES } from '../session/keys.ts'
import type { StoredSession } from '../session/session-record.ts'
import { Session } from '../session/session.ts'
import type { Broker } from './broker.ts'
import { giveQueueAway } from './redispatch.ts'

/**
 * Of several stored sessions of one client id the newest is the living one. Older ones are left
 * over when a crash came after the new session had begun (Clean Start while a session exists) and
 * before siblings had stored what the old one left to them.
 */
export function separateLeftovers(found: readonly StoredSession[]): {
  living: StoredSession[]
  leftovers: StoredSession[]
} {
  const newest = new Map<string, StoredSession>()
  const leftovers: StoredSession[] = []
  for (const stored of found) {
    const other = newest.get(stored.clientId)
    if (other === undefined) newest.set(stored.clientId, stored)
    else if (isNewer(stored, other)) {
      leftovers.push(other)
      newest.set(stored.clientId, stored)
    } else leftovers.push(stored)
  }
  return { living: [...newest.values()], leftovers }
}

/** One that had been ended is older than any other, whatever the clock said. */
function isNewer(stored: StoredSession, other: StoredSession): boolean {
  const wasEnded = stored.expiryMs === 0
  if (wasEnded !== (other.expiryMs === 0)) return !wasEnded
  return stored.createdAtMs > other.createdAtMs
}

/** Ends what was to be ended: its will, its shared messages to living members, its records. */
export function removeLeftover(broker: Broker, stored: StoredSession): void {
  const { core, links, routing, wills } = broker
  const session = new Session(core, stored.clientId, stored.storeKey, stored.createdAtMs)
  session.ended = true
  session.zone = core.zones.of(stored.zone)
  session.will = stored.will
  wills.sendNow(session)
  session.queue.markUnread()
  for (const outgoing of session.queue.recover()) session.inflight.set(outgoing.packetId, outgoing)
  giveQueueAway(routing, session)
  const remove = (): void => {
    links.whenAllSafe((failure) => {
      if (failure !== undefined) core.atNextAdvance(remove)
      else removeRecords(broker, session)
    })
  }
  remove()
}

function removeRecords(broker: Broker, session: Session): void {
  const { store } = broker.core
  session.queue.clear()
  removeAllOf(store, session.storeKey)
  broker.core.startTick()
}

/** Tables whose keys begin with the store key of a session. */
const SESSION_TABLES = [Table.SUBSCRIPTIONS, Table.INCOMING, Table.QUEUE, Table.SESSIONS] as const

/** Removes every record of a session by its store key; bodies are left to the sweep. */
export function removeAllOf(store: KvStore, storeKey: string): void {
  for (const table of SESSION_TABLES) {
    const keys: string[] = []
    store.scan(table, storeKey, prefixEnd(storeKey), (key) => {
      keys.push(key)
      return true
    })
    for (const key of keys) store.remove(table, key)
  }
}

/**
 * Removes notes of QoS 2 messages that can no longer be sent again: their publisher's session
 * ended, or the delayed message was sent, before another shard had committed its note, or a crash
 * came between two commits. One shard does it, at start.
 */
export function removeStrayNotes(store: KvStore): void {
  const strays: string[] = []
  let owner = ''
  let isStray = false
  let delayed: ReadonlySet<string> | undefined
  store.scan(Table.INCOMING, '', KEY_END, (key) => {
    const origin = delayedOriginOf(key)
    if (origin !== undefined) {
      delayed ??= delayedOrigins(store)
      if (!delayed.has(origin)) strays.push(key)
      return true
    }
    if (owner === '' || !key.startsWith(owner)) {
      owner = key.slice(0, STORE_KEY_BYTES)
      isStray = store.get(Table.SESSIONS, owner) === undefined
    }
    if (isStray) strays.push(key)
    return true
  })
  for (const key of strays) store.remove(Table.INCOMING, key)
}

function delayedOrigins(store: KvStore): ReadonlySet<string> {
  const origins = new Set<string>()
  store.scan(Table.DELAYED, '', KEY_END, (key) => {
    origins.add(delayedOrigin(key))
    return true
  })
  return origins
}
