import { OutgoingState } from '../session/outgoing.ts'
import type { GroupName, Outgoing } from '../session/outgoing.ts'
import type { Session } from '../session/session.ts'
import type { Routing } from './route.ts'
import { routeToGroup } from './route.ts'

/** Queued messages looked at when a member goes away; what is behind them waits for its return. */
const QUEUED_MAX = 10_000

/**
 * A member of shared subscriptions went away: what it had not acknowledged, and what waits in its
 * queue, is given to another member that is online. A QoS 2 message that was sent stays with it
 * [MQTT-4.8.2-4]; when the session is over, so are its QoS 2 messages [MQTT-4.8.2-5].
 * @param ended the session is over: members that are offline get the messages too
 */
export function redispatchShared(routing: Routing, session: Session, ended: boolean): void {
  if (!hasMembership(session)) return
  const exclude = new Set([session.clientId])
  const { queue, inflight } = session
  for (const outgoing of inflight.values()) {
    const { group } = outgoing
    if (group === undefined || outgoing.qos === 2) continue
    if (outgoing.state === OutgoingState.RELEASED) continue
    if (!giveAway(routing, outgoing, group, exclude, ended)) continue
    inflight.delete(outgoing.packetId)
    queue.forget(outgoing)
  }
  const kept: Outgoing[] = []
  for (let index = 0; index < QUEUED_MAX; index++) {
    const outgoing = queue.take()
    if (outgoing === undefined) break
    const { group } = outgoing
    if (group !== undefined && giveAway(routing, outgoing, group, exclude, ended)) {
      queue.forget(outgoing)
    } else kept.push(outgoing)
  }
  queue.putBack(kept)
}

function hasMembership(session: Session): boolean {
  for (const held of session.subscriptions.values()) if (held.shared !== undefined) return true
  return false
}

function giveAway(
  routing: Routing,
  outgoing: Outgoing,
  group: GroupName,
  exclude: ReadonlySet<string>,
  ended: boolean,
): boolean {
  const { message } = outgoing
  const route = routing.core.router.findGroup(group.group, group.filter)
  if (message === undefined || route === undefined) return false
  const others = route.members.some(
    (member) => !exclude.has(member.clientId) && (ended || member.online),
  )
  if (!others) return false
  message.own()
  return routeToGroup(routing, message, route, exclude, 0)
}
