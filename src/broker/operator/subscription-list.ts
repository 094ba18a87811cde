import type { HeldSubscription, Session } from '../session/session.ts'
import type { ShardCore } from '../shard/core.ts'
import { matchesFilter } from '../topics/filter-match.ts'
import { viewHeld } from './client-commands.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import type { ListedSubscription, ListRange, SubscriptionQuery } from './views.ts'

/** A part of the list of this shard's subscriptions. */
export interface SubscriptionPart {
  readonly items: readonly ListedSubscription[]
  readonly skipped: number
  /** False: the list ended. */
  readonly more: boolean
}

/**
 * Subscriptions of this shard's sessions, in the order of the sessions' making.
 * @param range `after` is the ordinal of a session, of which those up to `afterNumber` are passed
 */
export function* listSubscriptions(
  core: ShardCore,
  query: SubscriptionQuery,
  range: ListRange,
  afterNumber: number,
): Sliced<SubscriptionPart> {
  const items: ListedSubscription[] = []
  const matches = matcher(query)
  const timer = new SliceTimer(core.ports.clock)
  let skipped = 0
  for (const session of candidates(core, query)) {
    if (timer.due(1 + session.subscriptions.size)) yield
    const { ordinal } = session
    if (ordinal < range.after || session.ended) continue
    for (const held of session.subscriptions.values()) {
      if (ordinal === range.after && held.number <= afterNumber) continue
      if (!matches(session, held)) continue
      if (skipped < range.skip) skipped++
      else if (items.length >= range.limit) return { items, skipped, more: true }
      else items.push(viewListed(session, held))
    }
  }
  return { items, skipped, more: false }
}

function viewListed(session: Session, held: HeldSubscription): ListedSubscription {
  return { ...viewHeld(session, held), ordinal: session.ordinal, number: held.number }
}

function candidates(core: ShardCore, { clientId }: SubscriptionQuery): Iterable<Session> {
  if (clientId === undefined) return core.sessions.values()
  const session = core.sessions.get(clientId)
  return session === undefined ? [] : [session]
}

type Condition = (session: Session, held: HeldSubscription) => boolean

function matcher(query: SubscriptionQuery): Condition {
  const conditions: Condition[] = []
  const { qos, filter, matchTopic, shareGroup, durable } = query
  if (qos !== undefined) conditions.push((_, { subscription }) => subscription.qos === qos)
  if (filter !== undefined) {
    conditions.push((session, held) => viewHeld(session, held).filter === filter)
  }
  if (matchTopic !== undefined) {
    conditions.push((_, held) => matchesFilter(held.subscription.filter, matchTopic))
  }
  if (shareGroup !== undefined) {
    conditions.push((_, { shared }) => shared?.group === shareGroup)
  }
  if (durable !== undefined) conditions.push(({ persistent }) => persistent === durable)
  const [first] = conditions
  if (first === undefined) return () => true
  if (conditions.length === 1) return first
  return (session, held) => conditions.every((condition) => condition(session, held))
}
