import type { QoS } from './qos.ts'
import type { TopicEntry } from './router/topic-entry.ts'

/**
 * Small payloads that are kept share slabs, so that keeping one costs a copy and no allocation.
 * A slab lives as long as the last payload in it: small enough that one stray message costs
 * little, large enough that slabs are rare.
 */
const KEEP_SLAB_BYTES = 16_384
const KEPT_BYTES_MAX = 2_048
let keepSlab: Buffer = Buffer.allocUnsafeSlow(KEEP_SLAB_BYTES)
let keepOffset = 0

/**
 * One application message inside a shard, shared by all its receivers.
 *
 * Its bytes are *borrowed* from the read buffer while the publish is routed; whoever keeps the
 * message beyond the current call (queue, in-flight window, retained, delayed) calls `own()` first.
 * Plain fields: this is the hot path.
 */
export class Message {
  readonly topic: TopicEntry
  /** Where the payload lies: `source[payloadStart, payloadEnd)`. No view is made per message. */
  source: Buffer
  payloadStart: number
  payloadEnd: number
  /**
   * Where the body of the PUBLISH it came in starts in `source`, when that may be sent on as it is
   * to clients of the same kind (5, or 3.x) at QoS 0; else -1. It ends with the payload.
   */
  bodyStart: number
  /** The body is of MQTT 5. */
  isBodyV5: boolean
  readonly qos: QoS
  /** Retain flag as published. */
  readonly retain: boolean
  /** MQTT 5 properties to forward: no topic alias, expiry or subscription identifier. */
  properties: Buffer
  /** Wall clock in ms at which the message expires; 0 = never [MQTT-3.3.2-5]. */
  readonly expiresAtMs: number
  /** Client id of the publisher; empty for messages of the broker itself. */
  readonly publisher: string
  readonly receivedAtMs: number
  /** True while payload and properties are views into a buffer of the reader. */
  borrowed: boolean
  /** What is borrowed stays as it is until it has been sent at the end of the tick. */
  lent: boolean
  /** QoS 0 frames already encoded for v3 and for v5 receivers without further properties. */
  frameV3: Buffer | undefined
  frameV5: Buffer | undefined
  /**
   * Key of the publisher's record of a QoS 2 message that is stored by several shards; empty =
   * none. Each of them notes under it which sessions have the message, see `origin.ts`.
   */
  origin: string
  /** What its client's packet identifier stands for, see `origin.ts`; empty = nobody asks. */
  print: string
  /** The message may have been stored before a crash: look who has it. */
  checkOrigin: boolean
  /** Key of the body that this shard stored for several queues; empty = none. */
  bodyKey: string

  constructor(
    topic: TopicEntry,
    payload: Buffer,
    qos: QoS,
    retain: boolean,
    properties: Buffer,
    expiresAtMs: number,
    publisher: string,
    receivedAtMs: number,
    borrowed: boolean,
  ) {
    this.topic = topic
    this.source = payload
    this.payloadStart = 0
    this.payloadEnd = payload.length
    this.bodyStart = -1
    this.isBodyV5 = false
    this.qos = qos
    this.retain = retain
    this.properties = properties
    this.expiresAtMs = expiresAtMs
    this.publisher = publisher
    this.receivedAtMs = receivedAtMs
    this.borrowed = borrowed
    this.lent = false
    this.frameV3 = undefined
    this.frameV5 = undefined
    this.origin = ''
    this.print = ''
    this.checkOrigin = false
    this.bodyKey = ''
  }

  /** The payload as a view; for everything but the hot path. */
  get payload(): Buffer {
    const { source, payloadStart, payloadEnd } = this
    return payloadStart === 0 && payloadEnd === source.length
      ? source
      : source.subarray(payloadStart, payloadEnd)
  }

  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart
  }

  /** Says that the payload is only this part of the buffer given to the constructor. */
  setPayloadRange(start: number, end: number): void {
    this.payloadStart = start
    this.payloadEnd = end
  }

  /** The same message under another topic; the bytes are shared, and borrowed as they were. */
  withTopic(topic: TopicEntry): Message {
    const other = new Message(
      topic,
      this.source,
      this.qos,
      this.retain,
      this.properties,
      this.expiresAtMs,
      this.publisher,
      this.receivedAtMs,
      this.borrowed,
    )
    other.setPayloadRange(this.payloadStart, this.payloadEnd)
    other.print = this.print
    other.checkOrigin = this.checkOrigin
    other.lent = this.lent
    return other
  }

  /** Makes the bytes the message's own. Call before keeping it beyond the current call. */
  own(): void {
    if (!this.borrowed) return
    this.borrowed = false
    this.bodyStart = -1
    this.#ownPayload()
    if (this.properties.length > 0) this.properties = copyBytes(this.properties)
  }

  /** Bytes this message is charged with in queue limits. */
  get sizeBytes(): number {
    return this.topic.bytes.length + this.properties.length + this.payloadLength
  }

  #ownPayload(): void {
    const length = this.payloadLength
    if (length > KEPT_BYTES_MAX) {
      const copy = Buffer.allocUnsafeSlow(length)
      this.source.copy(copy, 0, this.payloadStart, this.payloadEnd)
      this.source = copy
      this.setPayloadRange(0, length)
      return
    }
    if (keepSlab.length - keepOffset < length) {
      keepSlab = Buffer.allocUnsafeSlow(KEEP_SLAB_BYTES)
      keepOffset = 0
    }
    this.source.copy(keepSlab, keepOffset, this.payloadStart, this.payloadEnd)
    this.source = keepSlab
    this.setPayloadRange(keepOffset, keepOffset + length)
    keepOffset += length
  }
}

function copyBytes(source: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(source.length)
  copy.set(source)
  return copy
}
