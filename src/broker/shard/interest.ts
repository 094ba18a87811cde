import type { GroupMember } from '../router/routes.ts'
import type { Links } from './links.ts'

/** Filters told at once. */
const GATHERED_MAX = 2_000

/**
 * Tells the siblings which filters this shard has subscribers for, and which members its groups
 * have. What is told here is known to a sibling once it has answered a later `batch-end`: a
 * SUBACK waits for that, so that a message published anywhere after it reaches the subscriber.
 */
export class Interest {
  readonly #links: Links
  /** While sessions are loaded: filters to be told together. */
  #gathered: string[] | undefined

  constructor(links: Links) {
    this.#links = links
    this.#gathered = undefined
  }

  /** The first local ordinary subscriber of a filter. */
  announce(filter: string): void {
    if (this.#gathered === undefined) this.#links.broadcast({ kind: 'interest', filters: [filter] })
    else {
      this.#gathered.push(filter)
      if (this.#gathered.length >= GATHERED_MAX) this.#tell()
    }
  }

  /** From here on filters are told in lots, which costs a tenth of telling each. */
  gather(): void {
    this.#gathered = []
  }

  /** Tells what was gathered, and from here on each filter by itself again. */
  tellGathered(): void {
    this.#tell()
    this.#gathered = undefined
  }

  #tell(): void {
    const filters = this.#gathered
    if (filters === undefined || filters.length === 0) return
    this.#gathered = []
    this.#links.broadcast({ kind: 'interest', filters })
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
