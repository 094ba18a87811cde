import type { AckType } from '#codec/mqtt/ack.ts'
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
import { Outcome } from './sim-message.ts'
import type { MessageBook, SimMessage } from './sim-message.ts'
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
/** Requests without an answer; fewer than the packet identifiers kept for them. */
const OPERATIONS_MAX = 8

interface Operation {
  readonly kind: 'subscribe' | 'unsubscribe'
  readonly subscriptions: readonly ClientSubscription[]
  readonly qos: readonly (0 | 1 | 2)[]
}

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
  readonly #answers: [type: AckType, packetId: number][]
  #answering: boolean
  #heldBack: boolean
  readonly #operations: Map<number, Operation>
  readonly #aliasesIn: Map<number, string>
  readonly #aliasesOut: Map<string, number>
  /** QoS 1 and 2 messages sent on this connection and not completed. */
  readonly #unfinished: Set<number>
  #receiveMaximum: number
  #aliasMaximum: number
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
    this.#answers = []
    this.#answering = false
    this.#heldBack = false
    this.#operations = new Map()
    this.#aliasesIn = new Map()
    this.#aliasesOut = new Map()
    this.#unfinished = new Set()
    this.#receiveMaximum = RECEIVE_MAXIMUM_STANDARD
    this.#aliasMaximum = 0
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
      this.#operations.size === 0 &&
      this.#answers.length === 0
    )
  }

  /** What it waits for. */
  get status(): string {
    const { outbound, inbound } = this.session
    const open = `out ${[...outbound.keys()].join(',')} in ${[...inbound.keys()].join(',')}`
    const state = this.online ? 'on' : 'off'
    return `${this.name} ${state} ${open} operations ${this.#operations.size}`
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
    this.#send(connectPacket(traits, clean, expirySeconds, undefined))
    if (traits.eager && clean) this.onEager?.()
    schedule.after(CONNACK_WAIT_MS, () => {
      if (this.link === link && !this.online) this.drop('abort', 'no CONNACK')
    })
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
    this.#flushAnswers()
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
    return !v5 || this.#unfinished.size < this.#receiveMaximum
  }

  /** True when one more SUBSCRIBE or UNSUBSCRIBE may be sent: each needs a packet identifier. */
  get mayAsk(): boolean {
    return this.#operations.size < OPERATIONS_MAX
  }

  publish(message: SimMessage, wireTopic: string): void {
    const { session, traits } = this
    const { qos, payload, retain } = message
    message.sentAtMs = this.context.schedule.nowMs
    let packetId = 0
    if (qos > 0) {
      packetId = this.#takePacketId()
      session.outbound.set(packetId, { packetId, message, wireTopic, released: false })
      this.#unfinished.add(packetId)
    }
    this.note(
      `publishes #${message.id} to ${wireTopic} QoS ${qos} id ${packetId}` +
        (retain ? ' retain' : ''),
    )
    this.context.facts.tell('sent', message, this)
    this.#packetOut(PacketType.PUBLISH, packetId, qos, false)
    const [topic, alias] = this.#aliasFor(wireTopic)
    this.#send(publishPacket(traits.version, topic, qos, retain, false, packetId, alias, payload))
  }

  subscribe(wanted: readonly { filter: string; qos: 0 | 1 | 2 }[]): void {
    const { session, traits } = this
    const packetId = this.#takePacketId()
    const subscriptions = wanted.map(({ filter, qos }) => this.#wish(filter, qos))
    this.#operations.set(packetId, {
      kind: 'subscribe',
      subscriptions,
      qos: wanted.map(({ qos }) => qos),
    })
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
    this.#operations.set(packetId, { kind: 'unsubscribe', subscriptions, qos: [] })
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
    const busy = new Set(
      [...this.#operations.values()].flatMap(({ subscriptions }) =>
        subscriptions.map(({ filter }) => filter),
      ),
    )
    return [...this.session.subscriptions.keys()].filter((filter) => !busy.has(filter))
  }

  /** True when a SUBSCRIBE or UNSUBSCRIBE for the filter waits for its answer. */
  isBusy(filter: string): boolean {
    return [...this.#operations.values()].some(({ subscriptions }) =>
      subscriptions.some((subscription) => subscription.filter === filter),
    )
  }

  /** Keeps its acknowledgements to itself, or sends them again. */
  holdBack(held: boolean): void {
    this.#heldBack = held
    if (!held) this.#flushAnswers()
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
    return this.session.takePacketId(new Set(this.#operations.keys()), this.traits.packetIdMax)
  }

  #aliasFor(topic: string): [topic: string, alias: number] {
    if (this.#aliasMaximum === 0) return [topic, 0]
    const known = this.#aliasesOut.get(topic)
    if (known !== undefined) return this.prng.chance(0.7) ? ['', known] : [topic, 0]
    const alias = this.prng.between(1, Math.min(5, this.#aliasMaximum))
    for (const [before, number] of this.#aliasesOut) {
      if (number === alias) this.#aliasesOut.delete(before)
    }
    this.#aliasesOut.set(topic, alias)
    return [topic, alias]
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
    this.#answers.length = 0
    this.#operations.clear()
    this.#aliasesIn.clear()
    this.#aliasesOut.clear()
    this.#unfinished.clear()
    this.#receiveMaximum = RECEIVE_MAXIMUM_STANDARD
    this.#aliasMaximum = 0
    this.#pingSentAtMs = -1
    this.#heldBack = false
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
    if (this.prompt || this.traits.ackDelayMs === 0) this.#flushAnswers()
    else this.#answerLater(link)
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
      case PacketType.PUBLISH:
        return this.#publish(packet)
      case PacketType.PUBACK:
      case PacketType.PUBREC:
        return this.#answered(packet)
      case PacketType.PUBREL:
        this.session.inbound.delete(packet.packetId)
        return this.#answer(PacketType.PUBCOMP, packet.packetId)
      case PacketType.PUBCOMP:
        this.session.outbound.delete(packet.packetId)
        this.#unfinished.delete(packet.packetId)
        return
      case PacketType.SUBACK:
      case PacketType.UNSUBACK:
        return this.#operationDone(packet)
      case PacketType.PINGRESP:
        this.#pingSentAtMs = -1
        return
      case PacketType.DISCONNECT:
        this.note(`gets DISCONNECT 0x${packet.reason.toString(16)}`)
        return
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
    this.#aliasMaximum = topicAliasMaximum ?? 0
    this.note(`is on by ${link.id}, session present ${packet.sessionPresent}`)
    this.context.facts.tell('connected', this, link, packet)
    const silent = traits.version === ProtocolVersion.V31
    const present = packet.sessionPresent || (silent && !clean)
    if (!present) {
      if (!clean) this.#restartSession()
      return
    }
    for (const publish of session.outbound.values()) this.#resend(publish)
  }

  #resend({ packetId, message, wireTopic, released }: ClientPublish): void {
    const { version } = this.traits
    if (released) {
      this.#packetOut(PacketType.PUBREL, packetId)
      this.#send(ackPacket(version, PacketType.PUBREL, packetId))
      return
    }
    this.note(`publishes #${message.id} again, id ${packetId}`)
    message.resent++
    this.#unfinished.add(packetId)
    this.context.facts.tell('resent', message, this)
    const { qos, retain, payload } = message
    this.#packetOut(PacketType.PUBLISH, packetId, qos, true)
    this.#send(publishPacket(version, wireTopic, qos, retain, true, packetId, 0, payload))
  }

  #publish(packet: ServerPacket): void {
    const { session, context } = this
    const { packetId, qos, dup, retain } = packet
    const topic = this.#topicOf(packet)
    const message = packet.bytes.length === 0 ? undefined : context.book.find(packet.bytes)
    const first = qos !== 2 || !session.inbound.has(packetId)
    const text = message === undefined ? 'empty' : `#${message.id}`
    this.note(
      `gets ${text} ${topic} QoS ${qos} id ${packetId}${dup ? ' dup' : ''}` +
        `${retain ? ' retain' : ''}${first ? '' : ' known'}`,
    )
    if (packet.bytes.length > 0 && message?.payload.equals(packet.bytes) !== true) {
      this.fail(
        'messages arrive as they were published',
        `a payload of ${topic} is not of any message`,
      )
    }
    if (message !== undefined && message.topic !== topic) {
      this.fail('messages arrive as they were published', `#${message.id} came as ${topic}`)
    }
    if (qos === 2) {
      if (!first && !this.traits.twin && session.inbound.get(packetId) !== message) {
        this.fail('packet identifiers are used again only when free', `${packetId} is not released`)
      }
      session.inbound.set(packetId, message)
    }
    if (message !== undefined) {
      context.facts.tell('arrived', message, this, { qos, retain, dup, packetId, first })
    }
    if (qos > 0) this.#answer(qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, packetId)
  }

  #topicOf(packet: ServerPacket): string {
    const alias = packet.properties.topicAlias
    if (alias === undefined) return packet.topic
    if (packet.topic !== '') {
      this.#aliasesIn.set(alias, packet.topic)
      return packet.topic
    }
    const known = this.#aliasesIn.get(alias)
    if (known === undefined) this.fail('protocol sanity', `topic alias ${alias} is not known`)
    return known
  }

  /** PUBACK or PUBREC. */
  #answered({ type, packetId, reason }: ServerPacket): void {
    const { session, context } = this
    const publish = session.outbound.get(packetId)
    if (publish === undefined) return
    const { message } = publish
    if (reason >= 0x80) {
      this.note(`#${message.id} is refused: 0x${reason.toString(16)}`)
      if (message.outcome === Outcome.OPEN) message.outcome = Outcome.REFUSED
      session.outbound.delete(packetId)
      this.#unfinished.delete(packetId)
      return
    }
    if (message.outcome === Outcome.OPEN) {
      message.outcome = Outcome.ACKNOWLEDGED
      this.note(`#${message.id} is acknowledged`)
      context.facts.tell('acknowledged', message, this)
    }
    if (type === PacketType.PUBACK) {
      session.outbound.delete(packetId)
      this.#unfinished.delete(packetId)
    } else {
      publish.released = true
      this.#answer(PacketType.PUBREL, packetId)
    }
  }

  #operationDone({ type, packetId, reasons }: ServerPacket): void {
    const operation = this.#operations.get(packetId)
    this.#operations.delete(packetId)
    if (operation === undefined) return
    const { facts } = this.context
    for (const [index, subscription] of operation.subscriptions.entries()) {
      if (type === PacketType.UNSUBACK) {
        if ((reasons[index] ?? 0) >= 0x80) continue
        this.session.subscriptions.delete(subscription.filter)
        facts.tell('unsubscribed', this, subscription)
        continue
      }
      const reason = reasons[index] ?? 0x80
      this.note(`has ${subscription.filter}: ${reason}`)
      if (reason >= 0x80) continue // What it had before, if anything, stays.
      subscription.qos = reason as 0 | 1 | 2
      subscription.certain = true
      facts.tell('subscribed', this, subscription)
    }
  }

  #answer(type: AckType, packetId: number): void {
    this.#answers.push([type, packetId])
  }

  #answerLater(link: SimConnection): void {
    if (this.#answering || this.#answers.length === 0) return
    this.#answering = true
    this.context.schedule.after(this.prng.exponential(this.traits.ackDelayMs), () => {
      this.#answering = false
      if (this.link === link) this.#flushAnswers()
      else if (this.link !== undefined) this.#answerLater(this.link)
    })
  }

  #flushAnswers(): void {
    if (this.#heldBack || this.#answers.length === 0) return
    const { version } = this.traits
    const packets = this.#answers.splice(0).map(([type, packetId]) => {
      this.#packetOut(type, packetId)
      return ackPacket(version, type, packetId)
    })
    this.#send(Buffer.concat(packets))
  }
}
