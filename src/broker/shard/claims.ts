import { hashString } from '#kernel/hash.ts'
import { Metric } from '../metrics.ts'
import { Table } from '../ports.ts'
import { deliverAs } from '../session/deliver.ts'
import type { Outgoing } from '../session/outgoing.ts'
import { readSession } from '../session/session-record.ts'
import { Session } from '../session/session.ts'
import type { SessionMove } from '../session/session.ts'
import type { ShardCore } from './core.ts'
import { Directory } from './directory.ts'
import type { Links } from './links.ts'
import { Removals } from './removals.ts'
import type { ShardMessage } from './messages.ts'
import type { Sessions } from './sessions.ts'

/** What the owner of a session must do when another shard claims it. */
export interface ReleaseActions {
  /**
   * Closes the session's connection with 0x8E. With `discard` the session ends; otherwise it
   * stays, offline, and its will is sent if it has no delay.
   */
  takenOver(session: Session, discard: boolean): void
}

type HandoverBegin = Extract<ShardMessage, { readonly kind: 'handover-begin' }>

interface Claim {
  readonly clientId: string
  readonly discard: boolean
  readonly done: (session: Session | undefined) => void
}

/**
 * Makes sure that a client id has one session in one shard.
 *
 * A connection claims its client id from the directory shard (the hash of the id). If another
 * shard has the session, that shard closes its connection, begins to forward what still arrives,
 * commits, waits until the siblings have taken in what the client published, and hands over: the
 * session itself is in the store, so moving it means loading it.
 * Then every shard cuts its stream of publishes (see move-gate.ts), and when all cuts have passed
 * the old owner forgets the session.
 */
export class Claims {
  readonly #core: ShardCore
  readonly #links: Links
  readonly #sessions: Sessions
  readonly #actions: ReleaseActions
  readonly #claims: Map<number, Claim>
  /** Granted claims that wait for the old owner, by client id. */
  readonly #arriving: Map<string, Claim>
  readonly #removals: Removals
  readonly directory: Directory
  /**
   * Client ids of sessions that ended and that the directory is not told of yet; true: by that a
   * claim is settled.
   */
  #ended: Map<string, boolean>
  #isTellingEnded: boolean
  #nextToken: number

  constructor(core: ShardCore, links: Links, sessions: Sessions, actions: ReleaseActions) {
    this.#core = core
    this.#links = links
    this.#sessions = sessions
    this.#actions = actions
    this.#claims = new Map()
    this.#arriving = new Map()
    this.#removals = new Removals(core)
    this.#ended = new Map()
    this.#isTellingEnded = false
    this.#nextToken = 1
    this.directory = new Directory({
      grant: (to, token, clientId) => {
        if (to === core.shard) this.granted(token, clientId)
        else links.send(to, { kind: 'claim-granted', clientId, token })
      },
      release: (owner, clientId, to, token, discard) => {
        if (owner === core.shard) this.release(clientId, to, token, discard)
        else links.send(owner, { kind: 'release', clientId, to, token, discard })
      },
    })
  }

  /** Claims of this shard that are not settled. */
  get openCount(): number {
    return this.#claims.size + this.#arriving.size
  }

  /** Notes a session of this shard that was loaded from the store. */
  restore(clientId: string): void {
    // A single shard asks nobody.
    if (this.#core.shardCount > 1) this.directory.restore(clientId, this.#core.shard)
  }

  /** The shard that serialises claims of this client id. */
  directoryShard(clientId: string): number {
    return this.#core.shardCount === 1 ? 0 : hashString(clientId) % this.#core.shardCount
  }

  /**
   * Claims a client id. `done` gets the session it had (undefined: none, or ended because of
   * `discard`); `settled` must be called once the new connection has taken over.
   */
  claim(clientId: string, discard: boolean, done: (session: Session | undefined) => void): void {
    if (this.#core.shardCount === 1) {
      if (this.#removals.has(clientId)) {
        this.#removals.whenGone(clientId, () => this.claim(clientId, discard, done))
      } else this.#takeLocal(clientId, discard, done)
      return
    }
    const token = this.#nextToken++
    this.#claims.set(token, { clientId, discard, done })
    const shard = this.directoryShard(clientId)
    if (shard === this.#core.shard) this.directory.claim(shard, token, clientId, discard)
    else this.#links.send(shard, { kind: 'claim', clientId, token, discard })
  }

  /** The directory has granted a claim of this shard: no other shard has the session. */
  granted(token: number, clientId: string): void {
    const claim = this.#takeClaim(token)
    this.#takeLocal(clientId, claim.discard, claim.done)
  }

  /** A claim is settled: the session is here, made or found, and the next claim may go on. */
  settled(clientId: string): void {
    if (this.#core.shardCount === 1) return
    const session = this.#core.sessions.get(clientId)
    // While a session moves here its next claim waits: finishMove settles.
    if (session?.move !== undefined) return
    // It may have ended already, by what its client sent behind CONNECT.
    if (session === undefined) this.#whenRemoved(clientId, true)
    else this.#claimDone(clientId, false)
  }

  /**
   * A session of this shard ended. The directory is told once that is on disk and the siblings
   * have taken in what its client published, and until then asks here: that comes before what the
   * client publishes on its next connection in another shard [MQTT-4.6.0-5].
   * @param wasStored what says that it ended has been written
   */
  sessionEnded(clientId: string, wasStored: boolean): void {
    if (wasStored) this.#removals.add(clientId)
    if (this.#core.shardCount > 1) this.#whenRemoved(clientId, false)
  }

  #whenRemoved(clientId: string, settlesClaim: boolean): void {
    this.#removals.whenGone(clientId, () => {
      this.#ended.set(clientId, settlesClaim || this.#ended.get(clientId) === true)
      if (!this.#isTellingEnded) this.#tellEnded()
    })
  }

  /** Asks the siblings once for all that ended before; what ends meanwhile has its turn after. */
  #tellEnded(): void {
    const ended = this.#ended
    this.#ended = new Map()
    this.#isTellingEnded = true
    this.#links.whenTakenIn(() => {
      for (const [clientId, settlesClaim] of ended) {
        if (settlesClaim) this.#claimDone(clientId, true)
        // Should it have been claimed here again, the directory knows that first, and lets it be.
        else if (!this.#isBack(clientId)) this.#forgetOwner(clientId)
      }
      this.#isTellingEnded = false
      if (this.#ended.size > 0) this.#tellEnded()
    })
  }

  /** The client has a session again, or its next one has ended, too, and has its turn later. */
  #isBack(clientId: string): boolean {
    return (
      this.#core.sessions.has(clientId) || this.#ended.has(clientId) || this.#removals.has(clientId)
    )
  }

  #forgetOwner(clientId: string): void {
    const shard = this.directoryShard(clientId)
    if (shard === this.#core.shard) this.directory.sessionEnded(shard, clientId)
    else this.#links.send(shard, { kind: 'session-ended', clientId })
  }

  /** Shard `to` wants the session: stop it here and hand it over. */
  release(clientId: string, to: number, token: number, discard: boolean): void {
    const session = this.#core.sessions.get(clientId)
    if (session !== undefined) this.#actions.takenOver(session, discard)
    const remains = this.#core.sessions.get(clientId)
    if (remains === undefined || remains !== session) {
      const nothing = { storeKey: '', sequence: 0, zone: '' }
      const begin = { kind: 'handover-begin', clientId, token, ...nothing } as const
      const isFree = afterBoth(() => this.#links.send(to, begin))
      this.#links.whenTakenIn(isFree)
      this.#removals.whenGone(clientId, isFree)
      return
    }
    this.#sessions.ensureLoaded(session)
    this.#sessions.disarmExpiry(session)
    const { storeKey } = session
    const sequence = session.queue.nextSequence
    const zone = session.zone.name
    this.#links.send(to, { kind: 'handover-begin', clientId, token, storeKey, sequence, zone })
    session.move = beginMove('source', to)
    const isReady = afterBoth(() => this.#links.send(to, { kind: 'handover', clientId }))
    // What the client published here comes before what it publishes there [MQTT-4.6.0-5].
    this.#links.whenTakenIn(isReady)
    this.#whenGiven(session, () => this.#core.whenCommitted(isReady))
  }

  /**
   * Records that siblings are taking over, messages and a will, must be gone before the new owner
   * reads: later this shard writes nothing of the session.
   */
  #whenGiven(session: Session, done: () => void): void {
    const isGiving = (): boolean => session.queue.isGiving || session.leavingWill !== undefined
    if (!isGiving()) {
      done()
      return
    }
    this.#links.whenAllSafe(() => {
      if (!isGiving()) done()
      else this.#core.atNextAdvance(() => this.#whenGiven(session, done))
    })
  }

  /** The old owner begins: from here on it forwards. */
  handoverBegin(from: number, message: HandoverBegin): void {
    const { clientId, token, storeKey, sequence, zone } = message
    const claim = this.#takeClaim(token)
    if (storeKey === '') {
      claim.done(undefined)
      return
    }
    this.#arriving.set(clientId, claim)
    const session = new Session(this.#core, clientId, storeKey, this.#core.nowMs)
    session.zone = this.#core.zones.of(zone)
    session.queue.setOnline(false)
    session.queue.nextSequence = sequence
    session.move = beginMove('target', from)
    this.#core.sessions.set(clientId, session)
  }

  /** The session is in the store: load it, let the siblings cut, and give it to the connection. */
  handover(clientId: string): void {
    const claim = this.#arriving.get(clientId)
    const session = this.#core.sessions.get(clientId)
    if (claim === undefined || session?.move === undefined) {
      throw new Error('a session was handed over that was not announced')
    }
    this.#arriving.delete(clientId)
    const value = this.#core.store.get(Table.SESSIONS, session.storeKey)
    const stored = value === undefined ? undefined : readSession(session.storeKey, value)
    if (stored === undefined) {
      this.#core.log.error('stored_session_unreadable', { clientid: clientId })
    } else this.#sessions.adopt(session, stored)
    this.#sessions.ensureLoaded(session)
    const { peer, marked } = session.move
    const { shard } = this.#core
    this.#links.broadcast({ kind: 'cut', clientId, from: peer, to: shard })
    marked.add(shard)
    this.#links.send(peer, { kind: 'cut-mark', clientId, at: shard })
    claim.done(session)
  }

  /** A sibling asks for a cut: publishes before it have been sent, so the mark goes behind them. */
  cut(clientId: string, from: number, to: number): void {
    const { shard } = this.#core
    this.#links.send(to, { kind: 'cut-mark', clientId, at: shard })
    if (from === shard) this.cutMark(clientId, shard)
    else this.#links.send(from, { kind: 'cut-mark', clientId, at: shard })
  }

  /** All publishes of shard `at` before its cut have arrived here. */
  cutMark(clientId: string, at: number): void {
    const session = this.#core.sessions.get(clientId)
    const move = session?.move
    if (session === undefined || move === undefined) return
    move.marked.add(at)
    if (move.marked.size < this.#core.shardCount) return
    if (move.role === 'source') {
      this.#links.send(move.peer, { kind: 'moved', clientId })
      this.#sessions.forget(session)
      this.#core.metrics.increment(Metric.SESSION_TAKENOVER)
    } else this.#finishMove(session)
  }

  /** The old owner has forwarded everything. */
  moved(clientId: string): void {
    const session = this.#core.sessions.get(clientId)
    if (session?.move === undefined) return
    const { move } = session
    move.forwarded = true
    for (const outgoing of move.early.splice(0)) this.forwarded(clientId, outgoing)
    this.#core.earlyTaken(move)
    this.#core.startTick()
    this.#finishMove(session)
  }

  /** A message that reached the old owner. */
  forwarded(clientId: string, outgoing: Outgoing): void {
    const session = this.#core.sessions.get(clientId)
    const { message } = outgoing
    if (session === undefined || message === undefined) return
    const { qos, retain, subscriptionIds, group } = outgoing
    deliverAs(this.#core, session, message, qos, retain, subscriptionIds, group, false)
  }

  #finishMove(session: Session): void {
    const { move } = session
    if (move === undefined || !move.forwarded) return
    if (move.marked.size < this.#core.shardCount) return
    session.move = undefined
    // Before the next claim is settled, which may be at once and would move it again.
    const ends = session.endWhenMoved && session.connection === undefined
    if (ends) {
      this.#sessions.end(session)
      this.#whenRemoved(session.clientId, true)
    } else this.#claimDone(session.clientId, false)
  }

  #takeClaim(token: number): Claim {
    const claim = this.#claims.get(token)
    if (claim === undefined) throw new Error('a claim was granted that nobody made')
    this.#claims.delete(token)
    return claim
  }

  #takeLocal(
    clientId: string,
    discard: boolean,
    done: (session: Session | undefined) => void,
  ): void {
    const session = this.#core.sessions.get(clientId)
    if (session !== undefined) this.#actions.takenOver(session, discard)
    const remains = this.#core.sessions.get(clientId)
    if (remains === undefined) {
      this.#removals.whenGone(clientId, () => done(undefined))
      return
    }
    this.#sessions.ensureLoaded(remains)
    done(remains)
  }

  #claimDone(clientId: string, ended: boolean): void {
    const shard = this.directoryShard(clientId)
    if (shard === this.#core.shard) this.directory.claimDone(clientId, ended)
    else this.#links.send(shard, { kind: 'claim-done', clientId, ended })
  }
}

function beginMove(role: SessionMove['role'], peer: number): SessionMove {
  return { role, peer, marked: new Set(), forwarded: false, early: [], waiters: [] }
}

/** A call that does something the second time. */
function afterBoth(action: () => void): () => void {
  let open = 2
  return () => {
    if (--open === 0) action()
  }
}
