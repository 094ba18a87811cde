import type { GroupMember } from '../router/routes.ts'
import type { Links } from './links.ts'

/**
 * Tells the siblings which filters this shard has subscribers for, and which members its groups
 * have. What is told here is known to a sibling once it has answered a later `batch-end`: a
 * SUBACK waits for that, so that a message published anywhere after it reaches the subscriber.
 */
export class Interest {
  readonly #links: Links

  constructor(links: Links) {
    this.#links = links
  }

  /** The first local ordinary subscriber of a filter. */
  announce(filter: string): void {
    this.#links.broadcast({ kind: 'interest', filter })
  }

  /** The last local ordinary subscriber of a filter left. */
  withdraw(filter: string): void {
    this.#links.broadcast({ kind: 'no-interest', filter })
  }

  /** A local session became a member of a group, or went on- or offline. */
  announceMember(group: string, filter: string, member: GroupMember): void {
    const { clientId, online } = member
    this.#links.broadcast({ kind: 'member', group, filter, clientId, online })
  }

  /** A local session left a group. */
  withdrawMember(group: string, filter: string, clientId: string): void {
    this.#links.broadcast({ kind: 'no-member', group, filter, clientId })
  }
}
