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
  #gatheredStored: string[]

  constructor(links: Links) {
    this.#links = links
    this.#gathered = undefined
    this.#gatheredStored = []
  }

  /** The first local ordinary subscriber of a filter. */
  announce(filter: string): void {
    if (this.#gathered === undefined) this.#links.broadcast({ kind: 'interest', filters: [filter] })
    else {
      this.#gathered.push(filter)
      if (this.#gathered.length >= GATHERED_MAX) this.#tell()
    }
  }

  /** The first subscription of a stored session for a filter that was announced. */
  announceStored(filter: string): void {
    if (this.#gathered !== undefined) this.#gatheredStored.push(filter)
    else this.#links.broadcast({ kind: 'stored-interest', filters: [filter] })
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
    const filters = this.#gathered ?? []
    const stored = this.#gatheredStored
    this.#gathered = []
    this.#gatheredStored = []
    if (filters.length !== 0) this.#links.broadcast({ kind: 'interest', filters })
    if (stored.length !== 0) this.#links.broadcast({ kind: 'stored-interest', filters: stored })
  }

  /** The last subscription of a stored session for the filter is about to leave. */
  withdrawStored(filter: string): void {
    this.#links.broadcast({ kind: 'no-stored-interest', filter })
  }

  /** The last local ordinary subscriber of a filter left. */
  withdraw(filter: string): void {
    this.#links.broadcast({ kind: 'no-interest', filter })
  }

  /** A local session became a member of a group, or went on- or offline. */
  announceMember(group: string, filter: string, member: GroupMember): void {
    const { clientId, online, stored } = member
    this.#links.broadcast({ kind: 'member', group, filter, clientId, online, stored })
  }

  /** A local session left a group. */
  withdrawMember(group: string, filter: string, clientId: string): void {
    this.#links.broadcast({ kind: 'no-member', group, filter, clientId })
  }
}
