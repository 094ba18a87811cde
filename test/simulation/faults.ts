import type { BrokerHost } from './broker/broker-host.ts'
import type { Prng } from './engine/prng.ts'
import type { Schedule } from './engine/schedule.ts'
import type { Trace } from './engine/trace.ts'
import type { FactBoard } from './facts.ts'
import type { Network } from './network/network.ts'
import type { Scenario } from './scenario.ts'

/** What can be broken. */
interface Breakable {
  readonly scenario: Scenario
  readonly schedule: Schedule
  readonly trace: Trace
  readonly host: BrokerHost
  readonly network: Network
}

/** Breaks the world at random times, until told to stop. */
export class Faults {
  readonly #world: Breakable
  readonly #facts: FactBoard
  readonly #prng: Prng
  #over: boolean
  /** Largest offset of the wall clock so far. */
  #farthestMs: number

  constructor(world: Breakable, facts: FactBoard, prng: Prng) {
    this.#world = world
    this.#facts = facts
    this.#prng = prng
    this.#over = false
    this.#farthestMs = 0
  }

  begin(): void {
    const { faults } = this.#world.scenario
    this.#every(faults.crashMs, () => this.#crash())
    this.#every(faults.restartMs, () => this.#restart())
    this.#every(faults.sickStoreMs, () => this.#sickStore())
    this.#every(faults.slowStoreMs, () => this.#slowStore())
    this.#every(faults.shardStallMs, () => this.#world.host.stall(this.#prng.exponential(700)))
    this.#every(faults.clockStepMs, () => this.#stepClock())
    this.#every(faults.partitionMs, () => this.#partition())
  }

  end(): void {
    const { host, schedule } = this.#world
    this.#over = true
    host.slowUntilMs = schedule.nowMs
    host.sickUntilMs.fill(schedule.nowMs)
    // What waits for a time that was there before is not to wait for it again.
    this.#setClock(this.#farthestMs)
    if (!host.up) host.boot(this.#shards())
  }

  #every(meanMs: number, fault: () => void): void {
    if (meanMs === 0) return
    this.#world.schedule.after(this.#prng.exponential(meanMs), () => {
      if (this.#over) return
      fault()
      this.#every(meanMs, fault)
    })
  }

  #crash(): void {
    const { host } = this.#world
    if (!host.up) return
    host.crash()
    this.#bootLater()
  }

  #restart(): void {
    this.#world.host.stop(() => this.#bootLater())
  }

  #bootLater(): void {
    const { host, schedule } = this.#world
    const downMs = this.#prng.chance(0.7) ? 10 : 3_000
    schedule.after(this.#prng.exponential(downMs), () => {
      if (!host.up) host.boot(this.#shards())
    })
  }

  #shards(): number {
    const { shards } = this.#world.scenario
    return this.#prng.chance(0.7) ? shards : this.#prng.between(1, 4)
  }

  #sickStore(): void {
    const { host, schedule, trace } = this.#world
    const durationMs = this.#prng.exponential(2_000)
    host.sickKind = this.#prng.pick(['io', 'full'] as const)
    const all = this.#prng.chance(0.5)
    for (let shard = 0; shard < host.sickUntilMs.length; shard++) {
      if (!all && this.#prng.chance(0.5)) continue
      host.sickUntilMs[shard] = schedule.nowMs + durationMs
    }
    trace.add('broker', `commits fail for ${durationMs.toFixed(0)} ms: ${host.sickKind}`)
  }

  #slowStore(): void {
    const { host, schedule, trace } = this.#world
    const durationMs = this.#prng.exponential(3_000)
    host.slowUntilMs = schedule.nowMs + durationMs
    trace.add('broker', `commits are slow for ${durationMs.toFixed(0)} ms`)
  }

  #stepClock(): void {
    const byMs = Math.floor((this.#prng.next() - 0.5) * 2 * this.#prng.pick([50, 5_000, 600_000]))
    this.#setClock(this.#world.host.wallOffsetMs + byMs)
  }

  #setClock(offsetMs: number): void {
    const { host, trace } = this.#world
    const byMs = offsetMs - host.wallOffsetMs
    if (byMs === 0) return
    host.wallOffsetMs = offsetMs
    this.#farthestMs = Math.max(this.#farthestMs, offsetMs)
    trace.add('broker', `the wall clock steps by ${byMs} ms`)
    this.#facts.tell('clockStepped', byMs)
  }

  #partition(): void {
    const durationMs = this.#prng.pick([100, 1_000, 8_000])
    const count = this.#world.network.partition(durationMs)
    this.#world.trace.add(
      'broker',
      `${count} connections get nothing through for about ${durationMs} ms`,
    )
  }
}
