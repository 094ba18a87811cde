import { decodeAck, encodeAck } from '#codec/mqtt/ack.ts'
import { isFailure } from '#codec/mqtt/decode-failure.ts'
import type { Frame } from '#codec/mqtt/frame.ts'
import { PacketType } from '#codec/mqtt/packet-type.ts'
import { decodePublish } from '#codec/mqtt/publish.ts'
import { decodeSuback } from '#codec/mqtt/suback.ts'
import { encodeSubscribe } from '#codec/mqtt/subscribe.ts'
import { bucketOf } from '../histogram.ts'
import { BenchMode, Tracking } from '../plan.ts'
import { BenchClient } from './bench-client.ts'
import type { LoadContext } from './load-context.ts'
import { isRunTag, Mark, MARK_BYTES } from './mark.ts'
import { reasonName } from './reason-name.ts'
import { Counter } from './shared-state.ts'
import { Arrival, type OrderTracker } from './track-order.ts'

/** Filters in one SUBSCRIBE. */
const FILTERS_EACH_MAX = 100
const REFUSED = 0x80

/** Which streams of an `OrderTracker` belong to a subscriber. */
export interface Streams {
  readonly tracker: OrderTracker
  readonly first: number
  /** The only publisher that it hears; -1: it hears all. */
  readonly publisher: number
}

/** A large message whose end is still on its way. */
interface Pending {
  readonly mark: Mark
  hasMark: boolean
  qos: number
  packetId: number
}

/** A client that subscribes and takes note of what comes. Plain fields: every message passes. */
export class Subscriber extends BenchClient {
  readonly filters: readonly string[]
  readonly streams: Streams | undefined
  /** False: `subscribe` is called later. */
  readonly subscribesAtOnce: boolean
  #filtersSent: number
  #isFirstMissing: boolean
  #subscribedUnits: number
  #pending: Pending | undefined

  constructor(
    context: LoadContext,
    number: number,
    clientId: string,
    filters: readonly string[],
    streams: Streams | undefined,
  ) {
    super(context, number, clientId)
    this.filters = filters
    this.streams = streams
    this.subscribesAtOnce = context.plan.mode !== BenchMode.RETAINED
    this.#filtersSent = 0
    this.#isFirstMissing = true
    this.#subscribedUnits = 0
    this.#pending = undefined
  }

  /** Sends SUBSCRIBE; more of them follow when there are many filters. */
  subscribe(): void {
    const { slab, version, plan, clock } = this.context
    const next = this.filters.slice(this.#filtersSent, this.#filtersSent + FILTERS_EACH_MAX)
    this.#filtersSent += next.length
    encodeSubscribe(slab, version, {
      packetId: 1,
      userProperties: [],
      filters: next.map((filter) => ({
        filter,
        qos: plan.qos,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      })),
    })
    this.#subscribedUnits = clock.read()
    this.flush()
  }

  protected override accepted(): void {
    if (this.subscribesAtOnce && this.filters.length > 0) this.subscribe()
    else this.becomeReady()
  }

  protected override packet(bytes: Buffer, frame: Frame): void {
    switch (frame.type) {
      case PacketType.PUBLISH:
        return this.#publish(bytes, frame)
      case PacketType.PUBREL:
        return this.#release(bytes, frame)
      case PacketType.SUBACK:
        return this.#suback(bytes, frame)
      default:
        this.fail(`the broker sent a subscriber a packet of type ${frame.type}`)
    }
  }

  protected override takeLarge(bytes: Buffer, frame: Frame, end: number): boolean {
    if (frame.type !== PacketType.PUBLISH) return false
    const { publishView: view, version } = this.context
    // Reads only what is in front of the payload; whether that is here is checked afterwards.
    const { flags, bodyStart, bodyEnd } = frame
    if (decodePublish(bytes, flags, bodyStart, bodyEnd, version, view) !== undefined) return false
    if (view.payloadStart + MARK_BYTES > end) return false
    const pending = (this.#pending ??= { mark: new Mark(), hasMark: false, qos: 0, packetId: 0 })
    pending.hasMark = view.payloadEnd - view.payloadStart >= MARK_BYTES
    if (pending.hasMark) pending.mark.read(bytes, view.payloadStart)
    pending.qos = view.qos
    pending.packetId = view.packetId
    this.skipBytes = bodyEnd - end
    return true
  }

  protected override largeEnded(): void {
    const { mark, hasMark, qos, packetId } = this.#pending! // `takeLarge` has set it.
    this.#acknowledge(qos, packetId)
    this.#note(hasMark ? mark : undefined)
  }

  #publish(bytes: Buffer, frame: Frame): void {
    const { publishView: view, version, mark } = this.context
    const { flags, bodyStart, bodyEnd } = frame
    const failure = decodePublish(bytes, flags, bodyStart, bodyEnd, version, view)
    if (failure !== undefined) return this.fail(`broken PUBLISH: ${failure.detail}`)
    this.#acknowledge(view.qos, view.packetId)
    if (view.payloadEnd - view.payloadStart < MARK_BYTES) return this.#note(undefined)
    mark.read(bytes, view.payloadStart)
    this.#note(mark)
  }

  #release(bytes: Buffer, frame: Frame): void {
    const { ackView, version, slab } = this.context
    const { bodyStart, bodyEnd } = frame
    const failure = decodeAck(bytes, PacketType.PUBREL, bodyStart, bodyEnd, version, ackView)
    if (failure !== undefined) return this.fail(`broken PUBREL: ${failure.detail}`)
    encodeAck(slab, PacketType.PUBCOMP, version, ackView.packetId, 0)
  }

  #acknowledge(qos: number, packetId: number): void {
    if (qos === 0) return
    const { slab, version } = this.context
    encodeAck(slab, qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, version, packetId, 0)
  }

  /** Counts a message; undefined: it has no mark. */
  #note(mark: Mark | undefined): void {
    const { context } = this
    if (this.#isFirstMissing) this.#noteFirst()
    if (!this.#isExpected(mark)) return context.count(Counter.FOREIGN, 1)
    if (mark !== undefined) {
      const arrival = this.#track(mark)
      if (arrival === Arrival.DUPLICATE) return context.count(Counter.DUPLICATED, 1)
      if (arrival === Arrival.LATE) context.count(Counter.LATE, 1)
      if (context.measuring && isRunTag(mark.tag)) {
        context.deliveryTimes[bucketOf((context.clock.units - mark.time) >>> 0)]! += 1
      }
    }
    context.count(Counter.DELIVERED, 1)
    context.counters[Counter.LAST_DELIVERY_MS] = context.clock.ms
  }

  #isExpected(mark: Mark | undefined): boolean {
    const { plan, tag } = this.context
    if (plan.mode === BenchMode.SUB) return true
    if (mark === undefined) return plan.payloadBytes < MARK_BYTES
    if (mark.tag !== tag) return false
    const heard = this.streams?.publisher ?? -1
    return heard < 0 ? mark.publisher < plan.publishers : mark.publisher === heard
  }

  #track(mark: Mark): Arrival {
    const { streams, context } = this
    if (streams !== undefined) {
      const stream = streams.first + (streams.publisher < 0 ? mark.publisher : 0)
      return streams.tracker.note(stream, mark.sequence)
    }
    if (context.plan.tracking === Tracking.ONCE && context.once !== undefined) {
      return context.once.note(mark.publisher, mark.sequence)
    }
    return Arrival.FRESH
  }

  #noteFirst(): void {
    this.#isFirstMissing = false
    const { clock, firstTimes } = this.context
    firstTimes[bucketOf((clock.units - this.#subscribedUnits) >>> 0)]! += 1
  }

  #suback(bytes: Buffer, frame: Frame): void {
    const { bodyStart, bodyEnd } = frame
    const suback = decodeSuback(bytes, bodyStart, bodyEnd, this.context.version)
    if (isFailure(suback)) return this.fail(`broken SUBACK: ${suback.detail}`)
    const refused = suback.reasons.find((reason) => reason >= REFUSED)
    if (refused !== undefined) return this.fail(`subscription refused: ${reasonName(refused)}`)
    if (this.#filtersSent < this.filters.length) return this.subscribe()
    if (this.subscribesAtOnce) this.becomeReady()
  }
}
