/** What the directory asks of others; the shard sends it or does it. */
export interface DirectoryActions {
  /** Nobody but `to` has the session, if there is one. */
  grant(to: number, token: number, clientId: string): void
  /** `owner` is to hand the session over to `to`, whose claim is granted by that. */
  release(owner: number, clientId: string, to: number, token: number, discard: boolean): void
}

interface Claim {
  readonly from: number
  readonly token: number
  readonly discard: boolean
}

/** While a claim is being settled: others wait. */
interface Busy {
  readonly owner: number
  readonly waiting: Claim[]
}

/**
 * Who has the session of which client id [MQTT-3.1.3-2], for the client ids whose hash names this
 * shard.
 *
 * Claims of one client id are settled one after the other, so that however many connections use
 * one client id at the same time, exactly one shard has its session [MQTT-3.1.4-3]. The number of
 * waiting claims is bounded by the number of connections.
 */
export class Directory {
  /** The owner; most client ids have no claim under way, and then need no object. */
  readonly #entries: Map<string, number | Busy>
  readonly #actions: DirectoryActions

  constructor(actions: DirectoryActions) {
    this.#entries = new Map()
    this.#actions = actions
  }

  /** Client ids that have a session somewhere. */
  get size(): number {
    return this.#entries.size
  }

  /** The shard that has the client's session; undefined when there is none. */
  ownerOf(clientId: string): number | undefined {
    const entry = this.#entries.get(clientId)
    return typeof entry === 'object' ? entry.owner : entry
  }

  /** Notes a session that was loaded from the store at start. */
  restore(clientId: string, owner: number): void {
    this.#entries.set(clientId, owner)
  }

  claim(from: number, token: number, clientId: string, discard: boolean): void {
    const entry = this.#entries.get(clientId)
    if (entry === undefined) {
      this.#entries.set(clientId, { owner: from, waiting: [] })
      this.#actions.grant(from, token, clientId)
    } else if (typeof entry === 'object') entry.waiting.push({ from, token, discard })
    else this.#settle(entry, clientId, { from, token, discard }, [])
  }

  /**
   * The last granted claim is settled: the next one goes on.
   * @param ended its shard has no session, because the client left or did not want it kept; said
   * in one step, because the next claim may make a new session in the same shard
   */
  claimDone(clientId: string, ended: boolean): void {
    const entry = this.#entries.get(clientId)
    if (typeof entry !== 'object') return
    const { owner, waiting } = entry
    const next = waiting.shift()
    if (next !== undefined) this.#settle(ended ? next.from : owner, clientId, next, waiting)
    else if (ended) this.#entries.delete(clientId)
    else this.#entries.set(clientId, owner)
  }

  /** The session ended at `from`; ignored when another shard has claimed it meanwhile. */
  sessionEnded(from: number, clientId: string): void {
    if (this.#entries.get(clientId) === from) this.#entries.delete(clientId)
  }

  #settle(owner: number, clientId: string, claim: Claim, waiting: Claim[]): void {
    const { from, token, discard } = claim
    this.#entries.set(clientId, { owner: from, waiting })
    if (owner === from) this.#actions.grant(from, token, clientId)
    else this.#actions.release(owner, clientId, from, token, discard)
  }
}
