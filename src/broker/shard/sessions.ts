import { Timer } from '#kernel/timer-wheel.ts'
import type { TimerTarget } from '#kernel/timer-wheel.ts'
import { Gauge, Metric } from '../metrics.ts'
import type { QoS } from '../qos.ts'
import type { GroupMember, Subscription } from '../router/routes.ts'
import { OutgoingState } from '../session/outgoing.ts'
import {
  readIncoming,
  readSubscriptions,
  removeSessionRecords,
  removeSubscription,
  saveSession,
  saveSubscription,
} from '../session/session-record.ts'
import type { StoredSession, StoredSubscription } from '../session/session-record.ts'
import { Session } from '../session/session.ts'
import type { HeldSubscription } from '../session/session.ts'
import { joinSubscription, splitSubscription } from '../topics/special-topic.ts'
import type { SubscriptionTarget } from '../topics/special-topic.ts'
import type { ShardCore } from './core.ts'
import type { Interest } from './interest.ts'

/** Options of one subscription, as SUBSCRIBE gives them. */
export interface SubscriptionOptions {
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  /** 0 = none. */
  readonly subscriptionId: number
}

/** What ends with a session and is not kept here: wills and exclusive topics. */
export interface SessionEndings {
  /** The session expired without a connection: its time is up. */
  expired(session: Session): void
  releaseExclusive(topic: string, clientId: string): void
  /** Nobody has the session any more, and what says so is written. */
  ended(clientId: string, wasStored: boolean): void
}

class ExpiryTimer extends Timer {
  readonly session: Session

  constructor(target: TimerTarget, session: Session) {
    super(target)
    this.session = session
  }
}

/** Longest delay of one timer; longer expiries are armed again. */
const TIMER_MS_MAX = 4_294_967_295_000

/**
 * The sessions of one shard: making, storing, loading, subscribing and ending them.
 * A session is in the router, in the store and in the siblings' interest exactly as long as it is
 * here.
 */
export class Sessions implements TimerTarget {
  readonly #core: ShardCore
  readonly #interest: Interest
  readonly #endings: SessionEndings

  constructor(core: ShardCore, interest: Interest, endings: SessionEndings) {
    this.#core = core
    this.#interest = interest
    this.#endings = endings
  }

  /** A new session; `expiryMs` > 0 makes it persistent. */
  create(clientId: string, expiryMs: number): Session {
    const core = this.#core
    const storeKey = expiryMs > 0 ? core.newStoreKey() : ''
    const session = new Session(core, clientId, storeKey, core.nowMs)
    session.expiryMs = expiryMs
    core.sessions.set(clientId, session)
    core.metrics.increment(Metric.SESSION_CREATED)
    this.#gauges(1)
    return session
  }

  /**
   * A session from its record, offline and without subscriptions, which `restoreSubscription`
   * brings; the queue is read when needed.
   */
  load(stored: StoredSession): Session {
    const core = this.#core
    const session = new Session(core, stored.clientId, stored.storeKey, stored.createdAtMs)
    this.#fill(session, stored)
    return session
  }

  /** Enters a stored subscription of a loaded session. */
  restoreSubscription(session: Session, fields: StoredSubscription): void {
    const { filter, number } = fields
    const held = this.#hold(session, filter, splitSubscription(filter), fields, number)
    session.subscriptions.set(filter, held)
    session.nextSubscriptionNumber = Math.max(session.nextSubscriptionNumber, number + 1)
  }

  /** Fills a session, which may already have received messages, from its records. */
  adopt(session: Session, stored: StoredSession): void {
    this.#fill(session, stored)
    const { store, log } = this.#core
    for (const fields of readSubscriptions(store, log, stored.clientId, stored.storeKey)) {
      this.restoreSubscription(session, fields)
    }
  }

  #fill(session: Session, stored: StoredSession): void {
    const core = this.#core
    session.expiryMs = stored.expiryMs
    session.username = stored.username
    session.zone = core.zones.of(stored.zone)
    session.will = stored.will
    session.disconnectedAtMs = stored.disconnectedAtMs
    session.unloaded = true
    session.queue.markUnread()
    session.queue.setOnline(false)
    core.sessions.set(stored.clientId, session)
    this.#gauges(1)
  }

  /** Counts the queue and restores what was in flight, once, before a session is used. */
  ensureLoaded(session: Session): void {
    if (!session.unloaded) return
    session.unloaded = false
    for (const outgoing of session.queue.recover()) {
      // Whatever is in the store is durable, so nothing is held for a commit any more.
      if (outgoing.state === OutgoingState.HELD) outgoing.state = OutgoingState.SENT
      session.inflight.set(outgoing.packetId, outgoing)
      session.nextPacketId = outgoing.packetId === 65_535 ? 1 : outgoing.packetId + 1
    }
    session.queue.unload(session.inflight.values()) // Until its client is there.
    readIncoming(this.#core.store, session, this.#core.ports.run)
  }

  /**
   * Adds or replaces a subscription [MQTT-3.8.4-3], in one step: no message passes between the
   * old one and the new one [MQTT-3.8.4-4].
   * @returns true when the session did not have the filter before
   */
  subscribe(
    session: Session,
    filter: string,
    target: SubscriptionTarget,
    options: SubscriptionOptions,
  ): boolean {
    const before = session.subscriptions.get(filter)
    const number = before?.number ?? session.nextSubscriptionNumber++
    const held = this.#hold(session, filter, target, options, number)
    session.subscriptions.set(filter, held)
    saveSubscription(this.#core.store, session, held)
    return before === undefined
  }

  /**
   * Removes a subscription; false when there is none. What is in flight is finished
   * [MQTT-3.10.4-3], nothing is added [MQTT-3.10.4-2].
   */
  unsubscribe(session: Session, filter: string): boolean {
    const held = session.subscriptions.get(filter)
    if (held === undefined) return false
    session.subscriptions.delete(filter)
    this.#drop(session, held)
    removeSubscription(this.#core.store, session, held)
    return true
  }

  /** Tells everyone that the session's memberships in groups are on- or offline. */
  setOnline(session: Session, online: boolean): void {
    session.queue.setOnline(online)
    for (const held of session.subscriptions.values()) {
      if (held.shared === undefined) continue
      const { group, member } = held.shared
      if (member.online === online) continue
      member.online = online
      const { filter } = held.subscription
      const { router, shard } = this.#core
      router.setMemberOnline(group, filter, session.clientId, shard, online)
      this.#interest.announceMember(group, filter, member)
    }
  }

  /** Arms the end of a session that has no connection. */
  armExpiry(session: Session): void {
    if (session.expiryMs === Number.POSITIVE_INFINITY) return
    const dueMs = session.disconnectedAtMs + session.expiryMs
    const delayMs = Math.min(TIMER_MS_MAX, Math.max(0, dueMs - this.#core.nowMs))
    session.expiryTimer ??= new ExpiryTimer(this, session)
    const timer = session.expiryTimer
    this.#core.timers.scheduleAt(timer, this.#core.ports.clock.monotonicMs() + delayMs)
  }

  /** The session has a connection again. */
  disarmExpiry(session: Session): void {
    if (session.expiryTimer === undefined) return
    this.#core.timers.cancel(session.expiryTimer)
    session.expiryTimer = undefined
  }

  timerFired(timer: Timer): void {
    const { session } = timer as ExpiryTimer // No other timer has this target.
    if (session.expiryTimer !== timer || session.connection !== undefined) return
    if (session.disconnectedAtMs + session.expiryMs > this.#core.nowMs) this.armExpiry(session)
    else this.#endings.expired(session)
  }

  /**
   * Ends a session for good: subscriptions, queue and records go [MQTT-4.1.0-2]. What it had
   * retained stays [MQTT311-3.1.2-7].
   * @param whenSafe calls back when the records may go; default: at once
   */
  end(session: Session, whenSafe?: (remove: () => void) => void): void {
    const core = this.#core
    if (session.ended) return
    this.ensureLoaded(session)
    this.#leave(session)
    const remove = (): void => {
      removeSessionRecords(core.store, session)
      for (const outgoing of session.inflight.values()) session.queue.forget(outgoing)
      session.inflight.clear()
      session.queue.clear()
      core.startTick()
    }
    if (whenSafe === undefined) remove()
    else {
      // A restart is to end it again, not to bring it back.
      session.expiryMs = 0
      this.save(session)
      whenSafe(remove)
    }
    core.metrics.increment(Metric.SESSION_TERMINATED)
    this.#endings.ended(session.clientId, session.persistent)
  }

  /** Takes a session that moved to another shard out of this one; its records stay. */
  forget(session: Session): void {
    this.#leave(session)
  }

  /** Writes the session's own record. */
  save(session: Session): void {
    saveSession(this.#core.store, session)
  }

  #leave(session: Session): void {
    session.ended = true
    this.disarmExpiry(session)
    for (const held of session.subscriptions.values()) this.#drop(session, held)
    // A new session of the same name may be here already.
    if (this.#core.sessions.get(session.clientId) === session) {
      this.#core.sessions.delete(session.clientId)
    }
    this.#gauges(-1)
  }

  /** Enters a subscription into the router and tells the siblings. */
  #hold(
    session: Session,
    filter: string,
    target: SubscriptionTarget,
    options: SubscriptionOptions,
    number: number,
  ): HeldSubscription {
    const core = this.#core
    const before = session.subscriptions.get(filter)
    const subscription: Subscription = {
      subscriber: session,
      filter: target.filter,
      qos: options.qos,
      noLocal: options.noLocal,
      retainAsPublished: options.retainAsPublished,
      subscriptionId: options.subscriptionId,
    }
    if (before === undefined) core.metrics.addGauge(Gauge.SUBSCRIPTIONS, 1)
    if (target.kind === 'shared' || target.kind === 'queue') {
      if (before === undefined) core.metrics.addGauge(Gauge.SUBSCRIPTIONS_SHARED, 1)
      const { clientId, persistent: stored } = session
      const online = session.connection !== undefined
      const member: GroupMember = { clientId, shard: core.shard, online, stored, subscription }
      core.router.joinGroup(target.group, target.filter, member)
      this.#interest.announceMember(target.group, target.filter, member)
      const shared = { group: target.group, member }
      return { filter, number, subscription, shared, exclusiveTopic: undefined }
    }
    if (core.router.addLocal(subscription)) this.#interest.announce(target.filter)
    const exclusiveTopic = target.kind === 'exclusive' ? target.filter : undefined
    const held = { filter, number, subscription, shared: undefined, exclusiveTopic }
    const isCounted = before !== undefined || twinOf(session, held) !== undefined
    if (session.persistent && !isCounted && core.router.countStored(target.filter, 1)) {
      this.#interest.announceStored(target.filter)
    }
    return held
  }

  #drop(session: Session, held: HeldSubscription): void {
    const { router, metrics } = this.#core
    const { filter } = held.subscription
    metrics.addGauge(Gauge.SUBSCRIPTIONS, -1)
    if (held.shared === undefined) {
      this.#unroute(session, held)
    } else {
      metrics.addGauge(Gauge.SUBSCRIPTIONS_SHARED, -1)
      router.leaveGroup(held.shared.group, filter, session.clientId, this.#core.shard)
      this.#interest.withdrawMember(held.shared.group, filter, session.clientId)
    }
    // The topic goes along with a session that moves to another shard.
    if (held.exclusiveTopic !== undefined && session.move?.role !== 'source') {
      this.#endings.releaseExclusive(held.exclusiveTopic, session.clientId)
    }
  }

  /** Takes a subscription that is not shared out of the router. */
  #unroute(session: Session, held: HeldSubscription): void {
    const { router } = this.#core
    const { filter } = held.subscription
    const twin = twinOf(session, held)
    if (twin !== undefined) {
      if (!session.ended) {
        router.addLocal(twin.subscription)
        return
      }
      // The route goes once, with the ordinary one.
      if (held.exclusiveTopic !== undefined) return
    }
    if (session.persistent && router.countStored(filter, -1)) this.#interest.withdrawStored(filter)
    if (router.removeLocal(filter, session)) this.#interest.withdraw(filter)
  }

  #gauges(by: number): void {
    this.#core.metrics.addGauge(Gauge.SESSIONS, by)
    this.#core.metrics.addGauge(Gauge.CHANNELS, by)
    this.#core.metrics.addGauge(Gauge.CONNECTIONS, by)
  }
}

/**
 * The other subscription that the session has for the topic: `$exclusive/t` beside `t`. The router
 * has one delivery for both, with the options of the later one.
 */
function twinOf(session: Session, held: HeldSubscription): HeldSubscription | undefined {
  const kind = held.exclusiveTopic === undefined ? 'exclusive' : 'ordinary'
  const { filter } = held.subscription
  return session.subscriptions.get(joinSubscription({ kind, group: '', filter }))
}
