import type { LoadContext } from './load-context.ts'
import type { Publisher } from './publisher.ts'
import type { Totals } from './shared-state.ts'

/** How often a thread looks by itself whether there is room, when messages have a pace. */
const PACED_TICK_MS = 1
const TICK_MS = 10

/**
 * The closed loop: lets publishers write as long as the window and the pace allow it.
 *
 * Runs once in each iteration of the event loop in which something arrived, after all sockets have
 * been read, so that what one iteration sends to a connection goes out in one write.
 */
export class Pump {
  readonly #context: LoadContext
  readonly #publishers: readonly Publisher[]
  readonly #totals: Totals
  readonly #ratePerMs: number
  readonly #tick: () => void
  #next = 0
  #sent = 0
  #startedMs = 0
  #isRunning = false
  #isPending = false
  #timer: NodeJS.Timeout | undefined

  constructor(context: LoadContext, publishers: readonly Publisher[], totals: Totals) {
    this.#context = context
    this.#publishers = publishers
    this.#totals = totals
    const { ratePerSecond, publishers: all } = context.plan
    const share = publishers.length / Math.max(1, all)
    this.#ratePerMs = (ratePerSecond * share) / 1000
    this.#tick = () => this.#run()
    context.wake = () => this.wake()
  }

  /** Begins to publish; `messagesMax` for all publishers together, Infinity: until `stop`. */
  start(messagesMax: number): void {
    const { publishers } = this.#context.plan
    for (const publisher of this.#publishers) {
      // So that together they send the numbers from 0 to `messagesMax`, see `TopicSource`.
      publisher.remaining = Math.max(0, Math.ceil((messagesMax - publisher.number) / publishers))
    }
    this.#isRunning = true
    this.#sent = 0
    this.#startedMs = performance.now()
    const isPaced = Number.isFinite(this.#ratePerMs) || this.#context.plan.threads > 1
    this.#timer = setInterval(this.#tick, isPaced ? PACED_TICK_MS : TICK_MS)
    this.wake()
  }

  stop(): void {
    this.#isRunning = false
    clearInterval(this.#timer)
  }

  /** Asks for a look at the end of this iteration of the event loop. */
  wake(): void {
    if (this.#isPending || !this.#isRunning) return
    this.#isPending = true
    setImmediate(this.#tick)
  }

  #run(): void {
    this.#isPending = false
    if (!this.#isRunning) return
    const { copies, window, burst } = this.#context.plan
    let allowed = this.#allowed()
    let room = copies === 0 ? Infinity : (window - this.#totals.underWay) / copies
    let sent = 0
    for (let n = this.#publishers.length; n > 0 && allowed > 0 && room > 0; n--) {
      const publisher = this.#publishers[this.#next]! // `#next` stays below the length.
      this.#next = this.#next + 1 === this.#publishers.length ? 0 : this.#next + 1
      const count = publisher.burst(Math.min(burst, allowed, Math.ceil(room)))
      allowed -= count
      room -= count
      sent += count
    }
    this.#sent += sent
    if (sent > 0) this.wake()
  }

  /** Messages that the pace allows now. */
  #allowed(): number {
    if (this.#ratePerMs === Infinity) return Infinity
    const dueSinceStart = this.#ratePerMs * (performance.now() - this.#startedMs)
    return Math.floor(dueSinceStart - this.#sent)
  }
}
