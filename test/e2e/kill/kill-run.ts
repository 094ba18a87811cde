import { join } from 'node:path'
import { ProtocolVersion } from '#codec/mqtt/protocol-version.ts'
import { BrokerProcess } from '../support/broker-process.ts'
import { ConnectionLost, type LoadClient } from '../support/load-client.ts'
import { Random } from '../../support/random.ts'
import { FilterChanger } from './filter-changer.ts'
import {
  type Actor,
  type Audience,
  DelayedPublisher,
  makeAudience,
  Publisher,
  RetainedPublisher,
  type Run,
} from './kill-clients.ts'
import { Problems } from './ledger.ts'

const { V311, V5 } = ProtocolVersion
const ACT_MS = 4
const PATIENCE_MS = 10_000
const QUIET_CHECK_MS = 50

/** How a run of kills goes. */
export interface KillOptions {
  /** Folder for the data directory and everything else. */
  readonly folder: string
  readonly seed: number
  /** At most. */
  readonly kills: number
  /** The broker is killed no more after this time. */
  readonly killsEndAfterMs?: number
  /** Over the configuration of the run. */
  readonly config?: string
  /** See `Run.patienceMs`. */
  readonly patienceMs?: number
}

/** What became of it. */
export interface KillResult {
  readonly kills: number
  readonly problems: Problems
  readonly published: number
  readonly received: number
  readonly output: string
}

const CONFIG = `
  mqtt { max_mqueue_len = infinity, max_awaiting_rel = 1000, await_rel_timeout = 1h }
`

/**
 * Kills the broker under load again and again, at any moment, over one data directory and with
 * changing numbers of shards, and at the end compares what it acknowledged with what arrived.
 */
export class KillRun {
  readonly #options: KillOptions
  readonly #run: Run
  readonly #publishers: readonly Publisher[]
  readonly #retained: readonly RetainedPublisher[]
  readonly #delayed: readonly DelayedPublisher[]
  readonly #changers: readonly FilterChanger[]
  readonly #audience: Audience
  readonly #connecting = new Set<Promise<void>>()
  #output = ''

  constructor(options: KillOptions) {
    this.#options = options
    const run: Run = {
      random: new Random(options.seed),
      problems: new Problems(),
      streams: new Map(),
      number: 0,
      port: 0,
      patienceMs: options.patienceMs ?? PATIENCE_MS,
    }
    this.#run = run
    this.#publishers = [
      new Publisher(run, 'one-5', V5, 1),
      new Publisher(run, 'two-5', V5, 2),
      new Publisher(run, 'one-311', V311, 1),
      new Publisher(run, 'two-311', V311, 2),
    ]
    this.#retained = [
      new RetainedPublisher(run, 'keeps-5', V5, 1),
      new RetainedPublisher(run, 'keeps-311', V311, 2),
    ]
    this.#delayed = [
      new DelayedPublisher(run, 'waits-5', V5, 2),
      new DelayedPublisher(run, 'waits-311', V311, 1),
    ]
    this.#changers = [
      new FilterChanger(run, 'changes-5', V5),
      new FilterChanger(run, 'changes-311', V311),
    ]
    this.#audience = makeAudience(run)
  }

  async execute(): Promise<KillResult> {
    const { kills, killsEndAfterMs = Infinity } = this.#options
    const endsAtMs = performance.now() + killsEndAfterMs
    await this.#subscribeAll()
    let count = 1
    for (; count < kills && performance.now() < endsAtMs; count++) await this.#killOnce()
    await this.#drain()
    let published = 0
    for (const stream of this.#run.streams.values()) published += stream.sent
    const { receivers } = this.#audience
    const received = receivers.reduce((sum, { different }) => sum + different, 0)
    return { kills: count, problems: this.#run.problems, published, received, output: this.#output }
  }

  get #actors(): readonly Actor[] {
    return [...this.#sources, ...this.#changers, ...this.#audience.subscribers]
  }

  get #sources(): readonly Actor[] {
    return [...this.#publishers, ...this.#retained, ...this.#delayed]
  }

  #spawn(): BrokerProcess {
    const run = this.#run
    run.number++
    const { folder, config = '' } = this.#options
    return BrokerProcess.spawn({
      dataDir: join(folder, 'data'),
      shards: run.random.pick([1, 3]),
      config: CONFIG + config,
      // Most of a start is compiling the same modules again.
      env: { NODE_COMPILE_CACHE: join(folder, 'compiled') },
    })
  }

  /** The first run: everyone subscribes, and the first kill comes right after. */
  async #subscribeAll(): Promise<void> {
    const broker = this.#spawn()
    await this.#ready(broker)
    for (const actor of [...this.#changers, ...this.#audience.subscribers]) {
      await actor.client.connect(this.#run.port)
      await actor.subscribe()
    }
    await this.#kill(broker)
  }

  async #killOnce(): Promise<void> {
    const { random } = this.#run
    const broker = this.#spawn()
    if (random.chance(0.12)) {
      // While it starts.
      await new Promise((resolve) => setTimeout(resolve, random.between(100, 700)))
      return this.#kill(broker)
    }
    await this.#ready(broker)
    await this.#checkStored()
    this.#connectSome()
    await this.#load(random.chance(0.2) ? random.between(5, 60) : random.between(100, 600))
    return this.#kill(broker)
  }

  async #ready(broker: BrokerProcess): Promise<void> {
    await broker.ready()
    this.#run.port = broker.port()
  }

  async #kill(broker: BrokerProcess): Promise<void> {
    await broker.kill()
    this.#output += `--- run ${this.#run.number} ---\n${broker.output}`
    this.#run.problems.events.add(this.#run.number, '', 'kill')
    for (const { client } of this.#actors) client.drop()
    await Promise.all(this.#connecting)
  }

  /** What can be seen from outside before anyone goes on. */
  async #checkStored(): Promise<void> {
    const { port } = this.#run
    await Promise.all(this.#changers.map(({ client }) => client.connect(port)))
    await Promise.all([
      ...this.#retained.map((retained) => retained.check()),
      ...this.#changers.map((changer) => changer.check()),
    ])
  }

  #connectSome(): void {
    const { random } = this.#run
    for (const { client } of this.#sources) this.#connect(client)
    for (const { client } of this.#audience.subscribers) {
      const { clientId } = client
      const always = clientId === 'plain' || clientId === 'overlapping' || clientId === 'later'
      if (random.chance(always ? 1 : clientId === 'seldom' ? 0.1 : 0.6)) this.#connect(client)
    }
  }

  #connect(client: LoadClient): void {
    const run = this.#run
    const note = (what: string): void => run.problems.events.add(run.number, client.clientId, what)
    note(client.isConnected ? 'takes over' : 'connects')
    client.onClosed = () => note('is closed')
    const connecting: Promise<void> = client
      .connect(run.port)
      .then(
        ({ sessionPresent }) => note(sessionPresent ? 'resumes' : 'begins'),
        (error: unknown) => {
          if (!(error instanceof ConnectionLost)) throw error
        },
      )
      .finally(() => this.#connecting.delete(connecting))
    this.#connecting.add(connecting)
  }

  /** Everyone works; now and then a connection breaks, or a second one takes over. */
  async #load(durationMs: number): Promise<void> {
    const { random } = this.#run
    const endsAtMs = performance.now() + durationMs
    while (performance.now() < endsAtMs) {
      for (const actor of this.#actors) actor.act()
      if (random.chance(0.02)) {
        const { client } = random.pick([...this.#sources, ...this.#audience.subscribers])
        if (client.isConnected) {
          if (random.chance(0.5)) client.drop()
          this.#connect(client)
        }
      }
      await new Promise((resolve) => setTimeout(resolve, ACT_MS))
    }
  }

  /** The last run: nothing new is published, everything has to arrive. */
  async #drain(): Promise<void> {
    const broker = this.#spawn()
    await this.#ready(broker)
    await this.#checkStored()
    for (const { client } of this.#actors) if (!client.isConnected) this.#connect(client)
    const { receivers } = this.#audience
    const streams = [...this.#run.streams.values()]
    let seen = -1
    let quietSinceMs = performance.now()
    while (performance.now() - quietSinceMs < this.#run.patienceMs) {
      const busy = this.#sources.some(({ client }) => client.unacknowledged > 0)
      if (!busy && receivers.every((receiver) => receiver.isComplete(streams))) break
      const arrived = receivers.reduce((sum, { different }) => sum + different, 0)
      if (arrived !== seen) quietSinceMs = performance.now()
      seen = arrived
      await new Promise((resolve) => setTimeout(resolve, QUIET_CHECK_MS))
    }
    for (const { client } of this.#sources) {
      if (client.unacknowledged === 0) continue
      const open = `${client.unacknowledged} messages of ${client.clientId}`
      this.#run.problems.add('protocol', `${open} are never acknowledged`)
    }
    // Whatever comes twice has its chance.
    await Promise.all(this.#audience.subscribers.map(({ client }) => client.ping()))
    for (const receiver of receivers) receiver.reportMissing(streams)
    await this.#kill(broker)
  }
}
