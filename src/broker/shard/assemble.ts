import { readU8 } from '#kernel/binary-key.ts'
import { DELAYED_PREFIX } from '../delayed/delayed-topic.ts'
import { DelayedStore } from '../delayed/delayed-store.ts'
import { Message } from '../message.ts'
import { Table } from '../ports.ts'
import { RetainedFeed } from '../retained/retained-feed.ts'
import { RetainedStore } from '../retained/retained-store.ts'
import { SharedPicker } from '../router/shared-strategy.ts'
import { endSession, takeSessionOver } from '../session/lifecycle.ts'
import { hexOfKey, STORE_KEY_BYTES } from '../session/keys.ts'
import { ClientEvents } from '../sys/client-events.ts'
import type { SysMessage } from '../sys/sys-topics.ts'
import { TableTotals } from '../table-totals.ts'
import { AutoSubscriber } from '../topics/auto-subscribe.ts'
import { TopicRewriter } from '../topics/rewrite.ts'
import type { Broker, ShardTotals } from './broker.ts'
import { Claims } from './claims.ts'
import type { ShardCore } from './core.ts'
import { delayMessage } from './delay-message.ts'
import { ExclusiveTopics } from './exclusive-topics.ts'
import { Interest } from './interest.ts'
import { Links } from './links.ts'
import { publishChecked } from './publisher.ts'
import type { Routing } from './route.ts'
import { Sessions } from './sessions.ts'
import { Wills } from './wills.ts'

const NO_PROPERTIES = Buffer.alloc(0)
/** The shard's number is in the last byte of a run prefix. */
const SHARD_BYTE = STORE_KEY_BYTES - 5
/** Unreadable records of one kind that are logged. */
const UNREADABLE_LOGGED_MAX = 1_000

/**
 * Puts the parts of one shard together.
 * @param feedWanted called when retained messages wait to be sent
 */
export function assembleBroker(core: ShardCore, feedWanted: () => void): Broker {
  const { ports, settings } = core
  const links = new Links(core)
  const interest = new Interest(links)
  const exclusive = new ExclusiveTopics(core, links)
  const picker = new SharedPicker(ports.random, settings)
  const routing: Routing = { core, links, picker, publisher: undefined, connection: undefined }
  const totals = makeTotals(core)
  const retained = makeRetained(core, totals)
  const publish = (message: Message): void => {
    routing.publisher = undefined
    routing.connection = undefined
    publishChecked({ routing, retained }, message)
  }
  const wills = new Wills(core, links, (message, username, zone) => {
    if (!message.topic.topic.startsWith(DELAYED_PREFIX)) return publish(message)
    const refused = delayMessage(broker, message, username, zone)
    if (refused === undefined) return
    const { topic } = message.topic
    const facts = { clientid: message.publisher, topic, reason: refused }
    core.warnRepeated('will_not_delayed', facts)
  })
  const sessions: Sessions = new Sessions(core, interest, {
    expired: (session) => endSession(broker, session),
    releaseExclusive: (topic, clientId) => exclusive.release(topic, clientId),
    ended: (clientId, wasStored) => broker.claims.sessionEnded(clientId, wasStored),
  })
  const claims = new Claims(core, links, sessions, {
    takenOver: (session, discard) => takeSessionOver(broker, session, discard),
  })
  core.releaseForeignBody = (key) => releaseForeignBody(core, links, key)
  const broker: Broker = {
    core,
    links,
    routing,
    retained,
    totals,
    feed: new RetainedFeed({
      clock: ports.clock,
      metrics: core.metrics,
      settings: () => core.settings.retainer,
    }),
    delayed: makeDelayed(core, totals),
    interest,
    sessions,
    claims,
    wills,
    exclusive,
    rewriter: new TopicRewriter(settings.rewrite),
    rewriting: settings.rewrite.length > 0,
    autoSubscriber: new AutoSubscriber(settings.autoSubscribe),
    events: new ClientEvents(settings.nodeName, settings.sys, (topic) =>
      core.router.isWanted(topic),
    ),
    announce: (message) => {
      if (message !== undefined) publish(sysMessage(core, message))
    },
    wakeFeed: feedWanted,
  }
  return broker
}

/** Bodies of earlier runs are looked after by the sweep; those of this run by their shard. */
function releaseForeignBody(core: ShardCore, links: Links, key: string): void {
  const owner = readU8(key, SHARD_BYTE)
  if (owner === core.shard || owner >= core.shardCount || !core.isOfThisRun(key)) return
  links.releaseBody(owner, key)
}

function makeTotals(core: ShardCore): ShardTotals {
  const { store, shard, shardCount, ports } = core
  const { sharedTotals } = ports
  return {
    retained: new TableTotals(store, Table.RETAINED, shard, shardCount, sharedTotals?.retained),
    delayed: new TableTotals(store, Table.DELAYED, shard, shardCount, sharedTotals?.delayed),
  }
}

function makeRetained(core: ShardCore, totals: ShardTotals): RetainedStore {
  return new RetainedStore({
    store: core.store,
    router: core.router,
    clock: core.ports.clock,
    metrics: core.metrics,
    totals: totals.retained,
    unreadable: logOnce(core, 'stored_retained_unreadable'),
    settings: () => core.settings.retainer,
  })
}

function makeDelayed(core: ShardCore, totals: ShardTotals): DelayedStore {
  return new DelayedStore({
    store: core.store,
    router: core.router,
    metrics: core.metrics,
    totals: totals.delayed,
    shard: core.shard,
    shardCount: core.shardCount,
    run: core.ports.run,
    unreadable: logOnce(core, 'stored_delayed_unreadable'),
    settings: () => core.settings.delayed,
  })
}

/** Logs each unreadable record once, up to a number: it is met again and again. */
function logOnce(core: ShardCore, event: string): (key: string) => void {
  const seen = new Set<string>()
  return (key) => {
    if (seen.size >= UNREADABLE_LOGGED_MAX || seen.has(key)) return
    seen.add(key)
    core.log.error(event, { key: hexOfKey(key), action: 'skipped' })
  }
}

/** A message of the broker itself, QoS 0. */
function sysMessage(core: ShardCore, message: SysMessage): Message {
  return new Message(
    core.router.entryFor(message.topic),
    Buffer.from(message.payload),
    0,
    message.retain,
    NO_PROPERTIES,
    0,
    '',
    core.nowMs,
    false,
  )
}
