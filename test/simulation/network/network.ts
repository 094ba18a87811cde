import type { Prng } from '../engine/prng.ts'
import type { Schedule } from '../engine/schedule.ts'
import type { BrokerHost } from '../broker/broker-host.ts'
import type { Scenario } from '../scenario.ts'
import { SimConnection } from './sim-connection.ts'
import type { ClientEnd, LinkProfile } from './sim-connection.ts'

const CALM: LinkProfile = {
  latencyMs: 0.1,
  jitterMs: 0,
  splitChance: 0,
  windowBytes: 65_536,
  refuseChance: 0,
  silenceMs: 1_000,
}

/** Makes network connections and knows those whose broker end is open. */
export class Network {
  readonly connections: Set<SimConnection>
  readonly #scenario: Scenario
  readonly #prng: Prng
  readonly #schedule: Schedule
  #nextId: number
  #calm: boolean

  constructor(scenario: Scenario, prng: Prng, schedule: Schedule) {
    this.connections = new Set()
    this.#scenario = scenario
    this.#prng = prng
    this.#schedule = schedule
    this.#nextId = 1
    this.#calm = false
  }

  /** Opens a connection to a shard that the system chooses; `shard` fixes it. */
  dial(host: BrokerHost, client: ClientEnd, shard?: number): SimConnection {
    const target = shard ?? this.#prng.below(Math.max(1, host.shardCount))
    const connection = new SimConnection(
      this.#nextId++,
      target,
      this.#prng.fork(),
      this.#schedule,
      this.#profile(),
      host,
      client,
    )
    connection.onServerOpen = () => this.connections.add(connection)
    connection.onServerGone = () => this.connections.delete(connection)
    this.#schedule.after(this.#prng.exponential(this.#scenario.linkMs), () => {
      host.accept(connection)
    })
    return connection
  }

  /** From now on all connections, those that are open as well, are quick and whole. */
  calmDown(): void {
    this.#calm = true
    for (const connection of this.connections) connection.profile = CALM
  }

  /** Some connections get nothing through for a while. */
  partition(durationMs: number): number {
    let count = 0
    const part = this.#prng.next()
    for (const connection of this.connections) {
      if (!this.#prng.chance(part)) continue
      connection.freeze(this.#prng.exponential(durationMs))
      count++
    }
    return count
  }

  #profile(): LinkProfile {
    const prng = this.#prng
    const { linkMs } = this.#scenario
    if (this.#calm) return CALM
    return {
      latencyMs: prng.exponential(linkMs),
      jitterMs: prng.chance(0.5) ? prng.exponential(linkMs) : 0,
      splitChance: prng.pick([0, 0.1, 0.5]),
      windowBytes: prng.pick([100, 2_000, 65_536]),
      refuseChance: prng.pick([0, 0, 0.2]),
      silenceMs: prng.between(3_000, 30_000),
    }
  }
}
