import { prefixEnd } from '#kernel/binary-key.ts'
import { Table } from '../ports.ts'
import type { StoredSession } from '../session/session-record.ts'
import { Session } from '../session/session.ts'
import type { Broker } from './broker.ts'
import { giveQueueAway } from './redispatch.ts'

/**
 * Of several stored sessions of one client id the newest is the living one. Older ones are left
 * over when a crash came between the commit of the shard where the new session began and that of
 * the shard where the old one was to be removed (Clean Start while a session exists).
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
    else if (other.createdAtMs < stored.createdAtMs) {
      leftovers.push(other)
      newest.set(stored.clientId, stored)
    } else leftovers.push(stored)
  }
  return { living: [...newest.values()], leftovers }
}

/** Ends what was to be ended: shared messages go to living members, then all its records. */
export function removeLeftover(broker: Broker, stored: StoredSession): void {
  const { core, links, routing } = broker
  const session = new Session(core, stored.clientId, stored.storeKey, stored.createdAtMs)
  session.ended = true
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
  for (const table of [Table.SUBSCRIPTIONS, Table.INCOMING, Table.SESSIONS]) {
    const keys: string[] = []
    store.scan(table, session.storeKey, prefixEnd(session.storeKey), (key) => {
      keys.push(key)
      return true
    })
    for (const key of keys) store.remove(table, key)
  }
  broker.core.startTick()
}
