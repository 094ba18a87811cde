import { type AckType, decodeAck, encodeAck } from '#codec/mqtt/ack.ts'
import type { ConnackPacket } from '#codec/mqtt/connack.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { encodePublish, publishFirstByte } from '#codec/mqtt/publish.ts'
import { ByteWriter } from '#kernel/byte-writer.ts'
import { bucketOf } from '../histogram.ts'
import { BenchClient, ClientState } from './bench-client.ts'
import type { LoadContext } from './load-context.ts'
import { MARK_BYTES, putMarkStart, putSequence, putTime } from './mark.ts'
import { reasonName } from './reason-name.ts'
import { Counter } from './shared-state.ts'
import type { TopicSource } from './topic-source.ts'

const NO_BYTES = Buffer.alloc(0)
const WRITE_BYTES_MAX = 262_144
/** Payloads from this size on are not copied for each message. */
const LARGE_BYTES_MIN = 4096
const PACKET_ID_MAX = 65_535
/** First reason code that says no. */
const REFUSALS = 0x80

/** What waits in a slot of the in-flight window. */
const Slot = { FREE: 0, PUBLISHED: 1, RELEASED: 2 } as const

/** A client that publishes. Plain fields: every message passes here. */
export class Publisher extends BenchClient {
  readonly topics: TopicSource
  readonly qos: 0 | 1 | 2
  /** Number of the next message. */
  sequence: number
  /** Messages it may still send. */
  remaining: number
  inflight: number
  inflightMax: number
  payload: Buffer
  readonly #first: number
  /** A packet when all messages have the same topic; of a large one the part with the mark. */
  #template: Buffer
  /** What follows the template in a large packet. */
  #tail: Buffer
  #packetIdAt: number
  #markAt: number
  #nextPacketId: number
  /** The window: slots by the lower bits of the packet identifier. */
  readonly #slotMask: number
  readonly #slotState: Uint8Array
  readonly #slotId: Uint16Array
  readonly #slotTime: Uint32Array

  constructor(context: LoadContext, number: number, clientId: string, topics: TopicSource) {
    super(context, number, clientId)
    const { qos, retain, payloadBytes, inflight } = context.plan
    this.topics = topics
    this.qos = qos
    this.sequence = 0
    this.remaining = 0
    this.inflight = 0
    this.inflightMax = inflight
    this.payload = makePayload(context.tag, number, payloadBytes)
    this.#first = publishFirstByte(qos, retain, false)
    this.#template = NO_BYTES
    this.#tail = NO_BYTES
    this.#packetIdAt = 0
    this.#markAt = -1
    this.#nextPacketId = 1
    const slots = qos === 0 ? 1 : 2 ** Math.ceil(Math.log2(inflight))
    this.#slotMask = slots - 1
    this.#slotState = new Uint8Array(slots)
    this.#slotId = new Uint16Array(slots)
    this.#slotTime = new Uint32Array(slots)
    if (topics.fixed) this.#makeTemplate()
  }

  /** Replaces the payload of all further messages; without a mark they cannot be traced. */
  usePayload(payload: Buffer): void {
    this.payload = payload
    if (this.topics.fixed) this.#makeTemplate()
  }

  /** Writes up to `count` messages at once and returns how many it wrote. Hot path. */
  burst(count: number): number {
    if (this.state !== ClientState.READY || this.blocked) return 0
    const n = this.#roomFor(Math.min(count, this.remaining))
    if (n === 0) return 0
    const { context } = this
    const now = context.clock.read()
    context.count(Counter.SENT, n)
    context.count(Counter.EXPECTED, n * context.plan.copies)
    if (this.#template.length === 0) this.#putEach(n, now)
    else if (this.#tail.length === 0) this.#putCopies(this.#template, n, now)
    else this.#sendLarge(n, now)
    this.sequence += n
    this.remaining -= n
    this.flush()
    return n
  }

  protected override accepted(connack: ConnackPacket): void {
    const { receiveMaximum, maximumQos } = connack.properties
    if (maximumQos !== undefined && maximumQos < this.qos) {
      return this.fail(`the broker allows no more than QoS ${maximumQos}`)
    }
    this.inflightMax = Math.min(this.inflightMax, receiveMaximum ?? this.inflightMax)
    this.becomeReady()
  }

  protected override packet(bytes: Buffer, frame: Frame): void {
    switch (frame.type) {
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBCOMP:
        return this.#acked(bytes, frame.type, frame)
      default:
        this.fail(`the broker sent a publisher a packet of type ${frame.type}`)
    }
  }

  protected override left(): void {
    this.context.count(Counter.PUBLISHERS_GONE, 1)
  }

  #roomFor(wanted: number): number {
    const { qos, payload } = this
    const perWrite = Math.max(1, Math.floor(WRITE_BYTES_MAX / (payload.length + MARK_BYTES)))
    let room = Math.min(wanted, perWrite)
    if (qos === 0) return room
    room = Math.min(room, this.inflightMax - this.inflight)
    let id = this.#nextPacketId
    for (let n = 0; n < room; n++) {
      // A slot that an earlier message still holds keeps later ones waiting.
      if (this.#slotState[id & this.#slotMask] !== Slot.FREE) return n
      id = id === PACKET_ID_MAX ? 1 : id + 1
    }
    return room
  }

  /** The parts that differ go into the slab; all messages share the rest of the payload. */
  #sendLarge(n: number, now: number): void {
    const { slab } = this.context
    const headLength = this.#template.length
    this.#putCopies(this.#template, n, now)
    const chunks: Buffer[] = []
    for (let at = slab.start; at < slab.offset; at += headLength) {
      chunks.push(slab.bytes.subarray(at, at + headLength), this.#tail)
    }
    this.send(chunks, n * (headLength + this.#tail.length))
  }

  /** The same bytes `n` times, then what differs: sequence number and packet identifier. */
  #putCopies(template: Buffer, n: number, now: number): void {
    const { slab } = this.context
    const length = template.length
    const total = n * length
    const markAt = this.#markAt
    if (markAt >= 0) putTime(template, markAt, now)
    slab.ensure(total)
    const { bytes, offset: start } = slab
    bytes.set(template, start)
    for (let filled = length; filled < total; filled *= 2) {
      bytes.copyWithin(start + filled, start, start + Math.min(filled, total - filled))
    }
    slab.offset = start + total
    for (let at = start, sequence = this.sequence; at < start + total; at += length, sequence++) {
      if (markAt >= 0) this.#putNumber(bytes, at + markAt, sequence)
      if (this.qos > 0) {
        const id = this.#takePacketId(now)
        bytes[at + this.#packetIdAt] = id >>> 8
        bytes[at + this.#packetIdAt + 1] = id
      }
    }
  }

  #putEach(n: number, now: number): void {
    const { slab, version } = this.context
    const { payload, topics, qos } = this
    const isMarked = payload.length >= MARK_BYTES
    if (isMarked) putTime(payload, 0, now)
    for (let k = 0; k < n; k++) {
      const sequence = this.sequence + k
      if (isMarked) this.#putNumber(payload, 0, sequence)
      const id = qos === 0 ? 0 : this.#takePacketId(now)
      const topic = topics.topicOf(this.number, sequence)
      encodePublish(slab, version, this.#first, topic, id, NO_BYTES, -1, 0, undefined, payload)
    }
  }

  #putNumber(bytes: Buffer, markAt: number, sequence: number): void {
    putSequence(bytes, markAt, sequence)
    this.context.once?.sending(this.number, sequence)
  }

  #takePacketId(now: number): number {
    const id = this.#nextPacketId
    const slot = id & this.#slotMask
    this.#slotState[slot] = Slot.PUBLISHED
    this.#slotId[slot] = id
    this.#slotTime[slot] = now
    this.inflight++
    this.#nextPacketId = id === PACKET_ID_MAX ? 1 : id + 1
    return id
  }

  #acked(bytes: Buffer, type: AckType, frame: Frame): void {
    const { context } = this
    const { ackView: view, version, slab } = context
    const failure = decodeAck(bytes, type, frame.bodyStart, frame.bodyEnd, version, view)
    if (failure !== undefined) return this.fail(`broken acknowledgement: ${failure.detail}`)
    const slot = view.packetId & this.#slotMask
    const wanted = type === PacketType.PUBCOMP ? Slot.RELEASED : Slot.PUBLISHED
    const isKnown = this.#slotId[slot] === view.packetId && this.#slotState[slot] === wanted
    if (!isKnown) return context.problem('acknowledgement of a message that was not under way')
    const isRefused = view.reason >= REFUSALS
    if (type === PacketType.PUBREC && !isRefused) {
      this.#slotState[slot] = Slot.RELEASED
      encodeAck(slab, PacketType.PUBREL, version, view.packetId, 0)
      return
    }
    this.#slotState[slot] = Slot.FREE
    this.inflight--
    if (isRefused) {
      context.count(Counter.REFUSED, 1)
      return context.problem(`message refused: ${reasonName(view.reason)}`)
    }
    context.count(Counter.ACKED, 1)
    if (!context.measuring) return
    context.ackTimes[bucketOf((context.clock.units - this.#slotTime[slot]!) >>> 0)]! += 1
  }

  #makeTemplate(): void {
    const { version } = this.context
    const topic = this.topics.topicOf(this.number, 0)
    const writer = new ByteWriter(topic.length + this.payload.length + MARK_BYTES)
    encodePublish(writer, version, this.#first, topic, 0, NO_BYTES, -1, 0, undefined, this.payload)
    const packet = Buffer.from(writer.bytes.subarray(0, writer.offset))
    const payloadAt = packet.length - this.payload.length
    this.#markAt = this.payload.length >= MARK_BYTES ? payloadAt : -1
    this.#packetIdAt = packet.indexOf(topic) + topic.length
    const isLarge = this.payload.length >= LARGE_BYTES_MIN
    const cutAt = isLarge ? payloadAt + MARK_BYTES : packet.length
    this.#template = packet.subarray(0, cutAt)
    this.#tail = packet.subarray(cutAt)
  }
}

function makePayload(tag: number, publisher: number, length: number): Buffer {
  const payload = Buffer.alloc(length, 'x')
  if (length >= MARK_BYTES) putMarkStart(payload, 0, tag, publisher)
  return payload
}
