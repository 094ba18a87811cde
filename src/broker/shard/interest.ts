import type { GroupMember } from '../router/routes.ts'
import type { ShardCore } from './core.ts'
import type { Links } from './links.ts'

interface Announcement {
  /** Siblings that have not answered. */
  missing: number
  readonly waiting: Array<() => void>
}

/**
 * Tells the siblings which filters this shard has subscribers for, and knows when all of them
 * have heard it: only then is a subscription acknowledged, so that a message published anywhere
 * after the SUBACK reaches the subscriber.
 */
export class Interest {
  readonly #core: ShardCore
  readonly #links: Links
  readonly #announcements: Map<number, Announcement>
  /** Token of the announcement under way, by filter or group and filter. */
  readonly #tokens: Map<string, number>
  #nextToken: number

  constructor(core: ShardCore, links: Links) {
    this.#core = core
    this.#links = links
    this.#announcements = new Map()
    this.#tokens = new Map()
    this.#nextToken = 1
  }

  /** The first local ordinary subscriber of a filter. */
  announce(filter: string): void {
    if (this.#core.shardCount === 1) return
    const token = this.#begin(filter)
    this.#links.broadcast({ kind: 'interest', filter, token })
  }

  /** The last local ordinary subscriber of a filter left. */
  withdraw(filter: string): void {
    if (this.#core.shardCount === 1) return
    this.#links.broadcast({ kind: 'no-interest', filter })
  }

  /** A local session became a member of a group, or went on- or offline. */
  announceMember(group: string, filter: string, member: GroupMember): void {
    if (this.#core.shardCount === 1) return
    const token = this.#begin(memberName(group, filter))
    const { clientId, online } = member
    this.#links.broadcast({ kind: 'member', group, filter, clientId, online, token })
  }

  /** A local session left a group. */
  withdrawMember(group: string, filter: string, clientId: string): void {
    if (this.#core.shardCount === 1) return
    this.#links.broadcast({ kind: 'no-member', group, filter, clientId })
  }

  /** Calls back when all siblings know of the ordinary filter; at once when they do. */
  whenKnown(filter: string, done: () => void): void {
    this.#when(filter, done)
  }

  /** The same for a group. */
  whenMemberKnown(group: string, filter: string, done: () => void): void {
    this.#when(memberName(group, filter), done)
  }

  /** Calls back when all siblings know of everything announced so far. */
  whenAllKnown(done: () => void): void {
    let missing = 1
    const one = (): void => {
      if (--missing === 0) done()
    }
    for (const announcement of this.#announcements.values()) {
      missing++
      announcement.waiting.push(one)
    }
    one()
  }

  /** A sibling has taken an announcement in. */
  known(token: number): void {
    const announcement = this.#announcements.get(token)
    if (announcement === undefined || --announcement.missing > 0) return
    this.#announcements.delete(token)
    for (const done of announcement.waiting) done()
  }

  #begin(name: string): number {
    const token = this.#nextToken++
    this.#announcements.set(token, { missing: this.#core.shardCount - 1, waiting: [] })
    this.#tokens.set(name, token)
    this.#when(name, () => {
      if (this.#tokens.get(name) === token) this.#tokens.delete(name)
    })
    return token
  }

  #when(name: string, done: () => void): void {
    const token = this.#tokens.get(name)
    const announcement = token === undefined ? undefined : this.#announcements.get(token)
    if (announcement === undefined) done()
    else announcement.waiting.push(done)
  }
}

/** Distinct from every filter: a filter has no U+0000. */
function memberName(group: string, filter: string): string {
  return `${group}\0${filter}`
}
