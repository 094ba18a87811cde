import { createSecureContext } from 'node:tls'
import { type Dialer, type DialTarget, type DialTls } from '#net/dial.ts'
import { BenchMode, type BenchPlan } from '../plan.ts'
import { type BenchClient, ClientState } from './bench-client.ts'
import type { LoadContext } from './load-context.ts'

/** Connections of one thread that are coming up at the same time. */
const DIALS_MAX = 128
const SWEEP_MS = 100
const PACE_MS = 5

/** Brings the clients of a thread up: so many at a time, so many for each second. */
export class Connector {
  readonly #context: LoadContext
  readonly #clients: readonly BenchClient[]
  readonly #dial: Dialer
  readonly #targets: readonly DialTarget[]
  readonly #ratePerMs: number
  readonly #pending = new Set<BenchClient>()
  #next = 0
  #startedMs = 0
  #sweep: NodeJS.Timeout | undefined
  #pace: NodeJS.Timeout | undefined
  #done: () => void = () => {}
  #isStopped = false

  constructor(context: LoadContext, clients: readonly BenchClient[], dial: Dialer) {
    this.#context = context
    this.#clients = clients
    this.#dial = dial
    this.#targets = targetsOf(context.plan)
    this.#ratePerMs = context.plan.connectsPerSecond / context.plan.threads / 1000
  }

  /** Resolves when every client is ready or has failed, or after `stop`. */
  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#done = resolve
      this.#startedMs = performance.now()
      this.#sweep = setInterval(() => this.#dropSlow(), SWEEP_MS)
      if (Number.isFinite(this.#ratePerMs)) {
        this.#pace = setInterval(() => this.#dialMore(), PACE_MS)
      }
      this.#dialMore()
    })
  }

  /** Dials nobody any more. */
  stop(): void {
    this.#isStopped = true
    this.#finishIfDone()
  }

  #dialMore(): void {
    const due = (performance.now() - this.#startedMs) * this.#ratePerMs
    while (
      !this.#isStopped &&
      this.#next < this.#clients.length &&
      this.#pending.size < DIALS_MAX &&
      this.#next <= due
    ) {
      const client = this.#clients[this.#next++]
      if (client !== undefined) this.#dialOne(client)
    }
    this.#finishIfDone()
  }

  #dialOne(client: BenchClient): void {
    const target = this.#targets[client.number % this.#targets.length]
    if (target === undefined) return
    this.#pending.add(client)
    client.state = ClientState.DIALING
    client.startedUnits = this.#context.clock.read()
    client.startedMs = this.#context.clock.ms
    client.onSettled = (_, isReady) => {
      this.#pending.delete(client)
      // A run with clients missing does not take place: the others need not be tried.
      if (!isReady && this.#context.plan.mode !== BenchMode.CONN) this.#isStopped = true
      this.#dialMore()
    }
    this.#dial(target, {
      opened: (wire) => {
        // It took too long, and the client was given up.
        if (client.state === ClientState.DIALING) client.opened(wire)
        else wire.destroy()
      },
      failed: (error) => client.fail(`cannot connect: ${error}`),
    })
  }

  #dropSlow(): void {
    const { connectTimeoutMs } = this.#context.plan
    const oldestMs = performance.timeOrigin + performance.now() - connectTimeoutMs
    for (const client of this.#pending) {
      if (client.startedMs > oldestMs) break // They are in the order of their start.
      const what = client.state === ClientState.CONNECTED ? 'SUBACK' : 'CONNACK'
      client.fail(`no ${what} within ${connectTimeoutMs / 1000} s`)
    }
  }

  #finishIfDone(): void {
    const isDone = this.#isStopped || this.#next === this.#clients.length
    if (!isDone || (this.#pending.size > 0 && !this.#isStopped)) return
    clearInterval(this.#sweep)
    clearInterval(this.#pace)
    this.#done()
  }
}

/** One target for each address of this host that connections come from. */
function targetsOf({ target }: BenchPlan): readonly DialTarget[] {
  const { address, port, webSocketPath, localAddresses } = target
  const common = { address, port, webSocketPath, tls: tlsOf(target) }
  if (localAddresses.length === 0) return [common]
  return localAddresses.map((localAddress) => ({ ...common, localAddress }))
}

function tlsOf({ tls, host, address }: BenchPlan['target']): DialTls | undefined {
  if (tls === undefined) return undefined
  const { authorities, certificate, key, verify } = tls
  const context = createSecureContext({
    ...(authorities !== undefined && { ca: authorities }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
  })
  return { context, serverName: host === address ? '' : host, verify }
}
