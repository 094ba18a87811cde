import type { Will } from '#codec/mqtt/connect.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { readServerPackets } from '../../support/server-packets.ts'
import type { ServerPacket } from '../../support/server-packets.ts'
import type { BrokerHost } from '../broker/broker-host.ts'
import type { Prng } from '../engine/prng.ts'
import type { Schedule } from '../engine/schedule.ts'
import { InvariantBroken } from '../engine/trace.ts'
import type { Trace } from '../engine/trace.ts'
import type { FactBoard } from '../facts.ts'
import type { Network } from '../network/network.ts'
import type { SimConnection } from '../network/sim-connection.ts'
import type { Scenario } from '../scenario.ts'
import { Answers } from './answers.ts'
import type { Answer } from './answers.ts'
import { ClientSession } from './client-session.ts'
import type { ClientPublish, ClientSubscription } from './client-session.ts'
import {
  ackPacket,
  connectPacket,
  disconnectPacket,
  pingPacket,
  publishPacket,
  subscribePacket,
  unsubscribePacket,
} from './packets.ts'
import { receivePacket } from './receive-packet.ts'
import { Requests } from './requests.ts'
import type { MessageBook, SimMessage } from './sim-message.ts'
import { TopicAliases } from './topic-aliases.ts'
import { EXPIRY_NEVER } from './traits.ts'
import type { DeviceTraits } from './traits.ts'

/** What devices need of the simulation. */
export interface DeviceContext {
  readonly scenario: Scenario
  readonly schedule: Schedule
  readonly trace: Trace
  readonly facts: FactBoard
  readonly book: MessageBook
  readonly network: Network
  readonly host: BrokerHost
}

const CONNACK_WAIT_MS = 8_000
const PING_WAIT_MS = 6_000
const RECEIVE_MAXIMUM_STANDARD = 65_535

/**
 * A client that behaves as the standard asks: it keeps its session state, sends again what was not
 * acknowledged when the broker still has the session, and gives it up when not. What it does when
 * is decided by its behaviour.
 */
export class Device {
  readonly traits: DeviceTraits
  readonly context: DeviceContext
  readonly session: ClientSession
  readonly prng: Prng
  link: SimConnection | undefined
  online: boolean
  /** It comes back by itself after a break. */
  returns: boolean
  /** Mean time until it does. */
  returnMs: number
  /**
   * The next CONNECT that is accepted must be a clean one: an earlier one may have been processed.
   */
  #pendingClean: boolean
  #received: Buffer
  readonly answers: Answers
  readonly aliases: TopicAliases
  readonly requests: Requests
  /** QoS 1 and 2 messages sent on this connection and not completed. */
  readonly unfinished: Set<number>
  /** What the broker calls its session, for clients of 3.1. */
  #brokerSession: string | undefined
  #receiveMaximum: number
  #pingSentAtMs: number
  lastSentMs: number
  /** Acknowledges at once, whatever its traits say. */
  prompt: boolean
  /** Packets received. */
  received: number

  constructor(context: DeviceContext, traits: DeviceTraits, prng: Prng) {
    this.traits = traits
    this.context = context
    this.prng = prng
    this.session = new ClientSession()
    this.link = undefined
    this.online = false
    this.returns = true
    this.returnMs = 500
    this.#pendingClean = false
    this.#received = Buffer.alloc(0)
    this.answers = new Answers({
      schedule: context.schedule,
      prng,
      delayMs: traits.ackDelayMs,
      send: (answers) => this.#sendAnswers(answers),
    })
    this.aliases = new TopicAliases(prng)
    this.requests = new Requests()
    this.unfinished = new Set()
    this.#brokerSession = undefined
    this.#receiveMaximum = RECEIVE_MAXIMUM_STANDARD
    this.#pingSentAtMs = -1
    this.lastSentMs = 0
    this.prompt = false
    this.received = 0
  }

  get name(): string {
    return this.traits.name
  }

  /** Nothing is open between it and the broker. */
  get idle(): boolean {
    return (
      this.online &&
      this.session.outbound.size === 0 &&
      this.session.inbound.size === 0 &&
      this.requests.count === 0 &&
      this.answers.count === 0
    )
  }

  /** What it waits for. */
  get status(): string {
    const { outbound, inbound } = this.session
    const open = `out ${[...outbound.keys()].join(',')} in ${[...inbound.keys()].join(',')}`
    const state = this.online ? 'on' : 'off'
    return `${this.name} ${state} ${open} requests ${this.requests.count}`
  }

  note(text: string): void {
    this.context.trace.add(this.name, text)
  }

  fail(invariant: string, detail: string): never {
    throw new InvariantBroken(invariant, `${this.name}: ${detail}`, [this.name])
  }

  /** Opens a connection and sends CONNECT; the one it had is abandoned by its caller. */
  connect(options: { clean?: boolean; expirySeconds?: number; shard?: number } = {}): void {
    const { context, traits } = this
    const { network, host, facts, schedule } = context
    const v5 = traits.version === ProtocolVersion.V5
    const wishesClean = traits.persistent
      ? this.prng.chance(traits.cleanChance)
      : !v5 || this.prng.chance(0.5)
    const clean = this.#pendingClean || (options.clean ?? wishesClean)
    const expirySeconds = options.expirySeconds ?? traits.expirySeconds
    const link: SimConnection = network.dial(
      host,
      {
        received: (bytes) => this.#receive(link, bytes),
        closed: () => {
          if (this.link === link) this.#lost('closed by the broker or the network')
        },
      },
      options.shard,
    )
    this.#resetConnection()
    this.link = link
    this.note(`connects by ${link.id} to shard ${link.shard}${clean ? ', clean' : ''}`)
    if (clean) this.#pendingClean = true
    if (clean || !this.session.persistent) this.#restartSession()
    this.session.persistent = expirySeconds > 0 && (v5 || !clean)
    facts.tell('connecting', this, link, clean, v5 || !clean ? expirySeconds * 1_000 : 0)
    this.#send(connectPacket(traits, clean, expirySeconds, this.#will(link)))
    if (traits.eager && clean) this.onEager?.()
    schedule.after(CONNACK_WAIT_MS, () => {
      if (this.link === link && !this.online) this.drop('abort', 'no CONNACK')
    })
  }

  /** Most connections of those who have wills come with one. */
  #will(link: SimConnection): Will | undefined {
    const { context, name, traits } = this
    if (!traits.hasWill || !this.prng.chance(0.8)) return undefined
    const v5 = traits.version === ProtocolVersion.V5
    const delaySeconds = v5 ? this.prng.pick([0, 0, 1, 4]) : 0
    const message = context.book.make({
      publisher: name,
      topic: `w/${name}`,
      qos: this.prng.pick([0, 1, 2]),
      retain: this.prng.chance(0.3),
      kind: 'will',
      twin: traits.twin,
      delaySeconds,
    })
    const { id, topic, qos, retain, payload } = message
    this.note(`has will #${id} QoS ${qos}${retain ? ' retain' : ''}, ${delaySeconds} s`)
    context.facts.tell('willSet', message, this, link)
    const properties = delaySeconds > 0 ? { willDelayIntervalSeconds: delaySeconds } : {}
    return { topic, payload, qos, retain, properties }
  }

  /** Set by the behaviour: what an eager device sends behind CONNECT. */
  onEager: (() => void) | undefined

  /** Leaves its connection without DISCONNECT. */
  drop(how: 'close' | 'abort' | 'vanish', why: string): void {
    const { link } = this
    if (link === undefined) return
    if (how === 'close') link.close()
    else if (how === 'abort') link.abort()
    else link.vanish()
    this.#lost(`${how}: ${why}`)
  }

  /** Says DISCONNECT and closes. */
  disconnect(reason: number): void {
    const { link, traits } = this
    if (link === undefined || !this.online) return
    this.answers.flush()
    this.context.facts.tell('leaving', this, link, reason)
    this.#send(disconnectPacket(traits.version, reason))
    link.close()
    this.#lost(`DISCONNECT ${reason}`)
  }

  ping(): void {
    if (this.#pingSentAtMs >= 0) return
    const { link } = this
    const { schedule } = this.context
    this.#pingSentAtMs = schedule.nowMs
    this.#send(pingPacket())
    schedule.after(PING_WAIT_MS, () => {
      if (this.link === link && this.online && this.#pingSentAtMs >= 0) {
        this.drop('abort', 'no PINGRESP')
      }
    })
  }

  /** True when one more QoS 1 or 2 message may be sent. */
  get mayPublish(): boolean {
    const { outbound } = this.session
    if (outbound.size >= Math.min(this.traits.outboundMax, this.traits.packetIdMax - 10))
      return false
    const v5 = this.traits.version === ProtocolVersion.V5
    return !v5 || this.unfinished.size < this.#receiveMaximum
  }

  /** True when one more SUBSCRIBE or UNSUBSCRIBE may be sent: each needs a packet identifier. */
  get mayAsk(): boolean {
    return this.requests.mayAsk
  }

  publish(message: SimMessage, wireTopic: string): void {
    const { session, traits } = this
    const { qos, payload, retain } = message
    message.sentAtMs = this.context.schedule.nowMs
    let packetId = 0
    if (qos > 0) {
      packetId = this.#takePacketId()
      session.outbound.set(packetId, { packetId, message, wireTopic, released: false })
      this.unfinished.add(packetId)
    }
    this.note(
      `publishes #${message.id} to ${wireTopic} QoS ${qos} id ${packetId}` +
        (retain ? ' retain' : ''),
    )
    this.context.facts.tell('sent', message, this)
    this.#packetOut(PacketType.PUBLISH, packetId, qos, false)
    const [topic, alias] = this.aliases.forPublish(wireTopic)
    this.#send(publishPacket(traits.version, topic, qos, retain, false, packetId, alias, payload))
  }

  subscribe(wanted: readonly { filter: string; qos: 0 | 1 | 2 }[]): void {
    const { session, traits } = this
    const packetId = this.#takePacketId()
    const subscriptions = wanted.map(({ filter, qos }) => this.#wish(filter, qos))
    this.requests.add(packetId, subscriptions)
    for (const { filter, qos } of wanted) {
      session.everAsked.set(filter, Math.max(qos, session.everAsked.get(filter) ?? 0))
    }
    this.note(
      `subscribes ${wanted.map(({ filter, qos }) => `${filter}:${qos}`).join(' ')} id ${packetId}`,
    )
    for (const subscription of subscriptions)
      this.context.facts.tell('subscribing', this, subscription)
    this.#packetOut(PacketType.SUBSCRIBE, packetId)
    this.#send(
      subscribePacket(
        traits.version,
        packetId,
        wanted.map(({ filter, qos }) => ({
          filter,
          qos,
          noLocal: traits.noLocal && !filter.startsWith('$share/'),
          retainAsPublished: false,
          retainHandling: 0,
        })),
      ),
    )
  }

  unsubscribe(filters: readonly string[]): void {
    const { session, traits } = this
    const packetId = this.#takePacketId()
    const subscriptions = filters.flatMap((filter) => session.subscriptions.get(filter) ?? [])
    this.requests.add(packetId, subscriptions)
    this.note(`unsubscribes ${filters.join(' ')} id ${packetId}`)
    for (const subscription of subscriptions) {
      subscription.certain = false
      subscription.epoch++
      this.context.facts.tell('unsubscribing', this, subscription)
    }
    this.#packetOut(PacketType.UNSUBSCRIBE, packetId)
    this.#send(unsubscribePacket(traits.version, packetId, [...filters]))
  }

  /** Filters that no SUBSCRIBE or UNSUBSCRIBE is under way for. */
  get settledFilters(): string[] {
    const busy = this.requests.busyFilters
    return [...this.session.subscriptions.keys()].filter((filter) => !busy.has(filter))
  }

  /** True when a SUBSCRIBE or UNSUBSCRIBE for the filter waits for its answer. */
  isBusy(filter: string): boolean {
    return this.requests.busyFilters.has(filter)
  }

  #wish(filter: string, qos: 0 | 1 | 2): ClientSubscription {
    const known = this.session.subscriptions.get(filter)
    if (known !== undefined) {
      if (qos === 0 && known.qos > 0) known.epoch++
      known.qos = known.qos < qos ? known.qos : qos
      return known
    }
    const parts = filter.split('/')
    const shared = parts[0] === '$share'
    const subscription: ClientSubscription = {
      filter,
      topicFilter: shared ? parts.slice(2).join('/') : filter,
      group: shared ? parts[1] : undefined,
      qos,
      noLocal: this.traits.noLocal && !shared,
      certain: false,
      epoch: 0,
    }
    this.session.subscriptions.set(filter, subscription)
    return subscription
  }

  #takePacketId(): number {
    return this.session.takePacketId(this.requests.packetIds, this.traits.packetIdMax)
  }

  #send(bytes: Buffer): void {
    this.lastSentMs = this.context.schedule.nowMs
    this.link?.send(bytes)
  }

  #packetOut(type: number, packetId: number, qos?: number, dup?: boolean): void {
    const { link } = this
    if (link === undefined) return
    const more = { ...(qos !== undefined && { qos }), ...(dup !== undefined && { dup }) }
    this.context.facts.tell('packetOut', this, link, { type, packetId, ...more })
  }

  #resetConnection(): void {
    this.online = false
    this.#received = Buffer.alloc(0)
    this.answers.reset()
    this.requests.reset()
    this.aliases.reset()
    this.unfinished.clear()
    this.#receiveMaximum = RECEIVE_MAXIMUM_STANDARD
    this.#pingSentAtMs = -1
  }

  #lost(why: string): void {
    const { link } = this
    if (link === undefined) return
    this.note(`is off: ${why}`)
    // Its session may have expired, and this attempt have begun a new one that it has not heard of.
    const expires = this.session.persistent && this.traits.expirySeconds !== EXPIRY_NEVER
    if (!this.online && expires) this.#pendingClean = true
    this.link = undefined
    this.#resetConnection()
    this.context.facts.tell('disconnected', this, link)
    if (!this.returns) return
    this.context.schedule.after(this.prng.exponential(this.returnMs), () => {
      if (this.returns && this.link === undefined) this.connect()
    })
  }

  #restartSession(): void {
    this.#brokerSession = undefined
    this.session.restart()
    this.context.facts.tell('sessionRestarted', this)
  }

  #receive(link: SimConnection, bytes: Buffer): void {
    if (this.link !== link) return
    const all = Buffer.concat([this.#received, bytes])
    const { packets, rest } = this.#decode(all)
    this.#received = rest
    for (const packet of packets) {
      if (packet.type !== PacketType.PINGRESP) this.received++
      this.context.facts.tell('packetIn', this, link, packet)
      this.#packet(link, packet)
      if (this.link !== link) return
    }
    if (this.prompt || this.traits.ackDelayMs === 0) this.answers.flush()
    else this.answers.flushLater()
  }

  #decode(bytes: Buffer): ReturnType<typeof readServerPackets> {
    try {
      return readServerPackets(bytes, this.traits.version)
    } catch (error) {
      this.fail('what the broker sends can be decoded', String(error))
    }
  }

  #packet(link: SimConnection, packet: ServerPacket): void {
    switch (packet.type) {
      case PacketType.CONNACK:
        return this.#connack(link, packet)
      case PacketType.PINGRESP:
        this.#pingSentAtMs = -1
        return
      case PacketType.DISCONNECT:
        this.note(`gets DISCONNECT 0x${packet.reason.toString(16)}`)
        return
      default:
        return receivePacket(this, packet)
    }
  }

  #connack(link: SimConnection, packet: ServerPacket): void {
    const { session, traits } = this
    if (packet.reason !== 0) {
      this.note(`is refused: ${packet.reason}`)
      return
    }
    const clean = this.#pendingClean
    this.#pendingClean = false
    this.online = true
    const { receiveMaximum, topicAliasMaximum } = packet.properties
    this.#receiveMaximum = receiveMaximum ?? RECEIVE_MAXIMUM_STANDARD
    this.aliases.maximum = topicAliasMaximum ?? 0
    this.note(`is on by ${link.id}, session present ${packet.sessionPresent}`)
    this.context.facts.tell('connected', this, link, packet)
    const silent = traits.version === ProtocolVersion.V31
    const present = packet.sessionPresent || (silent && !clean)
    if (!present) {
      if (!clean) this.#restartSession()
      return
    }
    if (silent) this.#compareSession()
    for (const publish of session.outbound.values()) this.#resend(publish)
  }

  /** Whether the broker went on with the session; a client of 3.1 is not told. */
  #compareSession(): void {
    const key = this.context.host.sessionKey(this.traits.clientId)
    const before = this.#brokerSession
    this.#brokerSession = key
    if (before === undefined || before === key) return
    this.note('is not told that the broker has forgotten its session')
    for (const { message } of this.session.outbound.values()) message.forgotten = true
  }

  #resend({ packetId, message, wireTopic, released }: ClientPublish): void {
    const { version, forgetsDup } = this.traits
    if (released) {
      this.#packetOut(PacketType.PUBREL, packetId)
      this.#send(ackPacket(version, PacketType.PUBREL, packetId))
      return
    }
    this.note(`publishes #${message.id} again, id ${packetId}`)
    message.resent++
    this.unfinished.add(packetId)
    this.context.facts.tell('resent', message, this)
    const { qos, retain, payload } = message
    this.#packetOut(PacketType.PUBLISH, packetId, qos, !forgetsDup)
    this.#send(publishPacket(version, wireTopic, qos, retain, !forgetsDup, packetId, 0, payload))
  }

  #sendAnswers(answers: readonly Answer[]): void {
    const { version } = this.traits
    const packets = answers.map(([type, packetId]) => {
      this.#packetOut(type, packetId)
      return ackPacket(version, type, packetId)
    })
    this.#send(Buffer.concat(packets))
  }
}
