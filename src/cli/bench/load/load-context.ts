import { AckView } from '#codec/mqtt/ack.ts'
import { Frame } from '#codec/mqtt/frame.ts'
import type { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { PublishView } from '#codec/mqtt/publish.ts'
import { type BenchPlan, Tracking } from '../plan.ts'
import { Mark, MarkClock, runTag } from './mark.ts'
import { Counter, countersOf, histogramOf, type SharedMemory, Timing } from './shared-state.ts'
import { Slab } from './slab.ts'
import { OnceTracker } from './track-once.ts'

/** Kinds of problems that are told apart; further ones are counted together. */
const PROBLEM_KINDS_MAX = 50
const OTHER_PROBLEMS = 'other problems'

/** What all clients of a load thread use. Plain fields: every message passes here. */
export class LoadContext {
  readonly plan: BenchPlan
  readonly thread: number
  readonly version: ProtocolVersion
  readonly tag: number
  readonly slab: Slab = new Slab()
  readonly clock: MarkClock = new MarkClock()
  readonly counters: Float64Array
  readonly deliveryTimes: Float64Array
  readonly ackTimes: Float64Array
  readonly connectTimes: Float64Array
  readonly firstTimes: Float64Array
  /** Reused for every packet. */
  readonly frame: Frame = new Frame()
  readonly publishView: PublishView = new PublishView(true)
  readonly ackView: AckView = new AckView()
  readonly mark: Mark = new Mark()
  /** The list that is handed to a wire: one buffer, reused. */
  readonly chunk: Buffer[] = [Buffer.alloc(0)]
  /** Messages are told apart when each receiver gets another part of them. */
  readonly once: OnceTracker | undefined
  /** Delivery and acknowledgement times are taken. */
  measuring = false
  /** The run is over: connections that end now are no problem. */
  closing = false
  /** Something arrived or drained: there may be room for more messages. */
  wake: () => void = () => {}
  readonly #problems = new Map<string, number>()

  constructor(plan: BenchPlan, memory: SharedMemory, thread: number) {
    this.plan = plan
    this.thread = thread
    this.version = plan.identity.version
    this.tag = runTag(plan.run)
    this.counters = countersOf(memory, thread)
    this.deliveryTimes = histogramOf(memory, thread, Timing.DELIVERY)
    this.ackTimes = histogramOf(memory, thread, Timing.ACK)
    this.connectTimes = histogramOf(memory, thread, Timing.CONNECT)
    this.firstTimes = histogramOf(memory, thread, Timing.FIRST)
    this.once =
      plan.tracking === Tracking.ONCE ? new OnceTracker(memory.once, plan.publishers) : undefined
  }

  /** Bytes came in; the clock is read once for all packets in them. */
  arrived(bytes: number): void {
    this.clock.read()
    this.count(Counter.BYTES_IN, bytes)
    this.wake()
  }

  count(counter: Counter, amount: number): void {
    this.counters[counter]! += amount // The array has a place for each counter.
  }

  /** Notes what went wrong, in words that do not differ from client to client. */
  problem(text: string): void {
    const known = this.#problems.has(text) || this.#problems.size < PROBLEM_KINDS_MAX
    const kind = known ? text : OTHER_PROBLEMS
    this.#problems.set(kind, (this.#problems.get(kind) ?? 0) + 1)
  }

  get problems(): readonly (readonly [text: string, count: number])[] {
    return [...this.#problems]
  }
}
