import { OutgoingState } from '../session/outgoing.ts'
import type { GroupName, Outgoing } from '../session/outgoing.ts'
import type { Session } from '../session/session.ts'
import type { Routing } from './route.ts'
import { routeToGroup } from './route.ts'

/** Queued messages looked at when a member goes away; what is behind them waits for its return. */
const QUEUED_MAX = 10_000

/** Where a message went that was to be given to another member. */
const Given = { NOWHERE: 0, HERE: 1, TO_SIBLING: 2 } as const
type Given = (typeof Given)[keyof typeof Given]

/**
 * A member of shared subscriptions went away: what it had not acknowledged, and what waits in its
 * queue, is given to another member that is online. A QoS 2 message that was sent stays with it
 * [MQTT-4.8.2-4]; when the session is over, so are its QoS 2 messages [MQTT-4.8.2-5].
 *
 * What goes to a sibling shard keeps its record here until the sibling has stored it, so that a
 * crash cannot lose it. It could come twice then, so a QoS 2 message only goes to a member of the
 * same shard, unless the session is over and it would be lost.
 * @param ended the session is over: members that are offline get the messages too; its records go
 * when siblings have stored what its queue `isGiving`
 */
export function redispatchShared(routing: Routing, session: Session, ended: boolean): void {
  if (!hasMembership(session)) return
  const givenAway = giveQueueAway(routing, session, ended)
  if (givenAway.length > 0 && !ended) forgetWhenSafe(routing, session, givenAway)
}

/**
 * Gives the shared messages of a session to other members, whatever subscriptions it has.
 * @returns those that siblings have not stored yet; their records are still here
 */
export function giveQueueAway(
  routing: Routing,
  session: Session,
  ended = true,
): readonly Outgoing[] {
  const { queue, inflight } = session
  const givenAway: Outgoing[] = []
  const give = (outgoing: Outgoing): boolean => {
    const given = giveAway(routing, session, outgoing, ended)
    if (given === Given.HERE) queue.forget(outgoing)
    if (given === Given.TO_SIBLING) {
      queue.markGiven(outgoing)
      givenAway.push(outgoing)
    }
    return given !== Given.NOWHERE
  }
  for (const outgoing of inflight.values()) {
    if (outgoing.qos === 2 || outgoing.state === OutgoingState.RELEASED) continue
    if (outgoing.group === undefined || !queue.reload(outgoing)) continue
    if (give(outgoing)) inflight.delete(outgoing.packetId)
  }
  const kept: Outgoing[] = []
  for (let index = 0; index < QUEUED_MAX; index++) {
    const outgoing = queue.take()
    if (outgoing === undefined) break
    if (!give(outgoing)) kept.push(outgoing)
  }
  queue.putBack(kept)
  return givenAway
}

/** Once the siblings have stored what they were given, the records here go. */
function forgetWhenSafe(routing: Routing, session: Session, given: readonly Outgoing[]): void {
  routing.links.whenAllSafe((failure) => {
    // A sibling that could not store it yet keeps trying; until then it is kept here as well.
    const { core } = routing
    core.startTick()
    if (failure === undefined) for (const outgoing of given) session.queue.forgetGiven(outgoing)
    else core.atNextAdvance(() => forgetWhenSafe(routing, session, given))
  })
}

function hasMembership(session: Session): boolean {
  for (const held of session.subscriptions.values()) if (held.shared !== undefined) return true
  return false
}

function giveAway(routing: Routing, session: Session, outgoing: Outgoing, ended: boolean): Given {
  const { message, group } = outgoing
  if (message === undefined || group === undefined) return Given.NOWHERE
  const { core } = routing
  const exclude = excluded(routing, session, group, ended, outgoing.qos === 2 && !ended)
  const route = core.router.findGroup(group.group, group.filter)
  if (exclude === undefined || route === undefined) return Given.NOWHERE
  message.own()
  // Whoever gets it now must not note it: the publisher's identifier may be another message's by
  // now. The note that stands for the group has been made when the message was first stored.
  message.origin = ''
  core.routeRemote = 0
  if (!routeToGroup(routing, message, route, exclude, 0)) return Given.NOWHERE
  return core.routeRemote === 0 ? Given.HERE : Given.TO_SIBLING
}

/** Members that must not get the message; undefined when no other one is left. */
function excluded(
  routing: Routing,
  session: Session,
  group: GroupName,
  ended: boolean,
  onlyHere: boolean,
): ReadonlySet<string> | undefined {
  const { core } = routing
  const members = core.router.findGroup(group.group, group.filter)?.members ?? []
  const exclude = new Set([session.clientId])
  let left = false
  for (const { clientId, shard, online } of members) {
    if (onlyHere && shard !== core.shard) exclude.add(clientId)
    else if (clientId !== session.clientId && (ended || online)) left = true
  }
  return left ? exclude : undefined
}
