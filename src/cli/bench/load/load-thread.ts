import type { Dialer } from '#net/dial.ts'
import { BenchMode, type BenchPlan, Tracking } from '../plan.ts'
import { parseTopicTemplate } from '../topic-template.ts'
import { type BenchClient } from './bench-client.ts'
import { Connector } from './connector.ts'
import { LoadContext } from './load-context.ts'
import type { LoadCommand, LoadReport } from './load-messages.ts'
import { Publisher } from './publisher.ts'
import { Pump } from './pump.ts'
import { type SharedMemory, Totals } from './shared-state.ts'
import { type Streams, Subscriber } from './subscriber.ts'
import { makeTopicSource } from './topic-source.ts'
import { OrderTracker } from './track-order.ts'

const NO_BYTES = Buffer.alloc(0)
/** Longest wait for the broker to close connections that were ended. */
const GOODBYE_MS = 1500
const GOODBYE_CHECK_MS = 10

/** The clients of one thread and what they do. */
export class LoadThread {
  readonly #context: LoadContext
  readonly #publishers: readonly Publisher[]
  readonly #subscribers: readonly Subscriber[]
  readonly #connector: Connector
  readonly #pump: Pump
  readonly #report: (report: LoadReport) => void
  readonly #pingTimer: NodeJS.Timeout | undefined

  constructor(
    plan: BenchPlan,
    memory: SharedMemory,
    thread: number,
    dial: Dialer,
    report: (report: LoadReport) => void,
  ) {
    this.#context = new LoadContext(plan, memory, thread)
    this.#publishers = makePublishers(this.#context)
    this.#subscribers = makeSubscribers(this.#context)
    // Subscribers first: they are the ones that take longer.
    this.#connector = new Connector(this.#context, this.#clients, dial)
    this.#pump = new Pump(this.#context, this.#publishers, new Totals(memory))
    this.#report = report
    const { keepAliveSeconds } = plan.identity
    if (keepAliveSeconds > 0) {
      this.#pingTimer = setInterval(() => this.#ping(), (keepAliveSeconds * 1000) / 2)
    }
  }

  /** Brings all clients up and reports. */
  async start(): Promise<void> {
    const startedMs = performance.now()
    await this.#connector.run()
    const tookMs = performance.now() - startedMs
    this.#report({ kind: 'settled', tookMs, problems: this.#context.problems })
  }

  handle(command: LoadCommand): void {
    switch (command.kind) {
      case 'publish':
        if (command.empty) for (const publisher of this.#publishers) publisher.usePayload(NO_BYTES)
        for (const publisher of this.#publishers) publisher.sequence = 0
        return this.#pump.start(command.messagesMax)
      case 'halt':
        return this.#pump.stop()
      case 'measure':
        this.#context.measuring = command.on
        return
      case 'subscribe':
        for (const subscriber of this.#subscribers) subscriber.subscribe()
        return
      case 'leave':
        for (const subscriber of this.#subscribers) subscriber.close()
        return
      case 'close':
        void this.#close()
    }
  }

  get #clients(): readonly BenchClient[] {
    return [...this.#subscribers, ...this.#publishers]
  }

  async #close(): Promise<void> {
    this.#pump.stop()
    clearInterval(this.#pingTimer)
    this.#connector.stop()
    this.#context.closing = true
    const open = this.#clients.filter(({ wire }) => wire !== undefined)
    for (const client of open) client.close()
    const endsAtMs = performance.now() + GOODBYE_MS
    while (open.some(({ wire }) => wire !== undefined) && performance.now() < endsAtMs) {
      await new Promise((resolve) => setTimeout(resolve, GOODBYE_CHECK_MS))
    }
    for (const { wire } of open) wire?.destroy()
    this.#report({ kind: 'closed', problems: this.#context.problems })
  }

  #ping(): void {
    for (const client of this.#clients) client.ping()
  }
}

/** Numbers of the publishers that a thread has: every so-and-so-many-th. */
function numbersOf(count: number, { plan, thread }: LoadContext): readonly number[] {
  const numbers: number[] = []
  for (let number = thread; number < count; number += plan.threads) numbers.push(number)
  return numbers
}

function makePublishers(context: LoadContext): readonly Publisher[] {
  const { plan } = context
  const { prefix, username = '' } = plan.identity
  const clientIdOf = (number: number): string => `${prefix}p${number}`
  const topics = makeTopicSource({ ...plan, username, clientIdOf })
  return numbersOf(plan.publishers, context).map(
    (number) => new Publisher(context, number, clientIdOf(number), topics),
  )
}

function makeSubscribers(context: LoadContext): readonly Subscriber[] {
  const { plan } = context
  const { prefix, username = '' } = plan.identity
  const isPair = plan.mode === BenchMode.PAIR && plan.tracking === Tracking.ORDER
  const template = parseTopicTemplate(plan.filter)
  const numbers = subscriberNumbers(context)
  const heard = isPair ? 1 : plan.publishers
  const tracker =
    plan.tracking === Tracking.ORDER ? new OrderTracker(numbers.length * heard) : undefined
  return numbers.map((number, index) => {
    const clientId = `${prefix}s${number}`
    const publisher = isPair ? number % plan.publishers : -1
    const filters = Array.from({ length: plan.filtersEach }, (_, n) => {
      const i = isPair ? publisher : number
      const values = { i: i * plan.filtersEach + n, s: 0, r: 0, c: clientId, u: username }
      return template.render(values)
    })
    const streams: Streams | undefined = tracker && { tracker, first: index * heard, publisher }
    return new Subscriber(context, number, clientId, filters, streams)
  })
}

/** A pair stays in one thread, so that its messages need no look at the numbers of others. */
function subscriberNumbers(context: LoadContext): readonly number[] {
  const { plan, thread } = context
  if (plan.mode !== BenchMode.PAIR) return numbersOf(plan.subscribers, context)
  const all = Array.from({ length: plan.subscribers }, (_, number) => number)
  return all.filter((number) => (number % plan.publishers) % plan.threads === thread)
}
