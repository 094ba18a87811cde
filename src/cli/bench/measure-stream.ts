import { type BenchRun, isAborted, type Measured, sampleUse, watch } from './bench-run.ts'
import { Counter, Timing } from './load/shared-state.ts'
import { BenchMode } from './plan.ts'
import { type MessageResult, perSecond, timesOf } from './result.ts'

/** Nothing came for so long although the window is full: what is under way is given up. */
const STALL_MS = 1000

/** Counters at one moment. */
interface Snapshot {
  readonly atMs: number
  readonly sent: number
  readonly acked: number
  readonly delivered: number
}

/** Warm-up, measured time, and the wait for what is still under way. */
export async function measureStream(run: BenchRun): Promise<Measured> {
  const { plan, threads } = run
  const stalls = new StallWatch(run)
  const silence = new SilenceWatch(run)
  const over = (endsAtMs: number) => (): boolean => {
    stalls.look()
    return performance.now() >= endsAtMs || isAborted(run) || isOver(run, silence)
  }
  if (plan.warmupMs > 0) {
    publish(run)
    await watch(run, 'warming up', over(performance.now() + plan.warmupMs))
  }
  threads.send({ kind: 'measure', on: true })
  const start = sampleUse(plan)
  const from = snapshot(run)
  if (plan.warmupMs === 0) publish(run)
  await watch(run, 'measuring', over(performance.now() + plan.durationMs))
  const end = sampleUse(plan)
  const to = snapshot(run)
  threads.send({ kind: 'measure', on: false })
  threads.send({ kind: 'halt' })
  await drain(run)
  const messages = messageResult(run, from, to, stalls.count)
  const messageCount = messages.delivered > 0 ? messages.delivered : messages.sent
  return { messages, retained: undefined, tookMs: to.atMs - from.atMs, messageCount, start, end }
}

function publish({ plan, threads }: BenchRun): void {
  if (plan.publishers === 0) return
  threads.send({ kind: 'publish', messagesMax: plan.messagesMax, empty: false })
}

/** Waits for what is under way, as long as something comes; in an interrupted run too. */
export async function drain(run: BenchRun): Promise<void> {
  const silence = new SilenceWatch(run)
  await watch(run, 'waiting for what is under way', () => {
    return isComplete(run) || silence.look()
  })
}

/** Messages of QoS 1 and 2 whose last acknowledgement has not come. */
export function unacknowledged({ plan, totals }: BenchRun): number {
  if (plan.qos === 0) return 0
  const { SENT, ACKED, REFUSED } = Counter
  return totals.get(SENT) - totals.get(ACKED) - totals.get(REFUSED)
}

/** Everything expected came, and everything sent was answered. */
function isComplete(run: BenchRun): boolean {
  const missing = run.totals.get(Counter.EXPECTED) - run.totals.get(Counter.DELIVERED)
  return missing <= 0 && unacknowledged(run) <= 0
}

/** Everything was sent and came, or will not come; or nobody is there any more who could send. */
function isOver(run: BenchRun, silence: SilenceWatch): boolean {
  const { plan, totals } = run
  if (totals.get(Counter.DISCONNECTED) >= plan.publishers + plan.subscribers) return true
  if (plan.mode === BenchMode.SUB) {
    if (plan.messagesMax === Infinity) return false
    return totals.get(Counter.DELIVERED) >= plan.messagesMax || silence.look()
  }
  if (totals.get(Counter.PUBLISHERS_GONE) >= plan.publishers) return true
  if (totals.get(Counter.SENT) < plan.messagesMax) return false
  return isComplete(run) || silence.look()
}

function snapshot({ totals }: BenchRun): Snapshot {
  return {
    atMs: performance.now(),
    sent: totals.get(Counter.SENT),
    acked: totals.get(Counter.ACKED),
    delivered: totals.get(Counter.DELIVERED),
  }
}

function messageResult(run: BenchRun, from: Snapshot, to: Snapshot, stalls: number): MessageResult {
  const { plan, memory, totals } = run
  const tookMs = to.atMs - from.atMs
  const expectedInAll = totals.get(Counter.EXPECTED)
  const deliveredInAll = totals.get(Counter.DELIVERED)
  const delivered = to.delivered - from.delivered
  return {
    measuredSeconds: tookMs / 1000,
    sent: to.sent - from.sent,
    sentPerSecond: perSecond(to.sent - from.sent, tookMs),
    acked: to.acked - from.acked,
    ackedPerSecond: perSecond(to.acked - from.acked, tookMs),
    refused: totals.get(Counter.REFUSED),
    unacknowledged: unacknowledged(run),
    delivered,
    deliveredPerSecond: perSecond(delivered, tookMs),
    sentInAll: totals.get(Counter.SENT),
    ackedInAll: totals.get(Counter.ACKED),
    expectedInAll,
    deliveredInAll,
    // Whoever only receives does not know what was sent.
    lost: plan.copies === 0 ? 0 : expectedInAll - deliveredInAll,
    duplicated: totals.get(Counter.DUPLICATED),
    late: totals.get(Counter.LATE),
    foreign: totals.get(Counter.FOREIGN),
    stalls,
    deliveryTimes: timesOf(memory, plan.threads, Timing.DELIVERY),
    ackTimes: timesOf(memory, plan.threads, Timing.ACK),
  }
}

/** Notices that nothing has come for a while. */
class SilenceWatch {
  readonly #run: BenchRun
  #latest = -1
  #changedMs = 0

  constructor(run: BenchRun) {
    this.#run = run
  }

  /** True when neither delivery nor acknowledgement came for the plan's `drainMs`. */
  look(): boolean {
    const { totals, plan } = this.#run
    const now = totals.get(Counter.DELIVERED) + totals.get(Counter.ACKED)
    if (now !== this.#latest) {
      this.#latest = now
      this.#changedMs = performance.now()
    }
    return performance.now() - this.#changedMs >= plan.drainMs
  }
}

/**
 * Opens the window again when what fills it does not come.
 *
 * A broker may drop messages; as many as fit into the window would end the run. They stay losses
 * unless they come later.
 */
class StallWatch {
  count = 0
  readonly #run: BenchRun
  #delivered = -1
  #changedMs = 0

  constructor(run: BenchRun) {
    this.#run = run
  }

  look(): void {
    const { totals, plan } = this.#run
    const nowMs = performance.now()
    const delivered = totals.get(Counter.DELIVERED)
    const isFull = totals.underWay + plan.copies > plan.window
    if (delivered !== this.#delivered || !isFull || plan.copies === 0) {
      this.#delivered = delivered
      this.#changedMs = nowMs
    } else if (nowMs - this.#changedMs >= STALL_MS) {
      totals.writeOff(totals.underWay)
      this.count++
      this.#changedMs = nowMs
    }
  }
}
