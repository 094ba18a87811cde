import { KEY_END } from '#kernel/binary-key.ts'
import { hashString } from '#kernel/hash.ts'
import { hexOfKey } from '../session/keys.ts'
import { Table } from '../ports.ts'
import { isOver, readSession, readSubscription, storedClientId } from '../session/session-record.ts'
import type { StoredSession } from '../session/session-record.ts'
import type { Session } from '../session/session.ts'
import type { Broker } from './broker.ts'
import { removeAllOf, removeStrayNotes, separateLeftovers } from './leftovers.ts'

/** What a shard found in the store. */
export interface LoadedSessions {
  /** Sessions that expired meanwhile or have a will to send. */
  readonly bereaved: Session[]
  readonly leftovers: StoredSession[]
}

/**
 * Loads the stored sessions of this shard with their subscriptions, but not their queues. Goes
 * over each table once, because a look-up for each of a hundred thousand sessions takes longer
 * than reading everything. All are offline; what was connected when the process ended, broke.
 */
export function loadSessions(broker: Broker): LoadedSessions {
  const { core, sessions, interest } = broker
  if (core.shard === 0) removeStrayNotes(core.store)
  const { living, leftovers } = separateLeftovers(readOwn(broker))
  living.sort((a, b) => (a.storeKey < b.storeKey ? -1 : 1))
  const loaded = living.map((stored) => sessions.load(stored))
  interest.gather()
  loadSubscriptions(broker, loaded)
  interest.tellGathered()
  const bereaved = loaded.filter((session) => settle(broker, session))
  if (loaded.length > 0) core.log.info('sessions_loaded', { count: loaded.length })
  return { bereaved, leftovers }
}

/** Records of the sessions whose client id belongs to this shard; unreadable ones are removed. */
function readOwn({ core }: Broker): StoredSession[] {
  const { log, shard, shardCount, store } = core
  const isOwn = (clientId: string): boolean => hashString(clientId) % shardCount === shard
  const found: StoredSession[] = []
  const corrupt: string[] = []
  store.scan(Table.SESSIONS, '', KEY_END, (key, value) => {
    // Most records are of other shards, and need not be read any further.
    const clientId = shardCount === 1 ? undefined : storedClientId(value)
    if (clientId !== undefined && !isOwn(clientId)) return true
    const stored = readSession(key, value)
    if (stored !== undefined) {
      if (isOwn(stored.clientId)) found.push(stored)
    } else if (clientId !== undefined || shard === 0) corrupt.push(key)
    return true
  })
  for (const key of corrupt) {
    log.error('stored_session_unreadable', { key: hexOfKey(key), action: 'removed' })
    removeAllOf(store, key)
  }
  return found
}

/** @param loaded in the order of their store keys */
function loadSubscriptions({ core, sessions }: Broker, loaded: readonly Session[]): void {
  const { log, store } = core
  const corrupt: string[] = []
  let at = 0
  store.scan(Table.SUBSCRIPTIONS, '', KEY_END, (key, value) => {
    let session = loaded[at]
    while (session !== undefined && session.storeKey < key && !key.startsWith(session.storeKey)) {
      session = loaded[++at]
    }
    if (session === undefined) return false
    if (!key.startsWith(session.storeKey)) return true // Of another shard.
    const fields = readSubscription(key, value)
    if (fields !== undefined) sessions.restoreSubscription(session, fields)
    else {
      corrupt.push(key)
      log.error('stored_subscription_unreadable', { clientid: session.clientId, action: 'removed' })
    }
    return true
  })
  for (const key of corrupt) store.remove(Table.SUBSCRIPTIONS, key)
}

/** Everything about a session that is not in its records; true when something is to be done. */
function settle({ claims, core, exclusive, sessions }: Broker, session: Session): boolean {
  const { clientId } = session
  for (const { exclusiveTopic } of session.subscriptions.values()) {
    if (exclusiveTopic !== undefined) exclusive.restore(exclusiveTopic, clientId)
  }
  claims.restore(clientId)
  if (session.disconnectedAtMs === 0) {
    session.disconnectedAtMs = core.nowMs
    sessions.save(session)
  }
  const expired = isOver(session, core.nowMs)
  if (!expired) sessions.armExpiry(session)
  return expired || session.will !== undefined
}
