import { isFailure } from '#codec/mqtt/decode-failure.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { SubscribeFilter } from '#codec/mqtt/subscribe.ts'
import type { Broker } from '../shard/broker.ts'
import { Connection } from '../session/connection.ts'
import { clientFacts, endSession } from '../session/lifecycle.ts'
import { sendRetained } from '../session/send-retained.ts'
import type { HeldSubscription, Session } from '../session/session.ts'
import { mountFilter, unmountFilter } from '../topics/mountpoint.ts'
import { joinSubscription, parseSubscription } from '../topics/special-topic.ts'
import type { SubscriptionTarget } from '../topics/special-topic.ts'
import { connectionOf } from './client-list.ts'
import { SliceTimer } from './slices.ts'
import type { Sliced } from './slices.ts'
import { CommandResult } from './views.ts'
import type { SubscriptionView } from './views.ts'

/** Work of ending a session compared with passing over it. */
const KICK_WEIGHT = 32

/** Why a filter was not subscribed; `reason` as SUBACK would say it. */
export interface SubscribeRefusal {
  readonly reason: number
  readonly detail: string
}

/** Closes the client's connection, if any, and ends its session. */
export function kickClient(broker: Broker, clientId: string): CommandResult {
  const session = broker.core.sessions.get(clientId)
  if (session === undefined) return CommandResult.NO_CLIENT
  session.connection?.close({
    reason: ReasonCode.ADMINISTRATIVE_ACTION,
    code: 'kicked',
    text: 'An operator ended this connection.',
  })
  endSession(broker, session)
  broker.core.startTick()
  return CommandResult.DONE
}

/** Kicks many; those that are not here are passed over. @returns how many were kicked */
export function* kickClients(broker: Broker, clientIds: readonly string[]): Sliced<number> {
  const timer = new SliceTimer(broker.core.ports.clock)
  let kicked = 0
  for (const clientId of clientIds) {
    if (timer.due(KICK_WEIGHT)) yield
    if (kickClient(broker, clientId) === CommandResult.DONE) kicked++
  }
  return kicked
}

/** Changes the keep alive of a connected client, in seconds; 0 switches it off. */
export function setKeepAlive({ core }: Broker, clientId: string, seconds: number): CommandResult {
  const connection = core.sessions.get(clientId)?.connection
  if (!(connection instanceof Connection)) return CommandResult.NO_CLIENT
  connection.keepAliveMs = seconds * 1000 * connection.zone.mqtt.keepAliveMultiplier
  connection.lastReceivedMs = core.monotonicMs
  if (connection.keepAliveMs === 0) core.timers.cancel(connection.timer)
  else core.timers.schedule(connection.timer, connection.keepAliveMs)
  return CommandResult.DONE
}

/** The subscriptions of one client; undefined when it is not here. */
export function subscriptionsOf(
  { core }: Broker,
  clientId: string,
): readonly SubscriptionView[] | undefined {
  const session = core.sessions.get(clientId)
  return session && [...session.subscriptions.values()].map((held) => viewHeld(session, held))
}

/** A subscription as its client sees it. */
export function viewHeld(session: Session, held: HeldSubscription): SubscriptionView {
  const { qos, noLocal, retainAsPublished } = held.subscription
  return {
    clientId: session.clientId,
    filter: unmountFilter(connectionOf(session)?.mountpoint ?? '', held.filter),
    qos,
    noLocal,
    retainAsPublished,
    retainHandling: 0,
    durable: session.persistent,
  }
}

/**
 * Subscribes for a client, connected or not. Its own rights are not asked: the operator decides.
 * `done` is called once siblings know of it and it is stored.
 */
export function subscribeClient(
  broker: Broker,
  clientId: string,
  wanted: SubscribeFilter,
  done: (result: SubscriptionView | SubscribeRefusal | typeof CommandResult.NO_CLIENT) => void,
): void {
  const { core } = broker
  const session = core.sessions.get(clientId)
  if (session === undefined) return done(CommandResult.NO_CLIENT)
  const filter = mountFilter(connectionOf(session)?.mountpoint ?? '', wanted.filter)
  const target = parseSubscription(filter, session.zone.mqtt)
  if (isFailure(target)) return done({ reason: target.reason, detail: target.detail })
  const full = session.subscriptions.size >= session.zone.mqtt.subscriptionsMax
  if (full && !session.subscriptions.has(filter)) return done(QUOTA)
  if (session.persistent && !core.store.healthy) return done(UNSTORED)
  const go = (acquired: boolean): void => {
    if (!acquired) done(TAKEN)
    else if (session.ended || core.sessions.get(clientId) !== session) {
      if (target.kind === 'exclusive') broker.exclusive.release(target.filter, clientId)
      done(CommandResult.NO_CLIENT)
    } else enter(broker, session, filter, target, wanted, done)
  }
  if (target.kind === 'exclusive') broker.exclusive.acquire(target.filter, clientId, go)
  else go(true)
}

const QUOTA = {
  reason: ReasonCode.QUOTA_EXCEEDED,
  detail: 'the client has as many subscriptions as it may (mqtt.max_subscriptions)',
}
const UNSTORED = {
  reason: ReasonCode.QUOTA_EXCEEDED,
  detail: 'the broker cannot store subscriptions at the moment',
}
const TAKEN = {
  reason: ReasonCode.QUOTA_EXCEEDED,
  detail: 'another client has this topic exclusively',
}

function enter(
  broker: Broker,
  session: Session,
  filter: string,
  target: SubscriptionTarget,
  wanted: SubscribeFilter,
  done: (result: SubscriptionView | SubscribeRefusal) => void,
): void {
  const { qos, noLocal, retainAsPublished } = wanted
  const options = { qos, noLocal, retainAsPublished, subscriptionId: 0 }
  const isNew = broker.sessions.subscribe(session, filter, target, options)
  announceSubscribed(broker, session, wanted, isNew)
  const held = session.subscriptions.get(filter)
  broker.core.startTick()
  whenStored(broker, () => {
    sendRetained(broker, session, filter, wanted, isNew)
    if (held !== undefined) done(viewHeld(session, held))
  })
}

/** Removes a subscription of a client; `known` is false when it had none for the filter. */
export function unsubscribeClient(
  broker: Broker,
  clientId: string,
  text: string,
  done: (result: { readonly known: boolean } | typeof CommandResult.NO_CLIENT) => void,
): void {
  const session = broker.core.sessions.get(clientId)
  if (session === undefined) return done(CommandResult.NO_CLIENT)
  const filter = mountFilter(connectionOf(session)?.mountpoint ?? '', text)
  withdraw(broker, session, filter, text, (known) => done({ known }))
}

/**
 * Ends the subscription by which a client holds a `$exclusive/` topic, so that another one can have
 * it; `done` is called with false when it has none here, otherwise once the topic is free.
 */
export function releaseExclusive(
  broker: Broker,
  clientId: string,
  topic: string,
  done: (released: boolean) => void,
): void {
  const session = broker.core.sessions.get(clientId)
  if (session === undefined) return done(false)
  const filter = joinSubscription({ kind: 'exclusive', group: '', filter: topic })
  const text = unmountFilter(connectionOf(session)?.mountpoint ?? '', filter)
  withdraw(broker, session, filter, text, done)
}

/**
 * Removes a subscription and tells others.
 * @param filter as it is kept, with the mountpoint
 * @param text as its client knows it
 */
function withdraw(
  broker: Broker,
  session: Session,
  filter: string,
  text: string,
  done: (known: boolean) => void,
): void {
  const { core, events } = broker
  const known = broker.sessions.unsubscribe(session, filter)
  const { connection } = session
  if (known && connection instanceof Connection) {
    const facts = clientFacts(connection, session)
    broker.announce(events.unsubscribed(facts, text, core.nowMs))
  }
  core.startTick()
  whenStored(broker, () => done(known))
}

function announceSubscribed(
  broker: Broker,
  session: Session,
  wanted: SubscribeFilter,
  isNew: boolean,
): void {
  const { connection } = session
  if (!(connection instanceof Connection)) return
  const { qos, noLocal, retainAsPublished, retainHandling } = wanted
  const rest = { retainHandling, subscriptionId: undefined, isNew }
  const options = { qos, noLocal, retainAsPublished, ...rest }
  const facts = clientFacts(connection, session)
  broker.announce(broker.events.subscribed(facts, wanted.filter, options, broker.core.nowMs))
}

/** Calls back once all siblings know what was done so far and the store has it, or cannot. */
function whenStored(broker: Broker, done: () => void): void {
  broker.links.whenAllSafe(() => broker.core.store.barrier(() => done()))
}
