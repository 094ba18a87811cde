import { encodeAck, type AckType } from '#codec/mqtt/ack.ts'
import { connectVersion } from '#codec/mqtt/connect.ts'
import type { DecodeFailure } from '#codec/mqtt/decode-failure.ts'
import { Frame, FrameStatus, readFrame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { ReasonCode } from '#codec/mqtt/reason-codes.ts'
import type { Block } from '#kernel/block-pool.ts'
import { Timer, type TimerTarget } from '#kernel/timer-wheel.ts'
import { DEFAULT_ZONE, type ListenerSettings } from '../limits.ts'
import { Metric } from '../metrics.ts'
import type { ClientAttributes, Identity, Wire } from '../ports.ts'
import { PickMemory } from '../router/shared-strategy.ts'
import type { TopicEntry } from '../router/topic-entry.ts'
import type { Zone } from '../zones.ts'
import type { RateLimit, SessionContext } from './context.ts'
import { countAck } from './count-ack.ts'
import { FrameAssembler, PROGRESS_BYTES } from './frame-assembler.ts'
import { Outbox } from './outbox.ts'
import { frameRefusal } from './frame-refusal.ts'
import type { CloseCause, Outlet } from './outlet.ts'
import { makeTraffic, type Traffic } from './traffic.ts'
import { AckQueue, type AckSender } from './ack-queue.ts'
import type { AckTarget, PendingAck } from './pending-ack.ts'
import type { Session } from './session.ts'

/** Where a network connection stands. */
export const ConnectionState = {
  /** Waits for CONNECT. */
  IDLE: 0,
  /** CONNECT received; access or another shard is being asked. */
  CONNECTING: 1,
  CONNECTED: 2,
  /** Nothing is read any more; what was written is being sent. */
  CLOSED: 3,
} as const
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState]

/** What the connection tells its shard. */
export interface ConnectionHandler {
  /** One whole packet; `bytes` are valid only during the call unless `owned`. */
  packet(connection: Connection, bytes: Buffer, frame: Frame, owned: boolean): void
  /**
   * The connection ended, by `close` or by the peer; `before` is the state it was in. Called
   * exactly once.
   */
  gone(connection: Connection, cause: CloseCause, before: ConnectionState): void
  /** The transport has room again: deliver what waits in the session's queue. */
  roomy(connection: Connection): void
  /** The connection's timer fired: idle too long before CONNECT or after. */
  timeUp(connection: Connection): void
  /**
   * What the acknowledgement promises could not be made safe. Puts the reason to send into it,
   * or closes the connection where the protocol has no such answer.
   */
  ackFailed(connection: Connection, ack: PendingAck): void
}

/** An enhanced authentication under way; see exchange.ts. */
export interface AuthExchange {
  /** Goes on with the data of an AUTH packet. */
  take(data: Uint8Array): DecodeFailure | undefined
  /** Forgets it. */
  stop(): void
}

/** Bytes held for a parked connection above which its peer is not read. */
const HELD_BYTES_HIGH = 16_384
const NO_ATTRIBUTES: ClientAttributes = Object.freeze({})
/** Topics of one connection that get an alias towards the client. */
const ALIASES_OUT_MAX = 256
/** The packet at hand: whoever is given it has read it before another one can come. */
const frame: Frame = new Frame()

/**
 * One network connection: cuts packets out of the bytes, keeps what MQTT ties to a connection
 * (version, limits, aliases), orders acknowledgements and gathers output. Decisions are made by
 * its handler. Plain fields: hot.
 */
export class Connection implements Outlet, AckTarget, AckSender, TimerTarget {
  readonly context: SessionContext
  readonly handler: ConnectionHandler
  readonly wire: Wire
  readonly listener: ListenerSettings
  /** Whose settings hold for the client. */
  readonly zone: Zone
  readonly outbox: Outbox
  state: ConnectionState
  version: ProtocolVersion
  session: Session | undefined
  identity: Identity | undefined
  /** Who it was when access let it in and began to count it. */
  admitted: Identity | undefined
  rate: RateLimit | undefined
  clientId: string
  cleanStart: boolean
  bridge: boolean
  /** The broker chose the client id. */
  assignedClientId: boolean
  mountpoint: string
  mountpointBytes: number
  keepAliveMs: number
  /** Monotonic time of the last packet from the client, or of good progress in a large one. */
  lastReceivedMs: number
  connectedAtMs: number
  inflightMax: number
  packetBytesMax: number
  problemInformation: boolean
  authenticationMethod: string | undefined
  /** Data that CONNACK brings to the client. */
  authenticationData: Uint8Array | undefined
  exchange: AuthExchange | undefined
  /** Fires when the credentials end; made when they do. */
  credentialTimer: Timer | undefined
  /** What the client is known to be before access has been asked. */
  clientAttributes: ClientAttributes
  /** Session expiry of the CONNECT packet, in ms. */
  expiryMs: number
  /** CONNECT asked for a session that outlives the connection, whatever was granted. */
  askedExpiry: boolean
  /** Incoming aliases by number; made when first used, gone with the connection [MQTT-3.3.2-7]. */
  aliasesIn: Array<TopicEntry | undefined> | undefined
  /** QoS 1 and 2 publishes in that are not yet acknowledged to the client. */
  unackedIn: number
  /** What came and went since it connected, for whoever asks about the client. */
  readonly traffic: Traffic
  /** Unreleased QoS 2 identifiers of earlier connections, undefined when there were none. */
  inheritedRel: Set<number> | undefined
  /** Topic of the last publish in, and whether the one before had it, too. */
  lastTopic: TopicEntry | undefined
  repeatsTopic: boolean
  /** What it remembers of shared subscriptions it published to; made when first used. */
  #pickMemory: PickMemory | undefined
  #heldByAcks: boolean
  congested: boolean
  /** Idle timeout before CONNECT, keep alive after it. */
  readonly timer: Timer
  readonly acks: AckQueue
  /** Made for the first packet that does not come in one read. */
  #assembler: FrameAssembler | undefined
  #aliasesOut: Map<TopicEntry, number> | undefined
  #aliasesOutMax: number
  #parked: number
  /** Bytes that came while parked, in order. */
  #held: Buffer[]
  #heldBytes: number
  #endedBy: CloseCause | undefined
  /** What was held is being consumed. */
  #releasing: boolean
  #draining: boolean
  #dirty: boolean

  constructor(
    context: SessionContext,
    handler: ConnectionHandler,
    wire: Wire,
    listener: ListenerSettings,
  ) {
    this.context = context
    this.handler = handler
    this.wire = wire
    this.listener = listener
    this.zone = context.zones.of(wire.info.zone ?? DEFAULT_ZONE)
    this.outbox = new Outbox(context.slab)
    this.state = ConnectionState.IDLE
    this.version = ProtocolVersion.V311
    this.session = undefined
    this.identity = undefined
    this.admitted = undefined
    this.rate = undefined
    this.clientId = ''
    this.cleanStart = true
    this.bridge = false
    this.assignedClientId = false
    this.mountpoint = ''
    this.mountpointBytes = 0
    this.keepAliveMs = 0
    this.lastReceivedMs = 0
    this.connectedAtMs = 0
    this.inflightMax = 0
    this.traffic = makeTraffic()
    this.packetBytesMax = Number.POSITIVE_INFINITY
    this.problemInformation = true
    this.authenticationMethod = undefined
    this.authenticationData = undefined
    this.exchange = undefined
    this.credentialTimer = undefined
    this.clientAttributes = NO_ATTRIBUTES
    this.expiryMs = 0
    this.askedExpiry = false
    this.aliasesIn = undefined
    this.unackedIn = 0
    this.inheritedRel = undefined
    this.lastTopic = undefined
    this.repeatsTopic = false
    this.#pickMemory = undefined
    this.#heldByAcks = false
    this.congested = false
    this.timer = new Timer(this)
    this.acks = new AckQueue()
    this.#assembler = undefined
    this.#aliasesOut = undefined
    this.#aliasesOutMax = 0
    this.#parked = 0
    this.#held = []
    this.#heldBytes = 0
    this.#endedBy = undefined
    this.#releasing = false
    this.#draining = false
    this.#dirty = false
  }

  /** Bytes from the peer; borrowed during the call. Host only. */
  receive(bytes: Buffer): void {
    if (this.state === ConnectionState.CLOSED) return // [MQTT-3.1.4-6]
    this.context.metrics.increment(Metric.BYTES_RECEIVED, bytes.length)
    this.traffic.bytesIn += bytes.length
    this.traffic.reads++
    if (bytes.length >= PROGRESS_BYTES) this.lastReceivedMs = this.context.monotonicMs
    if (this.rate?.received(bytes.length, this.context.monotonicMs) === false) return
    if (this.#parked > 0) {
      this.#held.push(Buffer.from(bytes))
      this.#heldBytes += bytes.length
      if (this.#heldBytes >= HELD_BYTES_HIGH) this.wire.pause()
      return
    }
    this.context.receivingFrom = this.wire
    this.#consume(bytes, false)
    this.context.receivingFrom = undefined
  }

  /**
   * The peer closed, or the transport failed. What it sent before counts: a connection that is
   * parked ends when that has been decided. Host only, at most once.
   */
  ended(error?: string): void {
    if (this.state === ConnectionState.CLOSED) return
    const cause = {
      reason: ReasonCode.UNSPECIFIED_ERROR,
      code: error === undefined ? 'tcp_closed' : 'tcp_error',
      text: error ?? 'The peer closed the connection without DISCONNECT.',
      peerGone: true,
    }
    if (this.#parked > 0) this.#endedBy = cause
    else this.#gone(cause)
  }

  /** The transport has sent all it held. Host only. */
  drained(): void {
    if (this.state === ConnectionState.CLOSED || !this.congested) return
    this.congested = false
    this.handler.roomy(this)
  }

  /**
   * Stops taking packets until `unpark` was called as often: what follows waits for a decision.
   * The peer is still read until `HELD_BYTES_HIGH` are held: when it closes without having read
   * its answers, the system throws away what it sent and nobody has read.
   */
  park(): void {
    this.#parked++
  }

  unpark(): void {
    if (--this.#parked > 0 || this.state === ConnectionState.CLOSED) return
    this.lastReceivedMs = this.context.monotonicMs // What came meanwhile is only read now.
    // Parked and let go again by a packet of the loop below, which goes on by itself.
    if (this.#releasing) return
    this.#releasing = true
    while (this.#held.length > 0 && this.#parked === 0 && !this.#isClosed()) {
      this.#consume(this.#held.shift()!, true) // Not empty: the loop's condition.
    }
    this.#releasing = false
    if (this.#held.length === 0) this.#heldBytes = 0
    if (this.#parked > 0 || this.#isClosed()) return
    if (this.#endedBy === undefined) this.wire.resume()
    else this.#gone(this.#endedBy)
  }

  get parked(): boolean {
    return this.#parked > 0
  }

  timerFired(): void {
    if (this.state !== ConnectionState.CLOSED) this.handler.timeUp(this)
  }

  /**
   * Aliases the client allows towards it; 0 = none [MQTT-3.1.2-26] [MQTT-3.1.2-27]
   * [MQTT-3.3.2-11].
   */
  setAliasesOutMax(clientMax: number): void {
    this.#aliasesOutMax = Math.min(clientMax, ALIASES_OUT_MAX)
  }

  aliasFor(topic: TopicEntry): number {
    if (this.#aliasesOutMax === 0) return 0
    this.#aliasesOut ??= new Map()
    const known = this.#aliasesOut.get(topic)
    if (known !== undefined) return known
    // First come: an alias that is taken back and given anew would cost what it saves.
    if (this.#aliasesOut.size >= this.#aliasesOutMax) return 0
    const alias = this.#aliasesOut.size + 1
    this.#aliasesOut.set(topic, alias)
    return -alias
  }

  hasAliasFor(topic: TopicEntry): boolean {
    if (this.#aliasesOutMax === 0) return false
    const aliases = this.#aliasesOut
    return aliases === undefined || aliases.size < this.#aliasesOutMax || aliases.has(topic)
  }

  withdrawAlias(topic: TopicEntry): void {
    this.#aliasesOut?.delete(topic)
  }

  markDirty(): void {
    if (this.#dirty) return
    this.#dirty = true
    this.context.markDirty(this)
  }

  /** Writes what the tick gathered, at its end or when the connection closes. */
  flush(): void {
    this.#dirty = false
    const { outbox, wire } = this
    const bytes = outbox.length
    if (bytes === 0) return outbox.clear()
    const single = outbox.takeSingle()
    const done = wire.write(single === undefined ? outbox.take() : [single], bytes)
    this.context.metrics.increment(Metric.BYTES_SENT, bytes)
    this.traffic.bytesOut += bytes
    this.traffic.writes++
    if (done) return
    this.context.slab.held = true
    this.#checkCongestion()
  }

  /**
   * Sends an acknowledgement now, when nothing is before it and nothing is awaited; `queueAck` is
   * for the others. No send window holds it up [MQTT-4.9.0-3]. Hot.
   */
  sendAck(type: AckType, packetId: number, reason: number): void {
    encodeAck(this.outbox, type, this.version, packetId, reason)
    this.traffic.controlOut++
    countAck(this.context.metrics, type, reason)
    this.markDirty()
  }

  drainAcks(): void {
    if (this.state === ConnectionState.CLOSED || this.#draining) return
    this.#draining = true
    if (this.acks.drain(this)) this.markDirty()
    this.#draining = false
    if (this.#heldByAcks && this.acks.count * 2 < this.zone.mqtt.pendingAcksMax) {
      this.#heldByAcks = false
      this.unpark()
    }
  }

  sendPending(ack: PendingAck): boolean {
    if (ack.failure !== undefined || ack.lost !== undefined) {
      this.handler.ackFailed(this, ack)
      if (this.#isClosed()) return false
    }
    if (ack.type === 0) {
      if (ack.frame !== undefined) this.outbox.appendCopy(ack.frame)
    } else {
      encodeAck(this.outbox, ack.type, this.version, ack.packetId, ack.reason)
      this.traffic.controlOut++
      countAck(this.context.metrics, ack.type, ack.reason)
    }
    if (ack.publish) this.unackedIn--
    ack.onSent?.()
    return !this.#isClosed()
  }

  /** Too many publishes wait for their acknowledgement: takes no packets until half are gone. */
  holdUntilAcked(): void {
    if (this.#heldByAcks) return
    this.#heldByAcks = true
    this.park()
    this.wire.pause()
  }

  /** What this publisher remembers of shared subscriptions. */
  get pickMemory(): PickMemory {
    return (this.#pickMemory ??= new PickMemory(this.clientId))
  }

  close(cause: CloseCause): void {
    if (this.state !== ConnectionState.CLOSED) this.#gone(cause)
  }

  #consume(bytes: Buffer, owned: boolean): void {
    let offset = 0
    const assembler = this.#assembler
    if (assembler?.busy === true) {
      offset = assembler.fill(bytes, this.zone.mqtt.packetBytesMax)
      const { block } = assembler
      const whole = assembler.takeWhole()
      if (whole !== undefined) this.#consumeWhole(whole, block)
      if (this.#isClosed() || offset === bytes.length) return
      if (this.#parked > 0) {
        this.#held.unshift(Buffer.from(bytes.subarray(offset)))
        return
      }
    }
    this.#packets(bytes, offset, owned)
  }

  /** A packet that came in several reads; `block` is the memory it lies in, if not its own. */
  #consumeWhole(bytes: Buffer, block: Block | undefined): void {
    if (block === undefined) {
      this.#consume(bytes, true)
      return
    }
    const { context } = this
    const source = context.receivingFrom
    context.receivingFrom = block
    this.#consume(bytes, false)
    context.receivingFrom = source
    context.packetBlocks.giveBack(block)
  }

  /** Hands over all whole packets from `offset` and keeps the rest. Hot. */
  #packets(bytes: Buffer, from: number, owned: boolean): void {
    const { metrics } = this.context
    const { packetBytesMax } = this.zone.mqtt
    const end = bytes.length
    let offset = from
    while (offset < end) {
      const known = this.state === ConnectionState.IDLE ? 0 : this.version
      const status = readFrame(bytes, offset, end, packetBytesMax, frame, known)
      if (status !== FrameStatus.OK) {
        if (status === FrameStatus.INCOMPLETE) this.#assemble(bytes, offset)
        else this.#refuseFrame(status, bytes)
        return
      }
      offset = frame.bodyEnd
      this.lastReceivedMs = this.context.monotonicMs
      metrics.values[Metric.PACKETS_RECEIVED]!++ // The index comes from the table.
      this.traffic.packetsIn++
      this.handler.packet(this, bytes, frame, owned)
      if (this.#isClosed()) return
      if (this.#parked > 0) {
        if (offset < end) this.#held.unshift(Buffer.from(bytes.subarray(offset)))
        return
      }
    }
  }

  #assemble(bytes: Buffer, offset: number): void {
    this.#assembler ??= new FrameAssembler(this.context.packetBlocks)
    this.#assembler.start(bytes, offset)
  }

  #refuseFrame(status: FrameStatus, bytes: Buffer): void {
    const { packetBytesMax } = this.zone.mqtt
    if (this.state === ConnectionState.IDLE && frame.type === PacketType.CONNECT) {
      // A client of MQTT 5 can be told why, if so much of its CONNECT is there.
      const end = Math.min(frame.bodyEnd, bytes.length)
      const isV5 = connectVersion(bytes, frame.bodyStart, end) === ProtocolVersion.V5
      if (isV5) this.version = ProtocolVersion.V5
      if (isV5) this.state = ConnectionState.CONNECTING
    }
    this.close(frameRefusal(status, frame, packetBytesMax))
  }

  #checkCongestion(): void {
    const { mqtt } = this.zone
    const waiting = this.wire.bufferedBytes
    if (waiting > mqtt.outboxBytesHigh) this.congested = true
    if (waiting > mqtt.outboxBytesMax) {
      this.close({
        reason: ReasonCode.QUOTA_EXCEEDED,
        code: 'reader_too_slow',
        text: 'The client reads too slowly: too many bytes are waiting for it.',
        peerGone: true,
      })
    }
  }

  #isClosed(): boolean {
    return this.state === ConnectionState.CLOSED
  }

  #gone(cause: CloseCause): void {
    const before = this.state
    this.state = ConnectionState.CLOSED
    this.handler.gone(this, cause, before)
    this.acks.clear()
    this.#held = []
    this.#assembler?.clear()
  }
}
