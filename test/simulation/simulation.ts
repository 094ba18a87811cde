import { BrokerHost } from './broker/broker-host.ts'
import type { Checker, CheckerContext } from './checkers/checker.ts'
import { ExactlyOnce } from './checkers/exactly-once.ts'
import { NoGhosts } from './checkers/no-ghosts.ts'
import { NothingLost } from './checkers/nothing-lost.ts'
import { Order } from './checkers/order.ts'
import { Retained } from './checkers/retained.ts'
import { Wills } from './checkers/wills.ts'
import { Behaviour } from './client/behaviour.ts'
import { Device } from './client/device.ts'
import { MessageBook } from './client/sim-message.ts'
import { makeTraits } from './client/traits.ts'
import { Prng } from './engine/prng.ts'
import { Schedule } from './engine/schedule.ts'
import { InvariantBroken, Trace } from './engine/trace.ts'
import { FactBoard } from './facts.ts'
import { Faults } from './faults.ts'
import { Network } from './network/network.ts'
import type { Scenario } from './scenario.ts'

/** How a run ended. */
export interface Result {
  readonly seed: number
  readonly steps: number
  readonly checksum: number
  readonly messages: number
  readonly counts: Readonly<Record<string, number>>
  readonly broken: InvariantBroken | undefined
  readonly trace: Trace
}

/** Longer than any delayed message is delayed. */
const QUIET_MS = 7_000
/** Nothing comes for so long although something is open: it never will. */
const STUCK_MS = 60_000
const SETTLE_MS_MAX = 3_600_000
const EMPTY_MS = 15_000
const SWEEP_MS = 15_000

/** One run of one scenario, from the first boot to the last session's end. */
export class Simulation {
  readonly scenario: Scenario
  readonly schedule: Schedule
  readonly trace: Trace
  readonly host: BrokerHost
  readonly network: Network
  readonly devices: Device[]
  readonly book: MessageBook
  readonly #behaviours: Behaviour[]
  readonly #checkers: Checker[]
  readonly #faults: Faults

  constructor(scenario: Scenario) {
    this.scenario = scenario
    const prng = new Prng(scenario.seed ^ 0x5eed)
    this.schedule = new Schedule()
    this.trace = new Trace(this.schedule)
    const facts = new FactBoard()
    this.network = new Network(scenario, prng.fork(), this.schedule)
    this.host = new BrokerHost(scenario, prng.fork(), this.schedule, this.trace, {
      connections: this.network.connections,
      crashed: () => facts.tell('crashed'),
      booted: (shards) => facts.tell('booted', shards),
    })
    this.book = new MessageBook(prng.fork())
    const { schedule, trace, host, network, book } = this
    const context = { schedule, trace, facts, host, network, book, scenario }
    this.devices = namesOf(scenario).map(
      ([name, clientId]) =>
        new Device(
          context,
          makeTraits(scenario, prng, name, clientId, name !== clientId),
          prng.fork(),
        ),
    )
    this.#checkers = makeCheckers(this)
    for (const checker of this.#checkers) facts.add(checker)
    this.#faults = new Faults(this, facts, prng.fork())
    this.#behaviours = this.devices.map((device) => new Behaviour(device, prng.fork()))
  }

  /** Runs to the end, or to the first broken invariant. */
  run(): Result {
    let failure: InvariantBroken | undefined
    try {
      this.#run()
    } catch (error) {
      if (!(error instanceof InvariantBroken)) throw error
      failure = error
    }
    const counts: Record<string, number> = {}
    for (const checker of this.#checkers) Object.assign(counts, checker.counts)
    return {
      seed: this.scenario.seed,
      steps: this.schedule.steps,
      checksum: this.trace.checksum,
      messages: [...this.book.all].length,
      counts,
      broken: failure,
      trace: this.trace,
    }
  }

  #run(): void {
    const { schedule, host, scenario } = this
    host.boot(scenario.shards)
    for (const device of this.devices) schedule.after(0, () => device.connect())
    this.#faults.begin()
    schedule.runUntil(scenario.durationMs)
    this.#settle()
    for (const checker of this.#checkers) checker.settled?.()
    this.#empty()
    for (const checker of this.#checkers) checker.emptied?.()
    this.#restart()
    for (const checker of this.#checkers) checker.swept?.()
  }

  /** Faults end; everybody comes back and finishes what is open. */
  #settle(): void {
    const { schedule, trace } = this
    trace.add('broker', 'faults are over')
    this.#faults.end()
    this.network.calmDown()
    this.host.calm = true
    for (const behaviour of this.#behaviours) {
      if (!behaviour.device.traits.twin) behaviour.rest()
      else behaviour.leave()
    }
    const endMs = schedule.nowMs + SETTLE_MS_MAX
    let lastMs = schedule.nowMs
    let before = -1
    while (!this.#allIdle() || schedule.nowMs - lastMs < QUIET_MS) {
      schedule.runUntil(schedule.nowMs + 100)
      const activity = this.#activity()
      if (activity !== before) lastMs = schedule.nowMs
      before = activity
      if (schedule.nowMs - lastMs > STUCK_MS || schedule.nowMs > endMs) this.#notQuiet()
    }
  }

  /** Every session ends, by a clean connection without expiry. */
  #empty(): void {
    const { schedule } = this
    for (const device of this.devices) {
      device.returns = false
      device.disconnect(0)
      schedule.after(1_000, () => device.connect({ clean: true, expirySeconds: 0 }))
      schedule.after(5_000, () => device.disconnect(0))
    }
    schedule.runUntil(schedule.nowMs + EMPTY_MS)
  }

  /** A last start of the broker, which sweeps what is left over. */
  #restart(): void {
    const { schedule, host } = this
    host.stop(() => host.boot(this.scenario.shards))
    schedule.runUntil(schedule.nowMs + SWEEP_MS)
  }

  #activity(): number {
    return this.devices.reduce((sum, device) => sum + device.received, 0)
  }

  #allIdle(): boolean {
    return this.devices.every((device) => device.traits.twin || device.idle)
  }

  #notQuiet(): never {
    const open = this.devices.filter((device) => !device.traits.twin && !device.idle)
    const names = open.map(({ name }) => name)
    throw new InvariantBroken(
      'everything comes to rest',
      `${names.join(' ')} are not done although nothing is in their way: ` +
        open.map((device) => device.status).join('; '),
      names,
    )
  }
}

function makeCheckers(context: CheckerContext): Checker[] {
  return [
    new NothingLost(context),
    new ExactlyOnce(context),
    new Order(context),
    new NoGhosts(context),
    new Retained(context),
    new Wills(context),
  ]
}

/** Names and client ids; twins share theirs in pairs. */
function namesOf({ devices, twins }: Scenario): [name: string, clientId: string][] {
  const names: [string, string][] = []
  for (let index = 0; index < devices; index++) names.push([`c${index}`, `c${index}`])
  for (let index = 0; index < twins; index++) {
    const clientId = `t${index >> 1}`
    names.push([`${clientId}${index % 2 === 0 ? 'a' : 'b'}`, clientId])
  }
  return names
}
