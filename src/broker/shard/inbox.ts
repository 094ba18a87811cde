import type { Message } from '../message.ts'
import type { ControlMessage } from '../ports.ts'
import type { Outgoing } from '../session/outgoing.ts'
import type { Broker } from './broker.ts'
import type { ItemHandler } from './links.ts'
import type { ShardMessage } from './messages.ts'
import { deliverLocally, deliverToMember, routeToGroup } from './route.ts'

/** Shards that a message of a shared subscription may cross in search of a member. */
const HOPS_MAX = 4

/** Takes in what siblings send, in the order they sent it. */
export class Inbox implements ItemHandler {
  readonly #broker: Broker
  readonly #siblingStarted: () => void

  /** @param siblingStarted called once for each sibling that has told its interest */
  constructor(broker: Broker, siblingStarted: () => void) {
    this.#broker = broker
    this.#siblingStarted = siblingStarted
  }

  /** One batch of a sibling: blobs of items and control messages. */
  receive(from: number, items: readonly (Buffer | ControlMessage)[]): void {
    this.#broker.core.startTick() // Whatever is written to the store is committed at its end.
    for (const item of items) {
      if (Buffer.isBuffer(item)) this.#broker.links.receive(from, item, this)
      else this.#control(from, item as ShardMessage) // Siblings send nothing else.
    }
  }

  published(message: Message, from: number): void {
    const { core, routing } = this.#broker
    core.router.resolve(message.topic)
    core.routeShared = message.topic.deliveryCount > 1
    deliverLocally(routing, message, from)
  }

  publishedToMember(
    message: Message,
    group: string,
    filter: string,
    clientId: string,
    hops: number,
  ): void {
    const { core, routing, links } = this.#broker
    const route = core.router.findGroup(group, filter)
    if (route === undefined) return
    const session = core.sessions.get(clientId)
    core.routeShared = false
    const stays = hops >= HOPS_MAX || !route.members.some(({ online }) => online)
    const here = session !== undefined && (session.connection !== undefined || stays)
    if (here && deliverToMember(routing, session, message, route)) return
    // The member left, or went offline, since the sender looked: another one may be online, or the
    // same one in another shard.
    core.routeRemote = 0
    routing.publisher = undefined
    if (hops < HOPS_MAX && routeToGroup(routing, message, route, undefined, hops)) {
      links.forwardedTo |= core.routeRemote
    } else if (session !== undefined) deliverToMember(routing, session, message, route)
  }

  forwarded(clientId: string, outgoing: Outgoing): void {
    this.#broker.claims.forwarded(clientId, outgoing)
  }

  #control(from: number, message: ShardMessage): void {
    const { claims, core, exclusive, links } = this.#broker
    switch (message.kind) {
      case 'started':
        return this.#siblingStarted()
      case 'access':
        return core.access.siblingSent(from, message.message)
      case 'batch-end':
        return links.batchEnded(from, message.sequence)
      case 'batch-durable':
        return links.batchDurable(from, message)
      case 'mark':
        return links.send(from, { kind: 'mark-seen', token: message.token })
      case 'mark-seen':
        return links.markSeen(message.token)
      case 'interest':
      case 'no-interest':
      case 'stored-interest':
      case 'no-stored-interest':
      case 'member':
      case 'no-member':
        return this.#interest(from, message)
      case 'tell':
        return core.hooks.told?.(message.what)
      case 'release-body':
        return core.bodies.release(message.key)
      case 'exclusive-acquire':
        return exclusive.asked(from, message.topic, message.clientId, message.token)
      case 'exclusive-answer':
        return exclusive.answered(message.token, message.acquired)
      case 'exclusive-release':
        return exclusive.released(message.topic, message.clientId)
      case 'claim':
        return claims.directory.claim(from, message.token, message.clientId, message.discard)
      case 'claim-done':
        return claims.directory.claimDone(message.clientId, message.ended)
      case 'session-ended':
        return claims.directory.sessionEnded(from, message.clientId)
      default:
        return this.#move(from, message)
    }
  }

  #interest(
    from: number,
    message: Extract<
      ShardMessage,
      {
        readonly kind:
          | 'interest'
          | 'no-interest'
          | 'stored-interest'
          | 'no-stored-interest'
          | 'member'
          | 'no-member'
      }
    >,
  ): void {
    const { router } = this.#broker.core
    switch (message.kind) {
      case 'interest':
        for (const filter of message.filters) router.addRemote(from, filter)
        return undefined
      case 'no-interest':
        return router.removeRemote(from, message.filter)
      case 'stored-interest':
        for (const filter of message.filters) router.setRemoteStored(from, filter, true)
        return undefined
      case 'no-stored-interest':
        return router.setRemoteStored(from, message.filter, false)
      case 'member': {
        const { clientId, online, stored } = message
        const member = { clientId, shard: from, online, stored, subscription: undefined }
        return router.joinGroup(message.group, message.filter, member)
      }
      case 'no-member':
        return router.leaveGroup(message.group, message.filter, message.clientId, from)
    }
  }

  #move(
    from: number,
    message: Extract<
      ShardMessage,
      {
        readonly kind:
          | 'claim-granted'
          | 'release'
          | 'handover-begin'
          | 'handover'
          | 'cut'
          | 'cut-mark'
          | 'moved'
      }
    >,
  ): void {
    const { claims } = this.#broker
    const { clientId } = message
    switch (message.kind) {
      case 'claim-granted':
        return claims.granted(message.token, clientId)
      case 'release':
        return claims.release(clientId, message.to, message.token, message.discard)
      case 'handover-begin':
        return claims.handoverBegin(from, message)
      case 'handover':
        return claims.handover(clientId)
      case 'cut':
        return claims.cut(clientId, message.from, message.to)
      case 'cut-mark':
        return claims.cutMark(clientId, message.at)
      case 'moved':
        return claims.moved(clientId)
    }
  }
}
