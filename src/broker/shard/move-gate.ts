import type { Message } from '../message.ts'
import type { Delivery } from '../router/routes.ts'
import type { QoS } from '../qos.ts'
import { deliverAs, deliveryQos } from '../session/deliver.ts'
import { hasReceived } from '../session/origin.ts'
import { Outgoing } from '../session/outgoing.ts'
import type { GroupName } from '../session/outgoing.ts'
import type { Session } from '../session/session.ts'
import type { ShardCore } from './core.ts'
import type { Links } from './links.ts'

/**
 * Decides what happens to a message for a session that is moving between shards.
 *
 * Every shard cuts its stream of publishes at one point: what it sent before the cut reaches the
 * session through the old owner, what it sends after through the new one. Both owners see both
 * parts when both have interest in the topic, so each takes only its own part: nothing is lost
 * and nothing comes twice. What arrives directly while the old owner still forwards is put behind.
 * @returns true when the message is to be delivered in the ordinary way
 */
export function admitDuringMove(
  core: ShardCore,
  links: Links,
  session: Session,
  message: Message,
  delivery: Delivery,
  source: number,
): boolean {
  const move = session.move
  if (move === undefined) return true
  const afterCut = move.marked.has(source)
  if (move.role === 'source') {
    if (afterCut) return false
    links.forward(move.peer, session.clientId, outgoingOf(session, message, delivery), message)
    return false
  }
  if (!afterCut) return false
  if (move.forwarded) return true
  if (hasReceived(core.store, message, session.storeKey)) return false
  const outgoing = outgoingOf(session, message, delivery)
  message.own()
  move.early.push(outgoing)
  core.noteEarly(move)
  return false
}

/**
 * Gives a session what is meant for it alone, by its membership of a group or out of the retained
 * store: at once, or through its new owner when it moves away. Nothing may be added to its queue
 * here then, because the numbers of its messages are the new owner's to give.
 * @param shared as for `deliver`
 */
export function deliverOrForward(
  core: ShardCore,
  links: Links,
  session: Session,
  message: Message,
  qos: QoS,
  retain: boolean,
  ids: readonly number[] | undefined,
  group: GroupName | undefined,
  shared: boolean,
): void {
  if (session.move?.role !== 'source') {
    deliverAs(core, session, message, qos, retain, ids, group, shared)
    return
  }
  const outgoing = new Outgoing(message, qos, retain, ids, group)
  links.forward(session.move.peer, session.clientId, outgoing, message)
}

function outgoingOf(session: Session, message: Message, delivery: Delivery): Outgoing {
  const qos = deliveryQos(session, message, delivery.qos)
  const retain = message.retain && delivery.retainAsPublished
  return new Outgoing(message, qos, retain, delivery.subscriptionIds, undefined)
}
