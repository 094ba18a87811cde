import { Connection } from '../session/connection.ts'
import type { LastConnection, Session } from '../session/session.ts'
import type { Broker } from '../shard/broker.ts'
import type { ShardCore } from '../shard/core.ts'
import type { ClientQuery, ClientView, ConnectionView, ListPart, ListRange } from './views.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'

/** Work of viewing a session compared with passing over it. */
const VIEW_WEIGHT = 16

/** What is known of the network connection of a session, now or before. */
export function connectionOf({ connection, lastConnection }: Session): LastConnection | undefined {
  return connection instanceof Connection ? connection : lastConnection
}

/** What an operator sees of a session. Has its stored messages counted if need be. */
export function viewClient({ sessions }: Broker, session: Session): ClientView {
  const { mqtt } = session.zone
  sessions.ensureLoaded(session)
  const last = connectionOf(session)
  return {
    ordinal: session.ordinal,
    clientId: session.clientId,
    username: session.username,
    connected: session.connection !== undefined,
    createdAtMs: session.createdAtMs,
    connectedAtMs: last?.connectedAtMs ?? 0,
    disconnectedAtMs: session.disconnectedAtMs,
    expiryMs: session.expiryMs,
    durable: session.persistent,
    zone: session.zone.name,
    connection: last && viewConnection(last, mqtt.keepAliveMultiplier),
    subscriptions: session.subscriptions.size,
    subscriptionsMax: mqtt.subscriptionsMax,
    inflight: session.inflight.size,
    queued: session.queue.count,
    queueDropped: session.queue.dropped,
    queuedMax: mqtt.queueMessagesMax,
    awaitingRel: session.awaitingRel.size,
    awaitingRelMax: mqtt.awaitingRelMax,
  }
}

function viewConnection(last: LastConnection, keepAliveMultiplier: number): ConnectionView {
  return {
    listener: last.wire.info.listener,
    peerHost: last.wire.info.peerHost,
    peerPort: last.wire.info.peerPort,
    protocolVersion: last.version,
    cleanStart: last.cleanStart,
    bridge: last.bridge,
    mountpoint: last.mountpoint,
    keepAliveSeconds: Math.round(last.keepAliveMs / keepAliveMultiplier / 1000),
    inflightMax: last.inflightMax,
    // A copy: it goes on changing.
    traffic: { ...last.traffic },
  }
}

/**
 * A part of the list of this shard's clients, in the order of their sessions' making. Between two
 * slices clients come and go: one that is there all the time is seen exactly once.
 */
export function* listClients(
  broker: Broker,
  query: ClientQuery,
  range: ListRange,
): Sliced<ListPart<ClientView>> {
  const items: ClientView[] = []
  const { core } = broker
  const matches = matcher(query)
  const timer = new SliceTimer(core.ports.clock)
  let skipped = 0
  let next: number | undefined
  for (const session of candidates(core, query)) {
    if (timer.due()) yield
    if (session.ordinal <= range.after || session.ended || !matches(session)) continue
    if (skipped < range.skip) {
      skipped++
      continue
    }
    if (items.length >= range.limit) {
      next = items.at(-1)?.ordinal ?? range.after
      break
    }
    items.push(viewClient(broker, session))
    if (timer.due(VIEW_WEIGHT)) yield
  }
  return { items, skipped, next }
}

/** How many clients of this shard match. */
export function* countClients(core: ShardCore, query: ClientQuery): Sliced<number> {
  const matches = matcher(query)
  const timer = new SliceTimer(core.ports.clock)
  let count = 0
  for (const session of candidates(core, query)) {
    if (timer.due()) yield
    if (!session.ended && matches(session)) count++
  }
  return count
}

/** The sessions to look at: asked for by name, only those. */
export function candidates(core: ShardCore, { clientIds }: ClientQuery): Iterable<Session> {
  if (clientIds === undefined) return core.sessions.values()
  const named = [...new Set(clientIds)].flatMap((id) => core.sessions.get(id) ?? [])
  return named.toSorted((a, b) => a.ordinal - b.ordinal)
}

type Condition = (session: Session) => boolean

/** All conditions of a query in one. The cheap and rare ones are asked first. */
export function matcher(query: ClientQuery): Condition {
  const conditions: Condition[] = []
  const { connected, usernames, likeClientId, likeUsername } = query
  if (connected !== undefined) {
    conditions.push((session) => (session.connection !== undefined) === connected)
  }
  if (usernames !== undefined) {
    const wanted = new Set(usernames)
    conditions.push(({ username }) => username !== undefined && wanted.has(username))
  }
  if (likeClientId !== undefined) {
    conditions.push(({ clientId }) => clientId.includes(likeClientId))
  }
  if (likeUsername !== undefined) {
    conditions.push(({ username }) => username?.includes(likeUsername) ?? false)
  }
  addTimes(conditions, query)
  addConnection(conditions, query)
  const [first] = conditions
  if (first === undefined) return () => true
  if (conditions.length === 1) return first
  return (session) => conditions.every((condition) => condition(session))
}

function addTimes(conditions: Condition[], query: ClientQuery): void {
  const { createdFromMs, createdToMs, connectedFromMs, connectedToMs } = query
  if (createdFromMs !== undefined) {
    conditions.push(({ createdAtMs }) => createdAtMs >= createdFromMs)
  }
  if (createdToMs !== undefined) conditions.push(({ createdAtMs }) => createdAtMs <= createdToMs)
  if (connectedFromMs === undefined && connectedToMs === undefined) return
  const from = connectedFromMs ?? 0
  const to = connectedToMs ?? Number.POSITIVE_INFINITY
  conditions.push((session) => {
    const connectedAtMs = connectionOf(session)?.connectedAtMs
    return connectedAtMs !== undefined && connectedAtMs >= from && connectedAtMs <= to
  })
}

function addConnection(conditions: Condition[], query: ClientQuery): void {
  const { ipAddress, cleanStart, protocolVersion } = query
  if (ipAddress !== undefined) {
    conditions.push((session) => connectionOf(session)?.wire.info.peerHost === ipAddress)
  }
  if (cleanStart !== undefined) {
    conditions.push((session) => connectionOf(session)?.cleanStart === cleanStart)
  }
  if (protocolVersion !== undefined) {
    conditions.push((session) => connectionOf(session)?.version === protocolVersion)
  }
}
