import type { Session } from '../session/session.ts'
import type { Broker } from '../shard/broker.ts'
import { candidates, connectionOf, matcher } from './client-list.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import type { ClientOrder, ClientQuery, ClientRank, ClientRanks } from './views.ts'

/** Work of having the messages of a session counted compared with looking at it. */
const LOAD_WEIGHT = 16

/**
 * The first `count` clients of this shard in an order, by their keys. All that match are looked
 * at; memory is bounded by `count`.
 */
export function* rankClients(
  broker: Broker,
  query: ClientQuery,
  order: ClientOrder,
  count: number,
): Sliced<ClientRanks> {
  const { core, sessions } = broker
  const matches = matcher(query)
  const timer = new SliceTimer(core.ports.clock)
  const compare = comparer(order.isDescending)
  let best: ClientRank[] = []
  let last: ClientRank | undefined
  let matching = 0
  for (const session of candidates(core, query)) {
    if (timer.due()) yield
    if (session.ended || !matches(session)) continue
    matching++
    if (order.by === 'mqueue_len') {
      sessions.ensureLoaded(session)
      if (timer.due(LOAD_WEIGHT)) yield
    }
    const rank = { clientId: session.clientId, key: keyOf(session, order.by) }
    if (last !== undefined && compare(rank, last) > 0) continue
    best.push(rank)
    if (best.length < count * 2) continue
    best = best.toSorted(compare).slice(0, count)
    last = best.at(-1)
  }
  return { ranks: best.toSorted(compare).slice(0, count), matching }
}

/** Compares by key, and clients of the same key by their ids. */
export function comparer(isDescending: boolean): (one: ClientRank, other: ClientRank) => number {
  const sign = isDescending ? -1 : 1
  return (one, other) => {
    if (one.key !== other.key) return one.key < other.key ? -sign : sign
    return one.clientId < other.clientId ? -1 : 1
  }
}

function keyOf(session: Session, by: ClientOrder['by']): string | number {
  switch (by) {
    case 'clientid':
      return session.clientId
    case 'username':
      return session.username ?? ''
    case 'created_at':
      return session.createdAtMs
    case 'connected_at':
      return connectionOf(session)?.connectedAtMs ?? 0
    case 'subscriptions_cnt':
      return session.subscriptions.size
    case 'mqueue_len':
      return session.queue.count
    case 'inflight_cnt':
      return session.inflight.size
  }
}
